import type { NetworkInterface } from "@aws-sdk/client-ec2";
import { scopeKey } from "../../domain/scope.ts";
import { securityGroups } from "../../state/ec2.ts";
import { tasks, type TaskInterface, type TaskRecord } from "../../state/ecs.ts";
import { loadBalancers, type LoadBalancerRecord } from "../../state/elb.ts";
import { groupsOfInterface } from "../../state/interface-groups.ts";
import { interfaceNames, networkInterfaces, type NetworkInterfaceRecord } from "../../state/network-interfaces.ts";
import { publicAddressOf } from "../../state/public-addresses.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { chosen, described } from "./describe.ts";
import { onAny, operation } from "./ec2-operation.ts";

/** The account by which ECS makes interfaces. */
const ECS_REQUESTER = "578734482556";
/** Whose the public addresses are that no one has reserved. */
const AMAZON = "amazon";

/** An interface of whoever, as EC2 tells of it. */
interface Shown {
  readonly id: string;
  readonly account: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly privateIpv4Address: string;
  readonly privateDnsName: string;
  readonly macAddress: string;
  readonly securityGroups: readonly string[];
  readonly description: string;
  readonly requesterId: string;
  readonly interfaceType: "interface" | "network_load_balancer";
  readonly attachment: { readonly id: string; readonly ownerId: string };
  /** Whose the public address is, where there is one. */
  readonly publicOwner?: string;
  /** Where there is a `publicOwner`: the interface's own where absent, which this host reaches. */
  readonly publicIpv4Address?: string;
}

/** The interfaces of live tasks: on AWS, too, ECS makes one for each task in awsvpc mode and takes it away with the task. */
export function taskInterfaces({
  state,
  account,
  region,
}: OperationContext): readonly { readonly task: TaskRecord; readonly own: TaskInterface }[] {
  return state
    .table(tasks)
    .by("live", "live")
    .flatMap((task) =>
      task.networkInterface && task.account === account && task.region === region ? [{ task, own: task.networkInterface }] : [],
    );
}

function allInterfaces(context: OperationContext): readonly Shown[] {
  const { state } = context;
  const ofBalancers = state
    .table(networkInterfaces)
    .by("scope", scopeKey(context))
    .flatMap((own) => {
      const balancer = own.loadBalancerArn === undefined ? undefined : state.table(loadBalancers).get(own.loadBalancerArn);
      return balancer ? [ofBalancer(own, balancer, groupsOfInterface(state, own))] : [];
    });
  return [...taskInterfaces(context).map(({ task, own }) => ofTask(task, own, context)), ...ofBalancers];
}

function ofTask(task: TaskRecord, own: TaskInterface, context: OperationContext): Shown {
  const publicAddress = publicAddressOf(task);
  return {
    ...own,
    id: own.networkInterfaceId,
    account: task.account,
    description: context.arn("ecs", `attachment/${own.attachmentId}`),
    requesterId: ECS_REQUESTER,
    interfaceType: "interface",
    // EC2's own name of the attachment; ECS has another.
    attachment: { id: own.networkInterfaceId.replace(/^eni-/, "eni-attach-"), ownerId: task.account },
    ...(publicAddress === undefined ? {} : { publicOwner: AMAZON, publicIpv4Address: publicAddress }),
  };
}

function ofBalancer(own: NetworkInterfaceRecord, balancer: LoadBalancerRecord, groups: readonly string[]): Shown {
  const isNetwork = balancer.type === "network";
  return {
    ...own,
    ...interfaceNames(own.privateIpv4Address, own),
    securityGroups: groups,
    // `ELB app/web/50dc6c495c0c9188`, as the ARN ends.
    description: `ELB ${balancer.arn.split(":loadbalancer/")[1] ?? ""}`,
    requesterId: "amazon-elb",
    interfaceType: isNetwork ? "network_load_balancer" : "interface",
    attachment: { id: own.id.replace(/^eni-/, "ela-attach-"), ownerId: isNetwork ? "amazon-aws" : "amazon-elb" },
    ...(balancer.scheme === "internet-facing" && { publicOwner: isNetwork ? AMAZON : "amazon-elb" }),
  };
}

export const describeNetworkInterfaces = operation("DescribeNetworkInterfaces", {
  authorize: onAny("DescribeNetworkInterfaces"),
  run(input, context) {
    const id = (one: Shown): string => one.id;
    const missing = (wanted: string) =>
      new AwsError("InvalidNetworkInterfaceID.NotFound", `The networkInterface ID '${wanted}' does not exist`);
    const wanted = chosen(allInterfaces(context), input.NetworkInterfaceIds, id, missing);
    const groupName = (group: string) => context.state.table(securityGroups).get(group)?.name;
    const { items, ...more } = described(
      wanted,
      input,
      {
        id,
        tags: () => [],
        fields: {
          "network-interface-id": id,
          "subnet-id": ({ subnetId }) => subnetId,
          "vpc-id": ({ vpcId }) => vpcId,
          "availability-zone": ({ availabilityZone }) => availabilityZone,
          "group-id": (one) => one.securityGroups,
          "group-name": (one) => one.securityGroups.map(groupName),
          "private-ip-address": ({ privateIpv4Address }) => privateIpv4Address,
          "addresses.private-ip-address": ({ privateIpv4Address }) => privateIpv4Address,
          "association.public-ip": publicAddress,
          "addresses.association.public-ip": publicAddress,
          "addresses.association.owner-id": ({ publicOwner }) => publicOwner,
          "association.ip-owner-id": ({ publicOwner }) => publicOwner,
          "association.public-dns-name": (item) => (publicAddress(item) === undefined ? undefined : ""),
          "association.allocation-id": () => undefined,
          "association.association-id": () => undefined,
          "addresses.primary": () => true,
          "ipv6-addresses.ipv6-address": () => undefined,
          "private-dns-name": ({ privateDnsName }) => privateDnsName,
          "mac-address": ({ macAddress }) => macAddress,
          "attachment.attachment-id": ({ attachment }) => attachment.id,
          "attachment.status": () => "attached",
          "attachment.instance-id": () => undefined,
          "attachment.instance-owner-id": ({ attachment }) => attachment.ownerId,
          "attachment.device-index": () => "1",
          "attachment.delete-on-termination": () => false,
          "requester-id": ({ requesterId }) => requesterId,
          "interface-type": ({ interfaceType }) => interfaceType,
          "owner-id": ({ account }) => account,
          "requester-managed": () => true,
          "source-dest-check": () => true,
          description: ({ description }) => description,
          status: () => "in-use",
        },
      },
      context,
    );
    return { NetworkInterfaces: items.map((item) => shown(item, groupName)), ...more };
  },
});

function publicAddress({ publicOwner, publicIpv4Address, privateIpv4Address }: Shown): string | undefined {
  return publicOwner === undefined ? undefined : (publicIpv4Address ?? privateIpv4Address);
}

function shown(own: Shown, groupName: (id: string) => string | undefined): NetworkInterface {
  const { publicOwner, privateIpv4Address } = own;
  const association = publicOwner === undefined ? undefined : { IpOwnerId: publicOwner, PublicDnsName: "", PublicIp: publicAddress(own) };
  return {
    ...defined({ Association: association }),
    Attachment: {
      AttachmentId: own.attachment.id,
      DeleteOnTermination: false,
      DeviceIndex: 1,
      InstanceOwnerId: own.attachment.ownerId,
      Status: "attached",
    },
    AvailabilityZone: own.availabilityZone,
    Description: own.description,
    Groups: own.securityGroups.map((id) => ({ GroupId: id, ...defined({ GroupName: groupName(id) }) })),
    InterfaceType: own.interfaceType,
    Ipv6Addresses: [],
    MacAddress: own.macAddress,
    NetworkInterfaceId: own.id,
    OwnerId: own.account,
    PrivateDnsName: own.privateDnsName,
    PrivateIpAddress: privateIpv4Address,
    PrivateIpAddresses: [
      {
        ...defined({ Association: association }),
        Primary: true,
        PrivateDnsName: own.privateDnsName,
        PrivateIpAddress: privateIpv4Address,
      },
    ],
    RequesterId: own.requesterId,
    RequesterManaged: true,
    SourceDestCheck: true,
    Status: "in-use",
    SubnetId: own.subnetId,
    TagSet: [],
    VpcId: own.vpcId,
  };
}
