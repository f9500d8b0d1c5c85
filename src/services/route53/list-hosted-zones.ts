import { InvalidDomainName } from "@aws-sdk/client-route-53";
import { defined } from "../../domain/defined.ts";
import { readName, sortKey } from "../../domain/dns/name.ts";
import { hostedZones, type HostedZoneRecord } from "../../state/route53.ts";
import { because, type OperationContext } from "../operation.ts";
import { compareKeys } from "../pagination.ts";
import { requireDelegationSet } from "./delegation-sets.ts";
import { shownZone } from "./hosted-zones.ts";
import { pageLimit } from "./pages.ts";
import { bareId, invalidInput, onAny, operation } from "./route53-operation.ts";

const MOST = 100;

export const listHostedZones = operation("ListHostedZones", {
  authorize: onAny("ListHostedZones"),
  run({ Marker, MaxItems, DelegationSetId, HostedZoneType }, context) {
    const set = DelegationSetId === undefined ? undefined : requireDelegationSet(context, DelegationSetId);
    const limit = pageLimit(MaxItems, MOST);
    const zones = ownZones(context)
      .filter((zone) => (HostedZoneType === undefined || zone.privateZone) && (set === undefined || zone.delegationSetId === set.id))
      .toSorted((a, b) => compareKeys(a.id, b.id));
    const rest = zones.filter((zone) => Marker === undefined || zone.id >= bareId(Marker, "hostedzone"));
    const next = rest[limit];
    return {
      HostedZones: rest.slice(0, limit).map((zone) => shownZone(zone, context)),
      Marker: Marker ?? "",
      IsTruncated: next !== undefined,
      MaxItems: limit as never,
      ...defined({ NextMarker: next?.id }),
    };
  },
});

export const listHostedZonesByName = operation("ListHostedZonesByName", {
  authorize: onAny("ListHostedZonesByName"),
  run({ DNSName, HostedZoneId, MaxItems }, context) {
    if (HostedZoneId !== undefined && DNSName === undefined)
      throw invalidInput("You must specify a DNSName if you specify a HostedZoneId.");
    const limit = pageLimit(MaxItems, MOST);
    const from = DNSName === undefined ? undefined : `${sortKey(requireName(DNSName))} ${bareId(HostedZoneId, "hostedzone")}`;
    const key = ({ name, id }: HostedZoneRecord): string => `${sortKey(name)} ${id}`;
    const zones = ownZones(context)
      .filter((zone) => from === undefined || key(zone) >= from)
      .toSorted((a, b) => compareKeys(key(a), key(b)));
    const next = zones[limit];
    return {
      HostedZones: zones.slice(0, limit).map((zone) => shownZone(zone, context)),
      IsTruncated: next !== undefined,
      MaxItems: limit as never,
      ...defined({ DNSName, HostedZoneId, NextDNSName: next?.name, NextHostedZoneId: next?.id }),
    };
  },
});

export const getHostedZoneCount = operation("GetHostedZoneCount", {
  authorize: onAny("GetHostedZoneCount"),
  run: (_input, context) => ({ HostedZoneCount: ownZones(context).length }),
});

function ownZones({ state, account }: OperationContext): readonly HostedZoneRecord[] {
  return state.table(hostedZones).by("account", account);
}

/** @throws InvalidDomainName */
function requireName(text: string): string {
  const name = readName(text);
  if (typeof name === "object") throw new InvalidDomainName(because(`FATAL problem: ${name.problem} encountered with '${text}'`));
  return name;
}
