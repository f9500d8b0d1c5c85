import { planPackets, type PacketGroup } from "../../decide/routing/plan-packets.ts";
import type { StreamView, TargetView } from "../../decide/routing/view.ts";
import type { PacketBalancer, PacketService, PacketTarget } from "../../ports/packet-balancer.ts";
import type { TargetRecord } from "../../state/elb.ts";
import type { MadeTarget, Routing } from "./routing-view.ts";
import type { HealthReports } from "./target-health.ts";

/** What of a group's targets the kernel was told last. */
interface Carried {
  readonly protocols: ReadonlySet<PacketService["protocol"]>;
  /** By address and port. */
  readonly targets: ReadonlyMap<string, PacketTarget & { readonly isUnhealthy: boolean }>;
}

/** Has the kernel lead what it is to lead, and forget flows that are to end. */
export class PacketCarrier {
  readonly #balancer: PacketBalancer;
  #routing: Routing | undefined;
  #applied: readonly PacketService[] = [];
  /** Whether an earlier control plane may have left something. */
  #isFirst = true;
  /** By the ARNs of groups. */
  #carried: ReadonlyMap<string, Carried> = new Map();

  constructor(balancer: PacketBalancer) {
    this.#balancer = balancer;
  }

  /** The protocols in which the kernel leads to targets of a group; none where it does not. */
  protocolsOf(targetGroupArn: string): readonly PacketService["protocol"][] {
    return [...(this.#carried.get(targetGroupArn)?.protocols ?? [])];
  }

  /** What is there before the proxy lets go of an address, or takes it: nobody is without either of them. */
  async prepare(routing: Routing, reports: HealthReports): Promise<void> {
    const services = planned(routing, reports);
    const keys = new Set(services.map(keyOf));
    await this.#apply([...services, ...this.#applied.filter((service) => !keys.has(keyOf(service)))]);
  }

  /** @param routing the last one where absent */
  async settle(reports: HealthReports, routing = this.#routing): Promise<void> {
    if (!routing) return;
    this.#routing = routing;
    await this.#apply(planned(routing, reports));
    const before = this.#carried;
    this.#carried = carriedIn(routing, reports);
    await this.#cutEnded(before, routing);
  }

  /** How many flows a target still has, over all protocols. */
  async flows(target: TargetRecord): Promise<number> {
    const { address, addressPort: port } = target;
    const counts = await Promise.all(
      this.protocolsOf(target.targetGroupArn).map((protocol) => this.#balancer.flows({ address, port }, protocol)),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async #apply(services: readonly PacketService[]): Promise<void> {
    if (!this.#isFirst && JSON.stringify(services) === JSON.stringify(this.#applied)) return;
    await this.#balancer.apply(services);
    this.#isFirst = false;
    this.#applied = services;
  }

  /** Datagrams to a target that is gone or fails would go there for as long as they come; connections end where the group says so. */
  async #cutEnded(before: ReadonlyMap<string, Carried>, routing: Routing): Promise<void> {
    const cuts: Promise<void>[] = [];
    for (const [arn, { targets, protocols }] of before) {
      const now = this.#carried.get(arn)?.targets;
      const { cutsRemoved = false, cutsUnhealthy = false } = routing.view.groups.find((group) => group.arn === arn)?.stream ?? {};
      for (const [key, target] of targets) {
        const isRemoved = now?.get(key) === undefined;
        const hasFailed = now?.get(key)?.isUnhealthy === true && !target.isUnhealthy;
        if (!isRemoved && !hasFailed) continue;
        for (const protocol of protocols)
          if (protocol === "udp" || (isRemoved ? cutsRemoved : cutsUnhealthy)) cuts.push(this.#balancer.cut(target, protocol));
      }
    }
    await Promise.all(cuts);
  }
}

function keyOf({ address, port, protocol }: PacketService): string {
  return `${address} ${port} ${protocol}`;
}

function packetStreams({ view }: Routing): readonly StreamView[] {
  return (view.streams ?? []).filter(({ packets, own }) => packets && own);
}

/** The groups with the health that the proxy's checks see now: records follow once the kernel leads to them. */
function planned(routing: Routing, reports: HealthReports): readonly PacketService[] {
  const streams = packetStreams(routing);
  if (streams.length === 0) return [];
  const views = new Map(routing.view.groups.map((group) => [group.arn, group]));
  return planPackets(streams, (arn): PacketGroup | undefined => {
    const group = views.get(arn);
    return group && { ...group, targets: routing.targetsOf(arn).map((made) => withHealth(made, reports)) };
  });
}

function withHealth({ record, view }: MadeTarget, reports: HealthReports): TargetView {
  return { ...view, health: reports.of(record)?.health ?? view.health };
}

function carriedIn(routing: Routing, reports: HealthReports): ReadonlyMap<string, Carried> {
  const carried = new Map<string, Carried>();
  for (const { groups, packets = [] } of packetStreams(routing))
    for (const { arn } of groups) {
      const targets = routing.targetsOf(arn).map((made) => withHealth(made, reports));
      carried.set(arn, {
        protocols: new Set([...(carried.get(arn)?.protocols ?? []), ...packets.map(({ protocol }) => protocol)]),
        targets: new Map(
          targets.map(({ address, addressPort: port, health }) => [
            `${address} ${port}`,
            { address, port, isUnhealthy: health === "unhealthy" },
          ]),
        ),
      });
    }
  return carried;
}
