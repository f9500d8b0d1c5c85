import { targetPlaces } from "../../decide/routing/target-place.ts";
import { defined } from "../../domain/defined.ts";
import type { ProbeResult } from "../../ports/endpoint-prober.ts";
import { healthStatuses, type HealthStatusRecord } from "../../state/route53-health.ts";
import { healthChecks, type HealthCheckRecord } from "../../state/route53.ts";
import { loop, records, type Needs, type Waking } from "../loop.ts";
import { endpointOf, type Endpoint } from "./endpoint.ts";

/** A status that stays is told again so often, milliseconds: so old may `CheckedTime` be. */
const TOLD_EVERY = 60_000;
/** Under way at once. */
const AT_ONCE = 50;

/**
 * Looks at the endpoints of health checks, each at its interval. A status changes when as many looks in a row as the threshold says found the other thing; the
 * first one counts at once. What is calculated or disabled is not looked at. How often in a row is not in the records: a start begins to count anew.
 */
export const healthChecking = loop(
  "health checks",
  ({ state, clock, endpointProber, targetSurroundings }: Needs<"endpointProber" | "targetSurroundings">) => {
    /** How often in a row each check found the other thing than its status says. */
    const contrary = new Map<string, number>();
    /** When each was looked at last: a change of its record is no reason to look more often. */
    const looked = new Map<string, number>();

    async function step(id: string, { wakeAt }: Waking): Promise<void> {
      const check = state.table(healthChecks).get(id);
      if (!check || !isLookedAt(check)) return forget(id, check);
      const interval = (check.config.RequestInterval ?? 30) * 1000;
      const due = (looked.get(id) ?? -Infinity) + interval;
      if (due > clock.now()) return wakeAt(id, due);
      looked.set(id, clock.now());
      const result = await look(check);
      // It may have gone, or have become another one, meanwhile.
      if (state.table(healthChecks).get(id)?.version === check.version) settle(check, result);
      wakeAt(id, clock.now() + interval);
    }

    async function look(check: HealthCheckRecord): Promise<ProbeResult> {
      const placeOf = targetPlaces(targetSurroundings());
      const endpoint: Endpoint = endpointOf(state, check, placeOf);
      return endpoint.kind === "none" ? { healthy: false, text: endpoint.why } : endpointProber.probe(endpoint.probe);
    }

    function settle({ id, account, config }: HealthCheckRecord, { healthy, text }: ProbeResult): void {
      const before = state.table(healthStatuses).get(id);
      const times = before && before.healthy !== healthy ? (contrary.get(id) ?? 0) + 1 : 0;
      const turns = before !== undefined && times >= (config.FailureThreshold ?? 3);
      contrary.set(id, turns ? 0 : times);
      const now = clock.now();
      const shown = `${healthy ? "Success" : "Failure"}: ${text}`;
      if (before && !turns && now - before.checkedAt < TOLD_EVERY && before.text === shown) return;
      const status: HealthStatusRecord = {
        ...{ id, account, checkedAt: now, text: shown },
        healthy: before && !turns ? before.healthy : healthy,
        ...defined({ lastFailure: healthy ? before?.lastFailure : { at: now, text: shown } }),
      };
      state.commit(() => {
        const table = state.table(healthStatuses);
        if (before) table.replace(before, status);
        else table.insert(status);
      });
    }

    function forget(id: string, check: HealthCheckRecord | undefined): void {
      contrary.delete(id);
      looked.delete(id);
      if (!check && state.table(healthStatuses).has(id)) state.commit(() => state.table(healthStatuses).delete(id));
    }

    return {
      watches: [
        records(healthChecks, ({ before, after }) => before?.version !== after?.version),
        records(healthStatuses, ({ before }) => !before),
      ],
      step,
      atOnce: AT_ONCE,
    };
  },
);

function isLookedAt({ config }: HealthCheckRecord): boolean {
  return config.Type !== "CALCULATED" && config.Disabled !== true;
}
