import type { NetworkInterface, NetworkInterfaceAssociation, Tag } from "@aws-sdk/client-ec2";
import { defined } from "../../../domain/defined.ts";
import { scopeKey } from "../../../domain/scope.ts";
import { elasticAddresses } from "../../../state/ec2-gateways.ts";
import { tasks, type TaskInterface, type TaskRecord } from "../../../state/ecs.ts";
import { loadBalancers } from "../../../state/elb.ts";
import { groupsOfInterface } from "../../../state/interface-groups.ts";
import { interfaceNames, networkInterfaces, type NetworkInterfaceRecord } from "../../../state/network-interfaces.ts";
import { publicAddressOf } from "../../../state/public-addresses.ts";
import type { OperationContext } from "../../operation.ts";

/** The account by which ECS makes interfaces. */
const ECS_REQUESTER = "578734482556";
/** Whose the public addresses are that no one has reserved. */
const AMAZON = "amazon";

/** An interface of whoever, as EC2 tells of it. */
export interface ShownInterface {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly privateIpv4Address: string;
  readonly secondaryAddresses: readonly string[];
  readonly groups: readonly string[];
  readonly description: string;
  readonly requesterId: string;
  /** Whether a service made it, and not its account by CreateNetworkInterface. */
  readonly requesterManaged: boolean;
  readonly interfaceType: "interface" | "network_load_balancer" | "vpc_endpoint" | "nat_gateway";
  /** None where it is attached to nothing. */
  readonly attachment?: { readonly id: string; readonly ownerId: string };
  readonly sourceDestCheck: boolean;
  readonly tags: readonly Tag[];
  /** The public address that comes with it, without an Elastic IP address: whose it is, and which. */
  readonly publicAddress?: { readonly owner: string; readonly address: string };
}

/** The interfaces of live tasks: on AWS, too, ECS makes one for each task in awsvpc mode and takes it away with the task. */
function taskInterfaces({ state, account, region }: OperationContext): readonly (readonly [TaskRecord, TaskInterface])[] {
  return state
    .table(tasks)
    .by("live", "live")
    .flatMap((task) =>
      task.networkInterface && task.account === account && task.region === region ? [[task, task.networkInterface] as const] : [],
    );
}

/** All of the caller's account and region. Costs a look at all live tasks. */
export function allInterfaces(context: OperationContext): readonly ShownInterface[] {
  const others = context.state.table(networkInterfaces).by("scope", scopeKey(context));
  return [
    ...taskInterfaces(context).map(([task, own]) => ofTask(task, own, context)),
    ...others.flatMap((own) => ofRecord(own, context) ?? []),
  ];
}

/** The interface of this id, where it is the caller's. */
export function findInterface(context: OperationContext, id: string): ShownInterface | undefined {
  const { state, account, region } = context;
  const record = state.table(networkInterfaces).get(id);
  const [task] = record ? [] : state.table(tasks).by("interface", id);
  const found = record ? ofRecord(record, context) : task?.networkInterface && ofTask(task, task.networkInterface, context);
  return found?.account === account && found.region === region ? found : undefined;
}

function ofTask(task: TaskRecord, own: TaskInterface, context: OperationContext): ShownInterface {
  const address = publicAddressOf(task);
  const { account, region } = task;
  return {
    ...{ account, region, vpcId: own.vpcId, subnetId: own.subnetId, availabilityZone: own.availabilityZone },
    id: own.networkInterfaceId,
    privateIpv4Address: own.privateIpv4Address,
    secondaryAddresses: [],
    groups: own.securityGroups,
    description: context.arn("ecs", `attachment/${own.attachmentId}`),
    requesterId: ECS_REQUESTER,
    requesterManaged: true,
    interfaceType: "interface",
    // EC2's own name of the attachment; ECS has another.
    attachment: { id: own.networkInterfaceId.replace(/^eni-/, "eni-attach-"), ownerId: account },
    sourceDestCheck: true,
    tags: [],
    ...(address !== undefined && { publicAddress: { owner: AMAZON, address } }),
  };
}

/** `undefined` for one whose load balancer is gone. */
function ofRecord(own: NetworkInterfaceRecord, { state }: OperationContext): ShownInterface | undefined {
  const common = {
    ...own,
    secondaryAddresses: own.secondaryAddresses ?? [],
    groups: groupsOfInterface(state, own),
    description: own.description ?? "",
    sourceDestCheck: own.sourceDestCheck ?? true,
    tags: own.tags ?? [],
    requesterManaged: true,
    requesterId: "amazon-aws",
  };
  const attachment = { id: own.id.replace(/^eni-/, "ela-attach-"), ownerId: "amazon-aws" };
  if (own.vpcEndpointId !== undefined) return { ...common, interfaceType: "vpc_endpoint", attachment };
  if (own.natGatewayId !== undefined)
    return {
      ...common,
      interfaceType: "nat_gateway",
      attachment,
      description: `Interface for NAT Gateway ${own.natGatewayId}`,
      sourceDestCheck: false,
    };
  if (own.loadBalancerArn === undefined)
    return { ...common, interfaceType: "interface", requesterManaged: false, requesterId: own.requesterId ?? own.account };
  const balancer = state.table(loadBalancers).get(own.loadBalancerArn);
  if (!balancer) return undefined;
  const isNetwork = balancer.type === "network";
  // This host reaches it by its own address, and there is no other network that it could be public in.
  const publicAddress = { owner: isNetwork ? AMAZON : "amazon-elb", address: own.privateIpv4Address };
  return {
    ...common,
    // `ELB app/web/50dc6c495c0c9188`, as the ARN ends.
    description: `ELB ${balancer.arn.split(":loadbalancer/")[1] ?? ""}`,
    requesterId: "amazon-elb",
    interfaceType: isNetwork ? "network_load_balancer" : "interface",
    attachment: { ...attachment, ownerId: isNetwork ? "amazon-aws" : "amazon-elb" },
    ...(balancer.scheme === "internet-facing" && { publicAddress }),
  };
}

/** The public addresses of an interface, by the private one that each is for. */
export function associationsOf(own: ShownInterface, { state }: OperationContext): ReadonlyMap<string, NetworkInterfaceAssociation> {
  const found = new Map<string, NetworkInterfaceAssociation>();
  const { publicAddress } = own;
  if (publicAddress)
    found.set(own.privateIpv4Address, { IpOwnerId: publicAddress.owner, PublicDnsName: "", PublicIp: publicAddress.address });
  for (const { allocationId, publicIp, association } of state.table(elasticAddresses).by("interface", own.id))
    if (association)
      found.set(association.privateIp, {
        AllocationId: allocationId,
        AssociationId: association.id,
        IpOwnerId: own.account,
        PublicDnsName: "",
        PublicIp: publicIp,
      });
  return found;
}

export function shownInterface(
  own: ShownInterface,
  groupName: (id: string) => string | undefined,
  context: OperationContext,
): NetworkInterface {
  const { attachment, privateIpv4Address } = own;
  const associations = associationsOf(own, context);
  const association = associations.get(privateIpv4Address);
  const { macAddress, privateDnsName } = interfaceNames(privateIpv4Address, own);
  return {
    ...defined({ Association: association }),
    ...(attachment && {
      Attachment: {
        AttachmentId: attachment.id,
        DeleteOnTermination: false,
        DeviceIndex: 1,
        InstanceOwnerId: attachment.ownerId,
        Status: "attached",
      },
    }),
    AvailabilityZone: own.availabilityZone,
    Description: own.description,
    Groups: own.groups.map((id) => ({ GroupId: id, ...defined({ GroupName: groupName(id) }) })),
    // The SDK spells one of them otherwise than AWS answers.
    InterfaceType: own.interfaceType as NetworkInterface["InterfaceType"] & string,
    Ipv6Addresses: [],
    MacAddress: macAddress,
    NetworkInterfaceId: own.id,
    OwnerId: own.account,
    PrivateDnsName: privateDnsName,
    PrivateIpAddress: privateIpv4Address,
    PrivateIpAddresses: [privateIpv4Address, ...own.secondaryAddresses].map((address) => ({
      ...defined({ Association: associations.get(address) }),
      Primary: address === privateIpv4Address,
      PrivateDnsName: interfaceNames(address, own).privateDnsName,
      PrivateIpAddress: address,
    })),
    RequesterId: own.requesterId,
    RequesterManaged: own.requesterManaged,
    SourceDestCheck: own.sourceDestCheck,
    Status: attachment ? "in-use" : "available",
    SubnetId: own.subnetId,
    TagSet: [...own.tags],
    VpcId: own.vpcId,
  };
}
