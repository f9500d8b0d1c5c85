import type { FlowField, FlowFormat } from "../../domain/flow-log-format.ts";
import type { Count, CountedFlow, FlowInterval } from "../../domain/counted-flows.ts";

/** An interface whose traffic is recorded, as its records tell of it. */
export interface RecordedInterface {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZoneId: string;
  readonly address: string;
  readonly hasPublicAddress: boolean;
  /** Of a task's interface. */
  readonly task?: {
    readonly arn: string;
    readonly id: string;
    readonly definitionArn: string;
    readonly clusterArn: string;
    readonly serviceName?: string;
  };
}

/** A flow as an interface saw it, of which the rules let packets through, or did not. */
export interface FlowRecord {
  readonly interfaceId: string;
  readonly direction: "ingress" | "egress";
  readonly action: "ACCEPT" | "REJECT";
  readonly flow: CountedFlow;
  readonly count: Count;
}

/** At the rules of who sends, at those of who gets, or since no route leads there. */
export type StoppedAt = "sender" | "receiver" | "way";

/** Link-local addresses: those of metadata, of credentials, and one of the resolver's. */
const LINK_LOCAL = "169.254.";
const NAMES = 53;

/**
 * What the interfaces saw in an interval: who sends sees what goes out and what its own rules stop, who gets sees what comes to it and what its rules stop. What goes to the VPC's resolver and to
 * link-local addresses, and comes from there, is not recorded, as on AWS. Costs a look at the flows.
 * @param by interfaces by address
 * @param resolvers the addresses of the VPCs' resolvers
 * @param whereStopped where what did not pass the sender's stage was stopped
 */
export function flowRecords(
  flows: readonly CountedFlow[],
  by: ReadonlyMap<string, RecordedInterface>,
  resolvers: ReadonlySet<string>,
  whereStopped: (flow: CountedFlow) => StoppedAt,
): readonly FlowRecord[] {
  return flows.flatMap((flow) => {
    if (isOfResolver(flow, resolvers)) return [];
    const { sent, passedSender, passedReceiver } = flow;
    // This host's own programs, to an address that it has, come from there.
    const isFromHere = flow.source === flow.destination;
    const stopped = passedSender.packets < sent.packets ? whereStopped(flow) : undefined;
    const left = isFromHere || stopped === "receiver" ? sent : passedSender;
    const source = isFromHere ? undefined : by.get(flow.source);
    const destination = by.get(flow.destination);
    const record = (at: RecordedInterface | undefined, direction: FlowRecord["direction"], action: FlowRecord["action"], count: Count) =>
      at === undefined || count.packets === 0 ? [] : [{ interfaceId: at.id, direction, action, flow, count }];
    return [
      ...record(source, "egress", "ACCEPT", left),
      // What no route leads anywhere was rejected by no rule.
      ...(stopped === "way" ? [] : record(source, "egress", "REJECT", minus(sent, left))),
      ...record(destination, "ingress", "ACCEPT", passedReceiver),
      ...record(destination, "ingress", "REJECT", minus(left, passedReceiver)),
    ];
  });
}

function isOfResolver({ source, destination, sourcePort, destinationPort }: CountedFlow, resolvers: ReadonlySet<string>): boolean {
  if (source.startsWith(LINK_LOCAL) || destination.startsWith(LINK_LOCAL)) return true;
  return (destinationPort === NAMES && resolvers.has(destination)) || (sourcePort === NAMES && resolvers.has(source));
}

function minus(whole: Count, part: Count): Count {
  // What is under way between two counters at an interval's end counts in the next one.
  return { packets: Math.max(0, whole.packets - part.packets), bytes: Math.max(0, whole.bytes - part.bytes) };
}

type LineInterval = Pick<FlowInterval, "startedAt" | "endedAt">;

/** A line of a log. What cannot be told is `-`. */
export function flowLine(
  { fields, version }: FlowFormat,
  { flow, ...record }: FlowRecord,
  at: RecordedInterface,
  { endedAt }: LineInterval,
): string {
  const told: Partial<Record<FlowField, string | number | undefined>> = {
    srcaddr: flow.source,
    dstaddr: flow.destination,
    "pkt-srcaddr": flow.source,
    "pkt-dstaddr": flow.destination,
    srcport: flow.sourcePort,
    dstport: flow.destinationPort,
    protocol: flow.protocol,
    packets: record.count.packets,
    bytes: record.count.bytes,
    action: record.action,
    "log-status": "OK",
    type: "IPv4",
    "tcp-flags": flow.tcpFlags,
    "flow-direction": record.direction,
    ...(record.direction === "egress" &&
      record.action === "ACCEPT" && { "traffic-path": at.hasPublicAddress && !isPrivate(flow.destination) ? 8 : 1 }),
  };
  return lineOf(fields, { ...told, ...ofInterface(at, version), ...timesOf(flow.firstAt, endedAt) });
}

/** What a log has of an interface without any such traffic, or where not all could be counted. */
export function statusLine(
  { fields, version }: FlowFormat,
  status: "NODATA" | "SKIPDATA",
  at: RecordedInterface,
  { startedAt, endedAt }: LineInterval,
): string {
  return lineOf(fields, { ...ofInterface(at, version), ...timesOf(startedAt, endedAt), "log-status": status });
}

function lineOf(fields: readonly FlowField[], told: Partial<Record<FlowField, string | number | undefined>>): string {
  return fields.map((field) => told[field] ?? "-").join(" ");
}

/** In seconds; an interval that is shorter is in one. */
function timesOf(start: number, end: number): Partial<Record<FlowField, number>> {
  return { start: Math.floor(start / 1000), end: Math.floor(end / 1000) };
}

function ofInterface(at: RecordedInterface, version: number): Partial<Record<FlowField, string | number | undefined>> {
  const { task } = at;
  return {
    version,
    "account-id": at.account,
    "interface-id": at.id,
    "vpc-id": at.vpcId,
    "subnet-id": at.subnetId,
    region: at.region,
    "az-id": at.availabilityZoneId,
    ...(task && {
      "ecs-cluster-arn": task.clusterArn,
      "ecs-cluster-name": task.clusterArn.slice(task.clusterArn.lastIndexOf("/") + 1),
      "ecs-service-name": task.serviceName,
      "ecs-task-definition-arn": task.definitionArn,
      "ecs-task-arn": task.arn,
      "ecs-task-id": task.id,
    }),
  };
}

/** Addresses of RFC 1918, which are no way to an internet gateway. */
function isPrivate(address: string): boolean {
  return /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/.test(address);
}
