import type { PacketChoice, PacketService } from "../../domain/packet-service.ts";
import type { StreamView, TargetGroupView, TargetView } from "./view.ts";

/** A group as it is to get packets, with the health that its targets have now. */
export type PacketGroup = Pick<TargetGroupView, "zones" | "stickiness" | "minimumHealthy" | "targets">;

/**
 * The services of listeners whose packets the kernel leads, one for each of their own addresses and protocols. At each address there are the healthy targets
 * of its zone, where the group does not cross zones, or of all; where too few are healthy, all that do not drain and have passed or failed a check. Equal views
 * give equal services. Costs a look at the targets of their groups, for each address.
 */
export function planPackets(streams: readonly StreamView[], groupOf: (arn: string) => PacketGroup | undefined): PacketService[] {
  return streams.flatMap(({ own, groups, packets }) => {
    if (!own || !packets) return [];
    const { port, nodes, clients } = own;
    return nodes.flatMap(({ address, zone }) => {
      const choices = groups.flatMap(({ arn, weight }) => choiceOf(groupOf(arn), weight, zone));
      return packets.map(({ protocol, idleTimeout }) => ({ address, port, protocol, clients, idleTimeout, choices }));
    });
  });
}

function choiceOf(group: PacketGroup | undefined, weight: number, zone: string): readonly PacketChoice[] {
  if (!group || weight === 0) return [];
  const targets = targetsIn(group, zone)
    .map(({ address, addressPort }) => ({ address, port: addressPort }))
    .toSorted((a, b) => (`${a.address} ${a.port}` < `${b.address} ${b.port}` ? -1 : 1));
  return targets.length === 0 ? [] : [{ weight, sticky: group.stickiness?.kind === "source-ip", targets }];
}

/** Those that get new flows at an address in a zone. */
function targetsIn({ zones, minimumHealthy, targets }: PacketGroup, zone: string): readonly TargetView[] {
  const isIn = (target: TargetView): boolean => !zones || target.zone === undefined || target.zone === zone;
  const staying = targets.filter((target) => !target.draining && isIn(target));
  const healthy = staying.filter(({ health }) => health === "healthy");
  const { count, percentage = 0 } = minimumHealthy ?? { count: 1 };
  const isEnough = healthy.length >= count && healthy.length * 100 >= percentage * staying.length;
  return isEnough ? healthy : staying.filter(({ health }) => health !== "initial");
}
