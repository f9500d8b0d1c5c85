import type { ModifySubnetAttributeCommandInput } from "@aws-sdk/client-ec2";
import { networkAcls } from "../../state/ec2-network-acls.ts";
import { routeTables } from "../../state/ec2-routing.ts";
import { subnetReservations } from "../../state/ec2-subnet-reservations.ts";
import { subnets } from "../../state/ec2.ts";
import { tasks } from "../../state/ecs.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { AwsError } from "../aws-error.ts";
import { invalidValue, onOne, operation, unsupported } from "./ec2-operation.ts";
import { requireSubnet } from "./subnets.ts";

/** A subnet goes when no interface is in it, and takes its associations and reservations with it. Source: API reference, DeleteSubnet. */
export const deleteSubnet = operation("DeleteSubnet", {
  authorize: ({ SubnetId }, at) => onOne("DeleteSubnet", "subnet", SubnetId, at),
  run({ SubnetId = "" }, context) {
    const { state } = context;
    const { id } = requireSubnet(context, SubnetId);
    if (state.table(networkInterfaces).count("subnet", id) > 0 || state.table(tasks).count("subnet", id) > 0)
      throw new AwsError("DependencyViolation", `The subnet '${id}' has dependencies and cannot be deleted.`);
    const isOther = ({ subnetId }: { readonly subnetId?: string }): boolean => subnetId !== id;
    state.commit(() => {
      for (const table of state.table(routeTables).by("subnet", id))
        state.table(routeTables).put({ ...table, associations: table.associations.filter(isOther) });
      for (const acl of state.table(networkAcls).by("subnet", id))
        state.table(networkAcls).put({ ...acl, associations: acl.associations.filter(isOther) });
      for (const reservation of state.table(subnetReservations).by("subnet", id)) state.table(subnetReservations).delete(reservation.id);
      state.table(subnets).delete(id);
    });
    return {};
  },
});

/** What makes a difference only where there is IPv6, an Outpost or a local network interface: none of them is here. */
const REFUSED = [
  ["AssignIpv6AddressOnCreation", "IPv6 is not supported here"],
  ["EnableDns64", "IPv6 is not supported here"],
  ["EnableResourceNameDnsAAAARecordOnLaunch", "IPv6 is not supported here"],
  ["MapCustomerOwnedIpOnLaunch", "there are no Outposts here"],
  ["DisableLniAtDeviceIndex", "there are no Outposts here"],
] as const;

const CARRIED_OUT = ["MapPublicIpOnLaunch", "PrivateDnsHostnameTypeOnLaunch", "EnableResourceNameDnsARecordOnLaunch"] as const;

function attributesIn(input: ModifySubnetAttributeCommandInput): readonly string[] {
  return [...REFUSED.map(([name]) => name), ...CARRIED_OUT, "CustomerOwnedIpv4Pool" as const, "EnableLniAtDeviceIndex" as const].filter(
    (name) => input[name] !== undefined,
  );
}

export const modifySubnetAttribute = operation("ModifySubnetAttribute", {
  authorize: (input, at) => ({
    ...onOne("ModifySubnetAttribute", "subnet", input.SubnetId, at),
    context: { "ec2:Attribute": attributesIn(input) },
  }),
  run(input, context) {
    const { state } = context;
    const subnet = requireSubnet(context, input.SubnetId ?? "");
    const named = attributesIn(input);
    if (named.length === 0) throw new AwsError("MissingParameter", "Must specify an attribute to be modified");
    // AWS takes one attribute a call; the pool belongs to the attribute before it.
    if (named.length > 1 && !named.includes("CustomerOwnedIpv4Pool"))
      throw new AwsError("InvalidParameterCombination", "Fields for multiple attribute types specified");
    for (const [name, why] of REFUSED) if (input[name]?.Value) throw unsupported(`The parameter ${name} is not supported: ${why}.`);
    for (const name of ["CustomerOwnedIpv4Pool", "EnableLniAtDeviceIndex"] as const)
      if (input[name] !== undefined) throw unsupported(`The parameter ${name} is not supported: there are no Outposts here.`);
    const { MapPublicIpOnLaunch: mapping, PrivateDnsHostnameTypeOnLaunch: type, EnableResourceNameDnsARecordOnLaunch: records } = input;
    if (type !== undefined && type !== "ip-name" && type !== "resource-name")
      throw invalidValue(`Value (${String(type)}) for parameter hostnameType is invalid. Valid values are ip-name and resource-name.`);
    const { hostnameType, ...rest } = subnet;
    const kept = type ?? hostnameType;
    state.commit(() =>
      state.table(subnets).put({
        ...rest,
        ...(kept === "resource-name" && { hostnameType: kept }),
        ...(mapping?.Value !== undefined && { mapPublicIpOnLaunch: mapping.Value }),
        ...(records?.Value !== undefined && { resourceNameDnsARecord: records.Value }),
      }),
    );
    return {};
  },
});
