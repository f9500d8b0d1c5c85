import type { ProxyBackend, ProxyServer } from "../../domain/proxy-configuration.ts";
import { zonalBackendId } from "../../domain/zonal-backend.ts";
import { backendId, byId } from "./names-in-proxy.ts";
import type { OwnPlace, TargetGroupView } from "./view.ts";

/** The zones for which target groups have parts of their own, by the groups' ARNs. None of a group that crosses zones. */
export type ZonalGroups = ReadonlyMap<string, ReadonlySet<string>>;

export function zonalGroups(groups: readonly TargetGroupView[]): ZonalGroups {
  return new Map(groups.flatMap(({ arn, zones }) => (zones ? [[arn, new Set(zones)]] : [])));
}

/** Addresses of one load balancer that are served alike. */
export interface ServedAlike {
  readonly addresses: readonly string[];
  /** The zone that they are in, where that makes a difference. */
  readonly zone?: string;
}

/** Each zone's addresses by themselves where one of these groups does not cross zones; all together where all do. @param arns of what is forwarded to */
export function servedAlike({ nodes }: OwnPlace, arns: readonly string[], zonal: ZonalGroups): readonly ServedAlike[] {
  if (!arns.some((arn) => zonal.has(arn))) return [{ addresses: nodes.map(({ address }) => address) }];
  const zones = [...new Set(nodes.map(({ zone }) => zone))];
  return zones.map((zone) => ({ zone, addresses: nodes.filter((node) => node.zone === zone).map(({ address }) => address) }));
}

/** The backend that a group is at addresses of a zone, or at those that all share. */
export function backendIn(zone: string | undefined, zonal: ZonalGroups): (arn: string) => string {
  return (arn) => (zone !== undefined && zonal.get(arn)?.has(zone) ? zonalBackendId(backendId(arn), zone) : backendId(arn));
}

/** The whole backend of a group, and each zone's part of it. @param servers of its targets, in their order */
export function backendsOf(group: TargetGroupView, servers: readonly ProxyServer[]): readonly ProxyBackend[] {
  const { arn, targets, zones = [], ...settings } = group;
  const id = backendId(arn);
  const placed = zones.length === 0 ? [] : servers.map((server, at) => ({ server, target: targets[at] }));
  return [
    { id, ...settings, servers: servers.toSorted(byId) },
    ...zones.map((zone) => ({
      id: zonalBackendId(id, zone),
      ...settings,
      servers: placed
        .filter(({ target }) => target?.zone === undefined || target.zone === zone)
        .map(({ server }) => server)
        .sort(byId),
    })),
  ];
}
