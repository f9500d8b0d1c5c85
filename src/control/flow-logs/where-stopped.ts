import { verdictOn } from "../../decide/packet-filter/verdict.ts";
import type { CountedFlow } from "../../domain/counted-flows.ts";
import { TCP, UDP, type NetworkWorld, type WorldInterface } from "../../domain/network-world.ts";
import { tasks } from "../../state/ecs.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { interfaceInWorld, taskInWorld, worldAround } from "../../state/network-world.ts";
import type { WholeState } from "../../state/state.ts";
import type { RecordedInterface, StoppedAt } from "../../decide/flow-logs/flow-records.ts";

/**
 * Where a flow was stopped of which something did not pass the kernel's first stage: that asks the network ACL of the receiver's subnet, too, which on AWS the receiver sees, and routes, of which nobody has a record. As the rules are now.
 * Costs a look at the VPCs of each pair of ends once.
 */
export function whereStopped(
  state: WholeState,
  known: ReadonlyMap<string, RecordedInterface>,
  flows: readonly CountedFlow[],
): (flow: CountedFlow) => StoppedAt {
  const answered = new Set(flows.filter(({ passedReceiver }) => passedReceiver.packets > 0).map((flow) => keyOf(flow)));
  const interfaceOf = (address: string): WorldInterface | undefined => {
    const [task] = state.table(tasks).by("from", address);
    if (task) return taskInWorld(state, task);
    const record = state.table(networkInterfaces).get(known.get(address)?.id ?? "");
    return record && interfaceInWorld(state, record);
  };
  // Who tries all ports of one is about the same two ends each time.
  const worlds = new Map<string, NetworkWorld>();
  const worldOf = (from: WorldInterface | undefined, to: WorldInterface | undefined): NetworkWorld => {
    const key = `${from?.id} ${to?.id}`;
    const made = worlds.get(key) ?? worldAround(state, [...(from ? [from] : []), ...(to ? [to] : [])]);
    worlds.set(key, made);
    return made;
  };
  return (flow) => {
    const { source, destination, protocol, sourcePort, destinationPort } = flow;
    const to = interfaceOf(destination);
    const from = interfaceOf(source);
    const hasPorts = protocol === TCP || protocol === UDP;
    const isReply = answered.has(
      keyOf({ ...flow, source: destination, destination: source, sourcePort: destinationPort, destinationPort: sourcePort }),
    );
    const verdict = verdictOn(worldOf(from, to), {
      ...{ from: source, to: destination, protocol },
      ...(hasPorts && { port: destinationPort }),
      ...(isReply && { connection: { direction: "reply" as const, tracked: { originator: true, responder: true } } }),
    });
    if (verdict.kind !== "stopped") return "sender";
    const { by } = verdict;
    if (by.kind === "no-way") return "way";
    // A NAT gateway's subnet has an ACL, too, on the way out.
    return by.kind === "acl" && !by.egress && by.subnetId === to?.subnetId ? "receiver" : "sender";
  };
}

function keyOf({ source, destination, protocol, sourcePort, destinationPort }: CountedFlow): string {
  return [source, destination, protocol, sourcePort, destinationPort].join(" ");
}
