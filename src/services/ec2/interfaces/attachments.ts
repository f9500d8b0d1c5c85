import { AwsError } from "../../aws-error.ts";
import { invalidValue, onAny, onOne, operation, unsupported } from "../ec2-operation.ts";
import { described } from "../describe.ts";
import { attachmentNotFound } from "./change-network-interface.ts";
import { groupNamesIn, requireInterface } from "./describe-network-interfaces.ts";
import { allInterfaces, shownInterface } from "./interface-view.ts";

export const describeNetworkInterfaceAttribute = operation("DescribeNetworkInterfaceAttribute", {
  authorize: onAny("DescribeNetworkInterfaceAttribute"),
  run({ NetworkInterfaceId = "", Attribute }, context) {
    const own = shownInterface(requireInterface(context, NetworkInterfaceId), groupNamesIn(context), context);
    switch (Attribute) {
      case "description":
        return { NetworkInterfaceId, Description: { Value: own.Description } };
      case "groupSet":
        return { NetworkInterfaceId, Groups: own.Groups };
      case "sourceDestCheck":
        return { NetworkInterfaceId, SourceDestCheck: { Value: own.SourceDestCheck } };
      case "attachment":
        return { NetworkInterfaceId, Attachment: own.Attachment };
      case "associatePublicIpAddress":
        return { NetworkInterfaceId, AssociatePublicIpAddress: false };
      default:
        throw invalidValue(`Value (${String(Attribute)}) for parameter attribute is invalid. Unknown network interface attribute`);
    }
  },
});

// Interfaces are attached to instances, and there are none.

export const attachNetworkInterface = operation("AttachNetworkInterface", {
  authorize: ({ NetworkInterfaceId, InstanceId }, at) => [
    onOne("AttachNetworkInterface", "network-interface", NetworkInterfaceId, at),
    onOne("AttachNetworkInterface", "instance", InstanceId, at),
  ],
  run({ NetworkInterfaceId = "", InstanceId = "" }, context) {
    requireInterface(context, NetworkInterfaceId);
    throw new AwsError("InvalidInstanceID.NotFound", `The instance ID '${InstanceId}' does not exist`);
  },
});

export const detachNetworkInterface = operation("DetachNetworkInterface", {
  authorize: (_input, at) => [
    onOne("DetachNetworkInterface", "network-interface", undefined, at),
    onOne("DetachNetworkInterface", "instance", undefined, at),
  ],
  run({ AttachmentId: id = "" }, context) {
    if (!allInterfaces(context).some(({ attachment }) => attachment?.id === id)) throw attachmentNotFound(id);
    // What is attached here is attached by a service of AWS.
    throw new AwsError("OperationNotPermitted", `You are not allowed to manage '${id.replace(/-[0-9a-f]*$/, "")}' attachments.`);
  },
});

/** Permissions let another account's or a service's instance have an interface: there are none. */
export const describeNetworkInterfacePermissions = operation("DescribeNetworkInterfacePermissions", {
  authorize: onAny("DescribeNetworkInterfacePermissions"),
  run(input, context) {
    const [first] = input.NetworkInterfacePermissionIds ?? [];
    if (first !== undefined)
      throw new AwsError("InvalidPermissionID.NotFound", `The network interface permission ID '${first}' does not exist`);
    const fields = Object.fromEntries(PERMISSION_FILTERS.map((name) => [name, () => undefined]));
    described<object>([], input, { id: () => "", fields }, context);
    return { NetworkInterfacePermissions: [] };
  },
});

const PERMISSION_FILTERS = [
  "network-interface-permission.network-interface-permission-id",
  "network-interface-permission.network-interface-id",
  "network-interface-permission.aws-account-id",
  "network-interface-permission.aws-service",
  "network-interface-permission.permission",
];

export const createNetworkInterfacePermission = operation("CreateNetworkInterfacePermission", {
  authorize: ({ NetworkInterfaceId }, at) => onOne("CreateNetworkInterfacePermission", "network-interface", NetworkInterfaceId, at),
  run({ NetworkInterfaceId = "" }, context) {
    requireInterface(context, NetworkInterfaceId);
    throw unsupported("Permissions on network interfaces are not supported: there are no instances that they could be for.");
  },
});
