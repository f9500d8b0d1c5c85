import { flowRecords, type RecordedInterface } from "../../decide/flow-logs/flow-records.ts";
import type { FlowInterval } from "../../domain/counted-flows.ts";
import { flowLogs } from "../../state/ec2-flow-logs.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { atStart, changes, loop, type Needs, type Waking } from "../loop.ts";
import { accessFailure, deliverInterval, tellFailure, type DeliveryParts } from "./deliver.ts";
import { hasFlowLogs, recordedInterfaces, resolversOf } from "./recorded-interfaces.ts";
import { stoppedByAcl } from "./stopped-by-acl.ts";

/** All of it is one thing: intervals are the same for every flow log. */
const FLOWS = "flows";
/** What AWS has for the interfaces of its newer machines, whatever a flow log asks for. */
export const INTERVAL_MS = 60_000;
/** A step looks at all that is recorded: what comes and goes meanwhile is looked at together. */
const REST_MS = 250;

/**
 * Has the traffic of interfaces counted that flow logs are about, and delivers it at the end of each interval. Nothing tells when an interval is over but the clock; while there are no flow logs there is none, and
 * nothing in the kernel. A change costs a look at what the flow logs are about, an interval what was counted in it.
 */
export const flowLogging = loop("flow logs", ({ flowCounts, ...parts }: Needs<"ids" | "logs" | "flowCounts" | "logBuckets">) => {
  const { state, clock } = parts;
  /** By address: those that are recorded, and those that were in this interval. */
  let known = new Map<string, RecordedInterface>();
  /** Whether there may be others by now. */
  let isStale = true;
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
    if (isStale) {
      isStale = false;
      const now = recordedInterfaces(state);
      try {
        await flowCounts.watch(new Set(now.map(({ address }) => address)));
      } catch (cause) {
        isStale = true;
        throw cause;
      }
      const left = isOver ? [] : known;
      known = new Map([...left, ...now.map((one) => [one.address, one] as const)]);
      for (const log of state.table(flowLogs).values())
        if (log.failure === undefined || now.length === 0) tellFailure(state, log.id, accessFailure(parts, log));
    }
    if (state.table(flowLogs).size === 0) {
      until = undefined;
      known = new Map();
      return;
    }
    until ??= clock.now() + INTERVAL_MS;
    wakeAt(FLOWS, until);
  }

  return {
    watches: [
      atStart(FLOWS),
      changes(flowLogs, ({ before, after }, { wake }) => {
        // How a delivery went is no news.
        if (before && after) return;
        isStale = true;
        wake(FLOWS);
      }),
      changes(networkInterfaces, ({ before, after }, { wake }) => {
        const one = after ?? before;
        if (!one || !hasFlowLogs(state, [one.id, one.subnetId, one.vpcId])) return;
        isStale = true;
        wake(FLOWS);
      }),
      changes(tasks, ({ before, after }, { wake }) => {
        if (before && after && hasInterface(before) === hasInterface(after)) return;
        const own = (after ?? before)?.networkInterface;
        if (!own || !hasFlowLogs(state, [own.networkInterfaceId, own.subnetId, own.vpcId])) return;
        isStale = true;
        wake(FLOWS);
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
  await deliverInterval(
    parts,
    interval,
    [...known.values()],
    flowRecords(flows, known, resolversOf(parts.state, known), stoppedByAcl(parts.state, known, flows)),
  );
}
