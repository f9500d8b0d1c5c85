import { serverId } from "../../decide/routing/names-in-proxy.ts";
import type { Clock } from "../../ports/clock.ts";
import type { TrafficProxy } from "../../ports/traffic-proxy.ts";
import { targetGroupInUse } from "../../state/elb-targets.ts";
import { targetKey, targets, type TargetRecord } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";
import { inSlices } from "../in-slices.ts";
import type { PacketCarrier } from "./packet-carrier.ts";
import type { HealthReports } from "./target-health.ts";

/** How often a draining target is asked for its requests: the proxy has no event for the last one. */
const ASK_AGAIN_MS = 500;

/**
 * Removes the draining targets that have no request under way or whose time is over. Costs a look at each draining one.
 * Returns when to look again, milliseconds since the Unix epoch; `undefined` where nothing drains.
 *
 * "If a deregistering target has no in-flight requests and no active connections, Elastic Load Balancing immediately completes the
 * deregistration process, without waiting for the deregistration delay to elapse." (Application Load Balancers guide)
 */
export async function finishDrains(
  state: WholeState,
  proxy: TrafficProxy,
  reports: HealthReports,
  clock: Clock,
  carrier?: Pick<PacketCarrier, "flows">,
): Promise<number | undefined> {
  const failures: unknown[] = [];
  await inSlices(clock, drainingTargets(state), async (some) => {
    const answers = await Promise.allSettled(some.map((target) => isFinished(state, proxy, { reports, clock, carrier }, target)));
    const finished = some.filter((_, at) => {
      const answer = answers[at];
      if (answer?.status === "rejected") failures.push(answer.reason);
      return answer?.status === "fulfilled" && answer.value;
    });
    state.commit(() => {
      for (const target of finished) {
        const key = targetKey(target.targetGroupArn, target.id, target.port);
        // It may have been registered again meanwhile.
        if (state.table(targets).get(key)?.drainingUntil === target.drainingUntil) state.table(targets).delete(key);
      }
    });
  });
  if (failures.length > 0) throw failures[0];
  const left = drainingTargets(state);
  if (left.length === 0) return undefined;
  return left.reduce((next, { drainingUntil }) => Math.min(next, drainingUntil), clock.now() + ASK_AGAIN_MS);
}

type DrainingTarget = TargetRecord & { readonly drainingUntil: number };

function drainingTargets(state: WholeState): DrainingTarget[] {
  return state
    .table(targets)
    .by("draining", "draining")
    .filter((target): target is DrainingTarget => target.drainingUntil !== undefined);
}

async function isFinished(
  state: WholeState,
  proxy: TrafficProxy,
  {
    reports,
    clock,
    carrier,
  }: { readonly reports: HealthReports; readonly clock: Clock; readonly carrier?: Pick<PacketCarrier, "flows"> | undefined },
  target: DrainingTarget,
): Promise<boolean> {
  if (!targetGroupInUse(state, target.targetGroupArn) || target.drainingUntil <= clock.now()) return true;
  // Only once the proxy drains it no request can come any more.
  if (!reports.serverOf(target)?.draining) return false;
  const server = serverId(target.id, target.port);
  const sessions = await Promise.all(reports.backendsOf(target).map((backend) => proxy.activeSessions(backend, server)));
  return sessions.every((count) => count === 0) && ((await carrier?.flows(target)) ?? 0) === 0;
}
