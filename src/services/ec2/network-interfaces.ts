import type { NetworkInterface } from "@aws-sdk/client-ec2";
import { securityGroups } from "../../state/ec2.ts";
import { tasks, type TaskInterface, type TaskRecord } from "../../state/ecs.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { chosen, described } from "./describe.ts";
import { onAny, operation } from "./ec2-operation.ts";

/** The account by which ECS makes interfaces. */
const REQUESTER = "578734482556";
/** Whose the public addresses are that no one has reserved. */
const ADDRESS_OWNER = "amazon";

interface Owned {
  readonly task: TaskRecord;
  readonly own: TaskInterface;
}

/** The interfaces of live tasks: on AWS, too, ECS makes one for each task in awsvpc mode and takes it away with the task. */
export function taskInterfaces({ state, account, region }: OperationContext): readonly Owned[] {
  return state
    .table(tasks)
    .by("live", "live")
    .flatMap((task) =>
      task.networkInterface && task.account === account && task.region === region ? [{ task, own: task.networkInterface }] : [],
    );
}

export const describeNetworkInterfaces = operation("DescribeNetworkInterfaces", {
  authorize: onAny("DescribeNetworkInterfaces"),
  run(input, context) {
    const id = ({ own }: Owned): string => own.networkInterfaceId;
    const missing = (wanted: string) =>
      new AwsError("InvalidNetworkInterfaceID.NotFound", `The networkInterface ID '${wanted}' does not exist`);
    const wanted = chosen(taskInterfaces(context), input.NetworkInterfaceIds, id, missing);
    const groupName = (group: string) => context.state.table(securityGroups).get(group)?.name;
    const { items, ...more } = described(
      wanted,
      input,
      {
        id,
        tags: () => [],
        fields: {
          "network-interface-id": id,
          "subnet-id": ({ own }) => own.subnetId,
          "vpc-id": ({ own }) => own.vpcId,
          "availability-zone": ({ own }) => own.availabilityZone,
          "group-id": ({ own }) => own.securityGroups,
          "group-name": ({ own }) => own.securityGroups.map(groupName),
          "private-ip-address": ({ own }) => own.privateIpv4Address,
          "addresses.private-ip-address": ({ own }) => own.privateIpv4Address,
          "association.public-ip": publicAddress,
          "addresses.association.public-ip": publicAddress,
          "addresses.association.owner-id": addressOwner,
          "association.ip-owner-id": addressOwner,
          "association.public-dns-name": (item) => (publicAddress(item) === undefined ? undefined : ""),
          "association.allocation-id": () => undefined,
          "association.association-id": () => undefined,
          "addresses.primary": () => true,
          "ipv6-addresses.ipv6-address": () => undefined,
          "private-dns-name": ({ own }) => own.privateDnsName,
          "mac-address": ({ own }) => own.macAddress,
          "attachment.attachment-id": attachmentOf,
          "attachment.status": () => "attached",
          "attachment.instance-id": () => undefined,
          "attachment.instance-owner-id": ({ task }) => task.account,
          "attachment.device-index": () => "1",
          "attachment.delete-on-termination": () => false,
          "requester-id": () => REQUESTER,
          "interface-type": () => "interface",
          "owner-id": ({ task }) => task.account,
          "requester-managed": () => true,
          "source-dest-check": () => true,
          description: (item) => descriptionOf(item, context),
          status: () => "in-use",
        },
      },
      context,
    );
    return { NetworkInterfaces: items.map((item) => shown(item, groupName, context)), ...more };
  },
});

/** Where `assignPublicIp` is on, the task's own address: this host reaches it, and there is no other network it could be public in. */
function publicAddress({ task, own }: Owned): string | undefined {
  return task.networkConfiguration?.awsvpcConfiguration?.assignPublicIp === "ENABLED" ? own.privateIpv4Address : undefined;
}

function addressOwner(item: Owned): string | undefined {
  return publicAddress(item) === undefined ? undefined : ADDRESS_OWNER;
}

/** EC2's own name of the attachment; ECS has another. */
function attachmentOf({ own }: Owned): string {
  return own.networkInterfaceId.replace(/^eni-/, "eni-attach-");
}

function descriptionOf({ own }: Owned, context: OperationContext): string {
  return context.arn("ecs", `attachment/${own.attachmentId}`);
}

function shown(item: Owned, groupName: (id: string) => string | undefined, context: OperationContext): NetworkInterface {
  const { task, own } = item;
  const address = publicAddress(item);
  const association = address === undefined ? undefined : { IpOwnerId: ADDRESS_OWNER, PublicDnsName: "", PublicIp: address };
  return {
    ...defined({ Association: association }),
    Attachment: {
      AttachmentId: attachmentOf(item),
      DeleteOnTermination: false,
      DeviceIndex: 1,
      InstanceOwnerId: task.account,
      Status: "attached",
    },
    AvailabilityZone: own.availabilityZone,
    Description: descriptionOf(item, context),
    Groups: own.securityGroups.map((id) => ({ GroupId: id, ...defined({ GroupName: groupName(id) }) })),
    InterfaceType: "interface",
    Ipv6Addresses: [],
    MacAddress: own.macAddress,
    NetworkInterfaceId: own.networkInterfaceId,
    OwnerId: task.account,
    PrivateDnsName: own.privateDnsName,
    PrivateIpAddress: own.privateIpv4Address,
    PrivateIpAddresses: [
      {
        ...defined({ Association: association }),
        Primary: true,
        PrivateDnsName: own.privateDnsName,
        PrivateIpAddress: own.privateIpv4Address,
      },
    ],
    RequesterId: REQUESTER,
    RequesterManaged: true,
    SourceDestCheck: true,
    Status: "in-use",
    SubnetId: own.subnetId,
    TagSet: [],
    VpcId: own.vpcId,
  };
}
