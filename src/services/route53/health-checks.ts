import {
  HealthCheckAlreadyExists,
  HealthCheckInUse,
  HealthCheckVersionMismatch,
  TooManyHealthChecks,
  type HealthCheck,
  type HealthCheckConfig,
  type HealthCheckObservation,
} from "@aws-sdk/client-route-53";
import { isDeepStrictEqual } from "node:util";
import { defined } from "../../domain/defined.ts";
import { healthStatuses, isHealthy, type HealthStatusRecord } from "../../state/route53-health.ts";
import { healthChecks, type HealthCheckRecord } from "../../state/route53.ts";
import { because, type AuthorizeScope, type OperationContext, type Permission } from "../operation.ts";
import { compareKeys } from "../pagination.ts";
import { settledConfig, withoutElements } from "./health-check-config.ts";
import { pageLimit } from "./pages.ts";
import { QUOTAS } from "./quotas.ts";
import { healthCheckArn, managedByCloudMap, onAny, operation } from "./route53-operation.ts";
import { requireHealthCheck } from "./tags.ts";

function onCheck(action: string) {
  return ({ HealthCheckId }: { readonly HealthCheckId?: string | undefined }, at: AuthorizeScope): Permission => ({
    action: `route53:${action}`,
    resource: healthCheckArn(at, HealthCheckId),
  });
}

function shown({ id, callerReference, config, version, discoveryServiceArn }: HealthCheckRecord): HealthCheck {
  const LinkedService = { ServicePrincipal: "servicediscovery.amazonaws.com", Description: discoveryServiceArn };
  return {
    ...{ Id: id, CallerReference: callerReference, HealthCheckConfig: config, HealthCheckVersion: version },
    ...(discoveryServiceArn === undefined ? {} : { LinkedService }),
  };
}

/** A check that its account changes itself. @throws NoSuchHealthCheck; AccessDenied for one of an instance of Cloud Map */
function requireOwnCheck(context: OperationContext, id: string | undefined): HealthCheckRecord {
  const check = requireHealthCheck(context, id);
  if (check.discoveryServiceArn === undefined) return check;
  throw managedByCloudMap(`healthcheck/${check.id}`, check.discoveryServiceArn);
}

export const createHealthCheck = operation("CreateHealthCheck", {
  authorize: onAny("CreateHealthCheck"),
  run({ CallerReference: callerReference = "", HealthCheckConfig: given }, context) {
    const { state, account, ids, now } = context;
    const config = settledConfig(given ?? { Type: undefined }, context);
    const own = state.table(healthChecks).by("account", account);
    const before = own.find((check) => check.callerReference === callerReference);
    // Asked again, in the same words, it is the same check.
    if (before && !isDeepStrictEqual(before.config, config))
      throw new HealthCheckAlreadyExists(because("The health check you're attempting to create already exists."));
    if (!before && own.length >= QUOTAS.MAX_HEALTH_CHECKS_BY_OWNER)
      throw new TooManyHealthChecks(
        because(
          `Limits Exceeded: MAX_HEALTH_CHECKS_BY_OWNER - Cannot create more than ${QUOTAS.MAX_HEALTH_CHECKS_BY_OWNER} health checks.`,
        ),
      );
    const check = before ?? { id: ids.uuid(), account, callerReference, config, version: 1, tags: [], createdAt: now };
    if (!before) state.commit(() => state.table(healthChecks).insert(check));
    return { HealthCheck: shown(check), Location: `https://route53.amazonaws.com/2013-04-01/healthcheck/${check.id}` };
  },
});

export const getHealthCheck = operation("GetHealthCheck", {
  authorize: onCheck("GetHealthCheck"),
  run: ({ HealthCheckId }, context) => ({ HealthCheck: shown(requireHealthCheck(context, HealthCheckId)) }),
});

export const updateHealthCheck = operation("UpdateHealthCheck", {
  authorize: onCheck("UpdateHealthCheck"),
  run({ HealthCheckId, HealthCheckVersion, ResetElements = [], ...changes }, context) {
    const check = requireOwnCheck(context, HealthCheckId);
    if (HealthCheckVersion !== undefined && HealthCheckVersion !== check.version)
      throw new HealthCheckVersionMismatch(
        because("The value of HealthCheckVersion in the request doesn't match the value of HealthCheckVersion in the health check."),
      );
    const config = settledConfig({ ...withoutElements(check.config, ResetElements), ...defined(changes) } as HealthCheckConfig, context);
    const changed = { ...check, config, version: check.version + 1 };
    context.state.commit(() => context.state.table(healthChecks).put(changed));
    return { HealthCheck: shown(changed) };
  },
});

export const deleteHealthCheck = operation("DeleteHealthCheck", {
  authorize: onCheck("DeleteHealthCheck"),
  run({ HealthCheckId }, context) {
    const { id } = requireOwnCheck(context, HealthCheckId);
    const { state } = context;
    if (state.table(healthChecks).count("child", id) > 0)
      throw new HealthCheckInUse(because(`The health check ${id} is in use as a child of a calculated health check.`));
    state.commit(() => state.table(healthChecks).delete(id));
    return {};
  },
});

export const listHealthChecks = operation("ListHealthChecks", {
  authorize: onAny("ListHealthChecks"),
  run({ Marker, MaxItems }, context) {
    const limit = pageLimit(MaxItems, 100);
    const all = ownChecks(context).toSorted((a, b) => compareKeys(a.id, b.id));
    const rest = all.filter(({ id }) => Marker === undefined || id >= Marker);
    const next = rest[limit];
    return {
      HealthChecks: rest.slice(0, limit).map(shown),
      Marker: Marker ?? "",
      IsTruncated: next !== undefined,
      MaxItems: limit as never,
      ...defined({ NextMarker: next?.id }),
    };
  },
});

export const getHealthCheckCount = operation("GetHealthCheckCount", {
  authorize: onAny("GetHealthCheckCount"),
  run: (_input, context) => ({ HealthCheckCount: ownChecks(context).length }),
});

function ownChecks({ state, account }: OperationContext): readonly HealthCheckRecord[] {
  return state.table(healthChecks).by("account", account);
}

/** Where this host stands for AWS's checkers: in the first of their regions. */
const CHECKER = { Region: "us-east-1", IPAddress: "127.0.0.1" } as const;

export const getHealthCheckStatus = operation("GetHealthCheckStatus", {
  authorize: onCheck("GetHealthCheckStatus"),
  run({ HealthCheckId }, context) {
    const check = requireHealthCheck(context, HealthCheckId);
    const status = context.state.table(healthStatuses).get(check.id);
    if (check.config.Type === "CALCULATED") return { HealthCheckObservations: [calculatedObservation(check, context)] };
    return { HealthCheckObservations: status ? [observation(status.text, status.checkedAt)] : [] };
  },
});

function calculatedObservation({ id }: HealthCheckRecord, { state, now }: OperationContext): HealthCheckObservation {
  return observation(
    isHealthy(state, id) ? "Success: enough child health checks are healthy" : "Failure: too few child health checks are healthy",
    now,
  );
}

export const getHealthCheckLastFailureReason = operation("GetHealthCheckLastFailureReason", {
  authorize: onCheck("GetHealthCheckLastFailureReason"),
  run({ HealthCheckId }, context) {
    const { id } = requireHealthCheck(context, HealthCheckId);
    const failure: HealthStatusRecord["lastFailure"] = context.state.table(healthStatuses).get(id)?.lastFailure;
    return { HealthCheckObservations: failure ? [observation(failure.text, failure.at)] : [] };
  },
});

function observation(text: string, at: number): HealthCheckObservation {
  return { ...CHECKER, StatusReport: { Status: text, CheckedTime: new Date(at) } };
}
