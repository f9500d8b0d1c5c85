import type { RecordedInterface } from "../../decide/flow-logs/flow-records.ts";
import { parseCidr, resolverOf, routerOf } from "../../domain/cidr.ts";
import { flowLogs, type FlowLogRecord } from "../../state/ec2-flow-logs.ts";
import { elasticAddresses } from "../../state/ec2-gateways.ts";
import { subnets, vpcBlocks, vpcs, type SubnetRecord } from "../../state/ec2.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import { interfaceInWorld, taskInWorld } from "../../state/network-world.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import type { WholeState } from "../../state/state.ts";

/** The interfaces whose traffic is recorded, as the records say now. Costs a look at what is in the VPCs and subnets that flow logs name. */
export function recordedInterfaces(state: WholeState): readonly RecordedInterface[] {
  const found = new Map<string, RecordedInterface>();
  for (const log of state.table(flowLogs).values()) for (const one of interfacesOf(state, log)) found.set(one.id, one);
  return [...found.values()];
}

function interfacesOf(state: WholeState, { resourceType, resourceId, account, region }: FlowLogRecord): readonly RecordedInterface[] {
  const isTheirs = (one: { readonly account: string; readonly region: string }): boolean =>
    one.account === account && one.region === region;
  const inSubnet = (id: string): readonly RecordedInterface[] => [
    ...state
      .table(networkInterfaces)
      .by("subnet", id)
      .filter(isTheirs)
      .flatMap((record) => ofRecord(state, record.id) ?? []),
    ...state
      .table(tasks)
      .by("subnet", id)
      .filter(isTheirs)
      .flatMap((task) => ofTask(state, task) ?? []),
  ];
  if (resourceType === "VPC")
    return state
      .table(subnets)
      .by("vpc", resourceId)
      .flatMap(({ id }) => inSubnet(id));
  if (resourceType === "Subnet") return inSubnet(resourceId);
  const record = ofRecord(state, resourceId);
  const task = state.table(tasks).by("interface", resourceId).find(isTheirs);
  return [...(record && isTheirs(record) ? [record] : []), ...(task ? [ofTask(state, task)].flatMap((one) => one ?? []) : [])];
}

/** An interface as its records say now; `undefined` where none has this id, or no flow log is about it. */
export function recordedInterface(state: WholeState, id: string): RecordedInterface | undefined {
  const [task] = state.table(tasks).by("interface", id);
  const found = ofRecord(state, id) ?? (task && ofTask(state, task));
  return found && flowLogsAbout(state, found).length > 0 ? found : undefined;
}

/** The flow logs that are about an interface: it is named, or where it is. */
export function flowLogsAbout(state: WholeState, { id, subnetId, vpcId, account, region }: RecordedInterface): readonly FlowLogRecord[] {
  return [id, subnetId, vpcId]
    .flatMap((named) => state.table(flowLogs).by("resource", named))
    .filter((log) => log.account === account && log.region === region);
}

/** Whether any flow log names an interface, or where it is. */
export function hasFlowLogs(state: WholeState, places: readonly (string | undefined)[]): boolean {
  return places.some((id) => id !== undefined && state.table(flowLogs).count("resource", id) > 0);
}

/** Where the resolvers of the interfaces' VPCs are asked: at the second address of each block, or at the router's, where this host has it. */
export function resolversOf(state: WholeState, known: ReadonlyMap<string, RecordedInterface>): ReadonlySet<string> {
  const vpcIds = new Set([...known.values()].map(({ vpcId }) => vpcId));
  return new Set(
    [...vpcIds].flatMap((id) => {
      const vpc = state.table(vpcs).get(id);
      return (vpc ? vpcBlocks(vpc) : []).flatMap((text) => {
        const block = parseCidr(text);
        return block ? [routerOf(block), resolverOf(block)] : [];
      });
    }),
  );
}

function ofRecord(state: WholeState, id: string): RecordedInterface | undefined {
  const record = state.table(networkInterfaces).get(id);
  const subnet = record && state.table(subnets).get(record.subnetId);
  if (!record || !subnet) return undefined;
  const { address, publicAddress } = interfaceInWorld(state, record);
  return { ...placeOf(record.id, record, subnet), address, hasPublicAddress: publicAddress !== undefined };
}

function ofTask(state: WholeState, task: TaskRecord): RecordedInterface | undefined {
  const own = taskInWorld(state, task);
  const subnet = own && state.table(subnets).get(own.subnetId);
  if (!own || !subnet) return undefined;
  const { arn, id, taskDefinitionArn, clusterArn, serviceArn } = task;
  const service = serviceArn === undefined ? {} : { serviceName: serviceArn.slice(serviceArn.lastIndexOf("/") + 1) };
  return {
    ...placeOf(own.id, task, subnet),
    address: own.address,
    hasPublicAddress: own.publicAddress !== undefined || state.table(elasticAddresses).count("interface", own.id) > 0,
    task: { arn, id, definitionArn: taskDefinitionArn, clusterArn, ...service },
  };
}

function placeOf(id: string, { account, region }: { readonly account: string; readonly region: string }, subnet: SubnetRecord) {
  return { id, account, region, vpcId: subnet.vpcId, subnetId: subnet.id, availabilityZoneId: subnet.availabilityZoneId };
}
