import type { ProxyBackend, ProxyServer, ServerHealthReport } from "../../ports/traffic-proxy.ts";
import { haproxyServerName } from "./server-names.ts";
import type { ServerRow } from "./stat-table.ts";

export type Health = ServerHealthReport["health"];
export type HealthCause = NonNullable<ServerHealthReport["cause"]>;

export interface ObservedHealth {
  readonly health: Health;
  readonly cause?: HealthCause;
  /** Seconds until a failing `initial` target counts as unhealthy, unless it passes before. */
  readonly unhealthyIn?: number;
}

/**
 * Health of one server from what HAProxy's own table says of it; `undefined` where HAProxy does not have it.
 *
 * One pass makes a new target healthy; it is unhealthy after as many failures in a row, at the configured interval, as the
 * threshold says. (Elastic Load Balancing, "Health checks for target groups".)
 */
export function observeHealth(
  backend: ProxyBackend,
  server: ProxyServer,
  rows: ReadonlyMap<string, ServerRow>,
): ObservedHealth | undefined {
  const check = backend.healthCheck;
  const traffic = rows.get(haproxyServerName(server, "traffic"));
  if (traffic !== undefined && traffic.status !== "MAINT") {
    if (check.kind === "none" || traffic.check === undefined) return { health: "healthy" };
    return traffic.check.health >= traffic.check.rise ? { health: "healthy" } : withCause("unhealthy", traffic);
  }
  const probe = rows.get(haproxyServerName(server, "probe"));
  if (probe?.check === undefined || probe.status === "MAINT" || check.kind === "none") return undefined;
  if (passed.test(probe.check.status) && probe.check.health >= probe.check.rise) return { health: "healthy" };
  const observed = withCause("initial", probe);
  // Of what an alias leads to nothing is promised by when something listens: it is waited for.
  if (observed.cause === undefined || probe.check.health > 0 || backend.connect) return observed;
  const unhealthyIn = (check.unhealthyThreshold - 1) * check.interval - probe.secondsInState;
  return unhealthyIn > 0 ? { ...observed, unhealthyIn } : withCause("unhealthy", probe);
}

const passed = /^L\d+OK/;

function withCause(health: Health, row: ServerRow): ObservedHealth {
  const cause = row.check === undefined ? undefined : causeOf(row.check.status, row.check.code);
  return cause === undefined ? { health } : { health, cause };
}

/** Codes of `check_status` in the management manual, section 9.1. */
function causeOf(status: string, code: number | undefined): HealthCause | undefined {
  if (status === "L7STS" && code !== undefined) return { kind: "status", status: code };
  if (status.endsWith("TOUT")) return { kind: "timeout" };
  if (passed.test(status) || !/^(L\d|SOCKERR)/.test(status)) return undefined;
  return { kind: "connection" };
}
