import type { TurnedAway } from "../../decide/routing/admit-target.ts";
import { assessTarget } from "../../decide/routing/assess-target.ts";
import { backendId, serverId } from "../../decide/routing/plan-routing.ts";
import type { ProxyConfiguration, ProxyServer, ServerHealthReport } from "../../ports/traffic-proxy.ts";
import { targetGroupInUse } from "../../state/elb-targets.ts";
import { targetKey, targets, type TargetRecord } from "../../state/elb.ts";
import type { WholeState } from "../../state/state.ts";

/** What the proxy's checks said of its servers, as long as it has them. */
export class HealthReports {
  readonly #reports = new Map<string, ServerHealthReport>();
  #applied: ReadonlyMap<string, ProxyServer> = new Map();
  #turnedAway: ReadonlyMap<string, TurnedAway> = new Map();

  note(report: ServerHealthReport): void {
    this.#reports.set(serverKey(report.backend, report.server), report);
  }

  /** Takes note of what the proxy works by and which targets were kept from it, and forgets the servers that are gone from it. */
  applied(configuration: ProxyConfiguration, turnedAway: ReadonlyMap<string, TurnedAway>): void {
    this.#turnedAway = turnedAway;
    this.#applied = new Map(
      configuration.backends.flatMap(({ id, servers }) => servers.map((server) => [serverKey(id, server.id), server])),
    );
    for (const key of this.#reports.keys()) if (!this.#applied.has(key)) this.#reports.delete(key);
  }

  /** The server that stands for a target in the proxy, where it has one at that address. */
  serverOf(target: TargetRecord): ProxyServer | undefined {
    const server = this.#applied.get(keyOf(target));
    return server && server.address === target.address && server.port === target.addressPort ? server : undefined;
  }

  of(target: TargetRecord): ServerHealthReport | undefined {
    return this.#reports.get(keyOf(target));
  }

  turnedAway({ targetGroupArn, id, port }: TargetRecord): TurnedAway | undefined {
    return this.#turnedAway.get(targetKey(targetGroupArn, id, port));
  }
}

/** Writes the health of every target as the proxy has it now. Targets whose health did not change are not written. */
export function recordHealth(state: WholeState, reports: HealthReports): void {
  state.commit(() => {
    for (const target of [...state.table(targets).values()]) {
      const health = assessTarget({
        recorded: target.health,
        draining: target.drainingUntil !== undefined,
        inUse: targetGroupInUse(state, target.targetGroupArn),
        turnedAway: reports.turnedAway(target),
        applied: reports.serverOf(target)?.draining === false,
        report: reports.of(target),
      });
      if (JSON.stringify(health) !== JSON.stringify(target.health)) state.table(targets).put({ ...target, health });
    }
  });
}

function keyOf(target: TargetRecord): string {
  return serverKey(backendId(target.targetGroupArn), serverId(target.id, target.port));
}

function serverKey(backend: string, server: string): string {
  return `${backend}/${server}`;
}
