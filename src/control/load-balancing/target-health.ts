import type { TurnedAway } from "../../decide/routing/admit-target.ts";
import { assessTarget } from "../../decide/routing/assess-target.ts";
import { backendId, serverId } from "../../decide/routing/names-in-proxy.ts";
import type { TargetHealth } from "../../domain/target-health.ts";
import { wholeBackendId } from "../../domain/zonal-backend.ts";
import type { ProxyBackend, ProxyConfiguration, ProxyServer, ServerHealthReport } from "../../ports/traffic-proxy.ts";
import { targetGroupInUse } from "../../state/elb-targets.ts";
import { targets, type TargetRecord } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";
import type { MadeTarget, Routing } from "./routing-view.ts";

/** A backend of the proxy, with its servers by their ids. */
interface AppliedBackend {
  readonly backend: ProxyBackend;
  readonly servers: Map<string, MadeTarget>;
  /** The same in the order of their ids. */
  readonly order: readonly MadeTarget[];
}

/** What the proxy's checks said of its servers, as long as it has them. */
export class HealthReports {
  readonly #reports = new Map<string, ServerHealthReport>();
  /** Reports of servers that the proxy was not known to have when they came. */
  readonly #early = new Set<string>();
  #applied: ReadonlyMap<string, AppliedBackend> = new Map();
  /** The zones' parts of backends that have such, by the whole one. */
  #parts: ReadonlyMap<string, readonly string[]> = new Map();
  #refused: ReadonlySet<string> = new Set();
  #turnedAway: Routing["turnedAway"] = () => undefined;

  /** Returns the key of the target that the report is about, where the proxy is known to have it. */
  note(report: ServerHealthReport): string | undefined {
    const key = serverKey(report.backend, report.server);
    this.#reports.set(key, report);
    const placed = this.#applied.get(report.backend)?.servers.get(report.server);
    if (!placed) this.#early.add(key);
    return placed?.key;
  }

  /**
   * Takes note of what the proxy works by and which targets were kept from it, and forgets the servers that are gone from it. Returns the keys of the
   * targets of which the proxy now has something else. Costs work for each server that changed, and a comparison for each other one of its backend.
   */
  applied({ backends }: ProxyConfiguration, { serversOf, turnedAway }: Pick<Routing, "serversOf" | "turnedAway">): readonly string[] {
    this.#turnedAway = turnedAway;
    const before = this.#applied;
    const after = new Map<string, AppliedBackend>();
    const changed: string[] = [];
    for (const backend of backends) {
      const known = before.get(backend.id);
      after.set(backend.id, known?.backend === backend ? known : this.#moveOn(known, backend, serversOf(backend.id), changed));
    }
    for (const [id, gone] of before) if (!after.has(id)) for (const made of gone.order) this.#forget(gone, made, changed);
    this.#applied = after;
    this.#parts = partsOf(after.keys());
    this.#forgetStrangers();
    return changed;
  }

  /** The server that stands for a target in the proxy, where it has one at that address. */
  serverOf(target: TargetRecord): ProxyServer | undefined {
    const { targetGroupArn, id, port } = target;
    const server = this.#applied.get(backendId(targetGroupArn))?.servers.get(serverId(id, port))?.server;
    return server && server.address === target.address && server.port === target.addressPort ? server : undefined;
  }

  /** The worst that is said of it in all backends that it is in: it is healthy where it gets traffic from each address that is to send to it. */
  of(target: TargetRecord): ServerHealthReport | undefined {
    const server = serverId(target.id, target.port);
    const reports = this.backendsOf(target).map((backend) => this.#reports.get(serverKey(backend, server)));
    const unhealthy = reports.find((report) => report?.health === "unhealthy");
    if (unhealthy) return unhealthy;
    return reports.every((report) => report?.health === "healthy") ? reports[0] : reports.find((report) => report?.health === "initial");
  }

  /** The backends in which a server stands for a target. */
  backendsOf({ targetGroupArn, id, port }: TargetRecord): readonly string[] {
    const whole = backendId(targetGroupArn);
    const parts = this.#parts.get(whole);
    if (!parts) return [whole];
    return [whole, ...parts.filter((part) => this.#applied.get(part)?.servers.has(serverId(id, port)))];
  }

  /** The proxy would not have these backends, of which it may have an earlier form; it has all others. */
  refuse(backends: Iterable<string>): void {
    this.#refused = new Set(backends);
  }

  isRefused({ targetGroupArn }: TargetRecord): boolean {
    return this.#refused.has(backendId(targetGroupArn));
  }

  turnedAway(target: TargetRecord): TurnedAway | undefined {
    return this.#turnedAway(target);
  }

  /** @param order of the servers' ids @param changed gets the keys of the targets whose server is new, another, or gone */
  #moveOn(known: AppliedBackend | undefined, backend: ProxyBackend, order: readonly MadeTarget[], changed: string[]): AppliedBackend {
    const applied: AppliedBackend = { backend, servers: known?.servers ?? new Map(), order };
    const old = known?.order ?? [];
    let at = 0;
    for (const made of order) {
      const { id } = made.server;
      for (let former = old[at]; former && former.server.id < id; former = old[at]) {
        this.#forget(applied, former, changed);
        at += 1;
      }
      const former = old[at];
      if (former?.server.id === id) at += 1;
      if (former === made) continue;
      applied.servers.set(id, made);
      changed.push(made.key);
    }
    for (; at < old.length; at += 1) this.#forget(applied, old[at] as MadeTarget, changed);
    return applied;
  }

  #forget({ backend, servers }: AppliedBackend, { server, key }: MadeTarget, changed: string[]): void {
    servers.delete(server.id);
    this.#reports.delete(serverKey(backend.id, server.id));
    changed.push(key);
  }

  #forgetStrangers(): void {
    for (const key of this.#early) {
      const report = this.#reports.get(key);
      if (report && !this.#applied.get(report.backend)?.servers.has(report.server)) this.#reports.delete(key);
    }
    this.#early.clear();
  }
}

function partsOf(backends: Iterable<string>): ReadonlyMap<string, readonly string[]> {
  const parts = new Map<string, string[]>();
  for (const id of backends) {
    const whole = wholeBackendId(id);
    if (whole === id) continue;
    const known = parts.get(whole);
    if (known) known.push(id);
    else parts.set(whole, [id]);
  }
  return parts;
}

/** Writes the health of these targets as the proxy has it now, as one commit. Targets whose health did not change are not written. */
export function recordHealth(state: WholeState, reports: HealthReports, keys: Iterable<string>): void {
  state.record(() => {
    for (const key of keys) {
      const target = state.table(targets).get(key);
      if (!target) continue;
      const health = assessTarget({
        recorded: target.health,
        draining: target.drainingUntil !== undefined,
        inUse: targetGroupInUse(state, target.targetGroupArn),
        turnedAway: reports.turnedAway(target),
        applied: reports.serverOf(target)?.draining === false,
        refused: reports.isRefused(target),
        report: reports.of(target),
      });
      if (!isSame(health, target.health)) state.table(targets).replace(target, { ...target, health });
    }
  });
}

function isSame(a: TargetHealth, b: TargetHealth): boolean {
  return a.state === b.state && a.reason === b.reason && a.description === b.description;
}

function serverKey(backend: string, server: string): string {
  return `${backend}/${server}`;
}
