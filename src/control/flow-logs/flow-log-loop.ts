import { flowRecords, type FlowRecord, type RecordedInterface } from "../../decide/flow-logs/flow-records.ts";
import type { FlowInterval } from "../../domain/counted-flows.ts";
import { flowLogs } from "../../state/ec2-flow-logs.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { inSlices } from "../in-slices.ts";
import { atStart, changes, loop, type Needs, type Waking } from "../loop.ts";
import { accessFailure, deliverInterval, tellFailure, type DeliveryParts } from "./deliver.ts";
import { hasFlowLogs, recordedInterface, recordedInterfaces, resolversOf } from "./recorded-interfaces.ts";
import { whereStopped } from "./where-stopped.ts";

/** All of it is one thing: intervals are the same for every flow log. */
const FLOWS = "flows";
/** What AWS has for the interfaces of its newer machines, whatever a flow log asks for. */
export const INTERVAL_MS = 60_000;
/** What comes and goes meanwhile is told to the kernel together. */
const REST_MS = 250;

/**
 * Has the traffic of interfaces counted that flow logs are about, and delivers it at the end of each interval. Nothing tells when an interval is over but the clock; while there are no flow logs there is none, and
 * nothing in the kernel. A change costs a look at the interface that it is about, and of a flow log at all that flow logs are about, as an interval does, which costs besides what was counted in it.
 */
export const flowLogging = loop("flow logs", ({ flowCounts, ...parts }: Needs<"ids" | "logs" | "flowCounts" | "logBuckets">) => {
  const { state, clock } = parts;
  /** By id: those that are recorded. */
  let current = new Map<string, RecordedInterface>();
  /** By address: these, and those that were recorded in this interval. */
  let known = new Map<string, RecordedInterface>();
  /** Whether other flow logs may be there by now. */
  let isStale = true;
  /** Interfaces that came, went or changed. */
  const noted = new Set<string>();
  /** Flow logs of which nobody knows yet whether they can deliver. */
  const fresh = new Set([...state.table(flowLogs).values()].map(({ id }) => id));
  /** Whether anything is counted, and until when. */
  let until: number | undefined;

  async function step(_key: string, { wakeAt }: Waking): Promise<void> {
    await state.durable();
    if (!flowCounts) {
      // Nothing knows what is let through.
      for (const { id } of state.table(flowLogs).values()) tellFailure(state, id, "Unknown error");
      return;
    }
    const isOver = until !== undefined && clock.now() >= until;
    if (isOver) {
      for (const interval of await flowCounts.turn(clock.now())) {
        await bring(parts, interval, known);
        await flowCounts.forget(interval);
      }
      until = undefined;
      isStale = true;
    }
    if (isStale || noted.size > 0) {
      if (isStale) {
        current = new Map(recordedInterfaces(state).map((one) => [one.id, one] as const));
        known = new Map([...(isOver ? [] : known), ...[...current.values()].map((one) => [one.address, one] as const)]);
      } else for (const id of noted) look(id);
      isStale = false;
      noted.clear();
      try {
        await flowCounts.watch(new Map([...current.values()].map(({ address, account }) => [address, account] as const)));
      } catch (cause) {
        isStale = true;
        throw cause;
      }
    }
    for (const id of fresh) {
      const log = state.table(flowLogs).get(id);
      if (log) tellFailure(state, id, accessFailure(parts, log));
    }
    fresh.clear();
    if (state.table(flowLogs).size === 0) {
      until = undefined;
      known = new Map();
      return;
    }
    until ??= clock.now() + INTERVAL_MS;
    wakeAt(FLOWS, until);
  }

  function look(id: string): void {
    const one = recordedInterface(state, id);
    if (!one) return void current.delete(id);
    current.set(id, one);
    known.set(one.address, one);
  }

  function note(id: string, { wake }: Waking): void {
    noted.add(id);
    wake(FLOWS);
  }

  return {
    watches: [
      atStart(FLOWS),
      changes(flowLogs, ({ key, before, after }, { wake }) => {
        // How a delivery went is no news.
        if (before && after) return;
        if (after) fresh.add(key);
        isStale = true;
        wake(FLOWS);
      }),
      changes(networkInterfaces, ({ before, after }, waking) => {
        const one = after ?? before;
        if (one && hasFlowLogs(state, [one.id, one.subnetId, one.vpcId])) note(one.id, waking);
      }),
      changes(tasks, ({ before, after }, waking) => {
        if (before && after && hasInterface(before) === hasInterface(after)) return;
        const own = (after ?? before)?.networkInterface;
        if (own && hasFlowLogs(state, [own.networkInterfaceId, own.subnetId, own.vpcId])) note(own.networkInterfaceId, waking);
      }),
    ],
    step,
    rest: () => REST_MS,
  };
});

function hasInterface({ lastStatus, networkInterface }: TaskRecord): boolean {
  return networkInterface !== undefined && lastStatus !== "STOPPED";
}

async function bring(parts: DeliveryParts, interval: FlowInterval, known: ReadonlyMap<string, RecordedInterface>): Promise<void> {
  const { flows } = interval;
  const [resolvers, stoppedAt] = [resolversOf(parts.state, known), whereStopped(parts.state, known, flows)];
  const records: FlowRecord[] = [];
  await inSlices(parts.clock, flows, (some) => void records.push(...flowRecords(some, known, resolvers, stoppedAt)));
  await deliverInterval(parts, interval, [...known.values()], records);
}
