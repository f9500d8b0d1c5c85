import {
  DelegationSetAlreadyCreated,
  DelegationSetAlreadyReusable,
  DelegationSetInUse,
  HostedZoneNotFound,
  InvalidArgument,
  LimitsExceeded,
  NoSuchDelegationSet,
  type DelegationSet,
} from "@aws-sdk/client-route-53";
import { defined } from "../../domain/defined.ts";
import { nameServersOf, newDelegationSetId } from "../../state/hosted-zones.ts";
import { delegationSets, hostedZones, type DelegationSetRecord, type HostedZoneRecord } from "../../state/route53.ts";
import { because, type OperationContext } from "../operation.ts";
import { compareKeys } from "../pagination.ts";
import { pageLimit } from "./pages.ts";
import { QUOTAS } from "./quotas.ts";
import { bareId, delegationSetArn, onAny, operation } from "./route53-operation.ts";

const MOST = 100;

/** A reusable delegation set of the caller's account. @throws NoSuchDelegationSet */
export function requireDelegationSet({ state }: Pick<OperationContext, "state">, id: string | undefined): DelegationSetRecord {
  const bare = bareId(id, "delegationset");
  const set = state.table(delegationSets).get(bare);
  if (!set) throw new NoSuchDelegationSet(because(`A reusable delegation set with the specified ID does not exist: ${bare}`));
  return set;
}

export function shownDelegationSet({ id, callerReference, nameServers }: DelegationSetRecord): DelegationSet {
  return { Id: `/delegationset/${id}`, CallerReference: callerReference, NameServers: nameServers.map((name) => name.slice(0, -1)) };
}

export const createReusableDelegationSet = operation("CreateReusableDelegationSet", {
  authorize: onAny("CreateReusableDelegationSet"),
  run({ CallerReference: callerReference = "", HostedZoneId }, context) {
    const { state, account, ids } = context;
    const own = state.table(delegationSets).by("account", account);
    if (own.some((set) => set.callerReference === callerReference))
      throw new DelegationSetAlreadyCreated(because("A delegation set has already been created with the specified caller reference."));
    if (own.length >= QUOTAS.MAX_REUSABLE_DELEGATION_SETS_BY_OWNER) {
      const most = QUOTAS.MAX_REUSABLE_DELEGATION_SETS_BY_OWNER;
      throw new LimitsExceeded(
        because(`Limits Exceeded: MAX_REUSABLE_DELEGATION_SETS_BY_OWNER - Cannot create more than ${most} reusable delegation sets.`),
      );
    }
    const zone = HostedZoneId === undefined ? undefined : zoneToShareFrom(context, HostedZoneId);
    const id = newDelegationSetId(ids);
    const set = { id, account, callerReference, nameServers: zone?.nameServers ?? nameServersOf(id) };
    state.commit(() => {
      state.table(delegationSets).insert(set);
      if (zone) state.table(hostedZones).put({ ...zone, delegationSetId: id });
    });
    return { DelegationSet: shownDelegationSet(set), Location: `https://route53.amazonaws.com/2013-04-01/delegationset/${id}` };
  },
});

/** @throws HostedZoneNotFound; InvalidArgument for a private zone; DelegationSetAlreadyReusable */
function zoneToShareFrom({ state }: OperationContext, id: string): HostedZoneRecord {
  const zone = state.table(hostedZones).get(bareId(id, "hostedzone"));
  if (!zone) throw new HostedZoneNotFound(because("The specified HostedZone can't be found."));
  if (zone.privateZone) throw new InvalidArgument(because("A reusable delegation set can't be made of a private hosted zone."));
  if (zone.delegationSetId !== undefined)
    throw new DelegationSetAlreadyReusable(because("The specified delegation set has already been marked as reusable."));
  return zone;
}

export const getReusableDelegationSet = operation("GetReusableDelegationSet", {
  authorize: ({ Id }, at) => ({ action: "route53:GetReusableDelegationSet", resource: delegationSetArn(at, Id) }),
  run: ({ Id }, context) => ({ DelegationSet: shownDelegationSet(requireDelegationSet(context, Id)) }),
});

export const getReusableDelegationSetLimit = operation("GetReusableDelegationSetLimit", {
  authorize: ({ DelegationSetId }, at) => ({
    action: "route53:GetReusableDelegationSetLimit",
    resource: delegationSetArn(at, DelegationSetId),
  }),
  run({ DelegationSetId, Type = "MAX_ZONES_BY_REUSABLE_DELEGATION_SET" }, context) {
    const { id } = requireDelegationSet(context, DelegationSetId);
    return { Limit: { Type, Value: QUOTAS[Type] }, Count: context.state.table(hostedZones).by("delegationSet", id).length };
  },
});

export const listReusableDelegationSets = operation("ListReusableDelegationSets", {
  authorize: onAny("ListReusableDelegationSets"),
  run({ Marker, MaxItems }, { state, account }) {
    const limit = pageLimit(MaxItems, MOST);
    const sets = state
      .table(delegationSets)
      .by("account", account)
      .filter(({ id }) => Marker === undefined || id >= bareId(Marker, "delegationset"))
      .toSorted((a, b) => compareKeys(a.id, b.id));
    const next = sets[limit];
    return {
      DelegationSets: sets.slice(0, limit).map(shownDelegationSet),
      ...{ Marker: Marker ?? "", IsTruncated: next !== undefined, MaxItems: limit as never },
      ...defined({ NextMarker: next?.id }),
    };
  },
});

export const deleteReusableDelegationSet = operation("DeleteReusableDelegationSet", {
  authorize: ({ Id }, at) => ({ action: "route53:DeleteReusableDelegationSet", resource: delegationSetArn(at, Id) }),
  run({ Id }, context) {
    const { state } = context;
    const { id } = requireDelegationSet(context, Id);
    if (state.table(hostedZones).by("delegationSet", id).length > 0)
      throw new DelegationSetInUse(because("The specified delegation set is in use by at least one hosted zone."));
    state.commit(() => state.table(delegationSets).delete(id));
    return {};
  },
});
