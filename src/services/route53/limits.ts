import { HostedZoneNotPrivate } from "@aws-sdk/client-route-53";
import { delegationSets, healthChecks, hostedZones } from "../../state/route53.ts";
import { trafficPolicies, trafficPolicyInstances } from "../../state/traffic-policies.ts";
import { because } from "../operation.ts";
import { QUOTAS } from "./quotas.ts";
import { onAny, operation, recordSetCount, requireZone, zoneArn } from "./route53-operation.ts";

export const getAccountLimit = operation("GetAccountLimit", {
  authorize: onAny("GetAccountLimit"),
  run({ Type = "MAX_HOSTED_ZONES_BY_OWNER" }, { state, account }) {
    const counts: Record<typeof Type, number> = {
      MAX_HOSTED_ZONES_BY_OWNER: state.table(hostedZones).count("account", account),
      MAX_HEALTH_CHECKS_BY_OWNER: state.table(healthChecks).count("account", account),
      MAX_TRAFFIC_POLICIES_BY_OWNER: state.table(trafficPolicies).count("account", account),
      MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER: state.table(trafficPolicyInstances).count("account", account),
      MAX_REUSABLE_DELEGATION_SETS_BY_OWNER: state.table(delegationSets).count("account", account),
    };
    return { Limit: { Type, Value: QUOTAS[Type] }, Count: counts[Type] };
  },
});

export const getHostedZoneLimit = operation("GetHostedZoneLimit", {
  authorize: ({ HostedZoneId }, at) => ({ action: "route53:GetHostedZoneLimit", resource: zoneArn(at, HostedZoneId) }),
  run({ HostedZoneId, Type = "MAX_RRSETS_BY_ZONE" }, context) {
    const zone = requireZone(context, HostedZoneId);
    if (Type === "MAX_VPCS_ASSOCIATED_BY_ZONE" && !zone.privateZone)
      throw new HostedZoneNotPrivate(because("The specified hosted zone is a public hosted zone, not a private hosted zone."));
    const Count = Type === "MAX_RRSETS_BY_ZONE" ? recordSetCount(context, zone) : zone.vpcs.length;
    return { Limit: { Type, Value: QUOTAS[Type] }, Count };
  },
});
