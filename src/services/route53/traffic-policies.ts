import {
  InvalidTrafficPolicyDocument,
  NoSuchTrafficPolicy,
  TooManyTrafficPolicies,
  TooManyTrafficPolicyVersionsForCurrentPolicy,
  TrafficPolicyAlreadyExists,
  TrafficPolicyInUse,
  type TrafficPolicy as ShownPolicy,
} from "@aws-sdk/client-route-53";
import { readPolicy } from "../../decide/traffic-policy/read-policy.ts";
import type { TrafficPolicy } from "../../decide/traffic-policy/policy.ts";
import { defined } from "../../domain/defined.ts";
import {
  trafficPolicies,
  trafficPolicyInstances,
  trafficPolicyVersionKey,
  trafficPolicyVersions,
  type TrafficPolicyRecord,
  type TrafficPolicyVersionRecord,
} from "../../state/traffic-policies.ts";
import { because, type AuthorizeScope, type OperationContext, type Permission } from "../operation.ts";
import { QUOTAS } from "./quotas.ts";
import { invalidInput, onAny, operation, trafficPolicyArn } from "./route53-operation.ts";

export function onPolicy(action: string) {
  return (
    { Id, TrafficPolicyId }: { readonly Id?: string | undefined; readonly TrafficPolicyId?: string | undefined },
    at: AuthorizeScope,
  ): Permission => ({ action: `route53:${action}`, resource: trafficPolicyArn(at, Id ?? TrafficPolicyId) });
}

/** A policy of the caller's account. @throws NoSuchTrafficPolicy */
export function requirePolicy({ state }: Pick<OperationContext, "state">, id = ""): TrafficPolicyRecord {
  const policy = state.table(trafficPolicies).get(id);
  if (!policy) throw noSuchPolicy(id);
  return policy;
}

/** @throws NoSuchTrafficPolicy */
export function requireVersion(
  context: Pick<OperationContext, "state">,
  id = "",
  version = 0,
): { readonly policy: TrafficPolicyRecord; readonly version: TrafficPolicyVersionRecord } {
  const policy = requirePolicy(context, id);
  const found = context.state.table(trafficPolicyVersions).get(trafficPolicyVersionKey(id, version));
  if (!found) throw noSuchPolicy(`${id}, version ${version}`);
  return { policy, version: found };
}

function noSuchPolicy(what: string): NoSuchTrafficPolicy {
  return new NoSuchTrafficPolicy(because(`No traffic policy exists with the specified ID: ${what}`));
}

/** @throws InvalidTrafficPolicyDocument with all that is wrong */
export function readDocument(document: string): TrafficPolicy {
  const read = readPolicy(document);
  if ("problems" in read)
    throw new InvalidTrafficPolicyDocument(because(`The format of the traffic policy document is invalid: ${read.problems.join(" ")}`));
  return read.policy;
}

export function shownPolicy(
  { id, name, type }: TrafficPolicyRecord,
  { version, document, comment }: TrafficPolicyVersionRecord,
): ShownPolicy {
  return { Id: id, Version: version, Name: name, Type: type, Document: document, ...defined({ Comment: comment }) };
}

function location({ policyId, version }: TrafficPolicyVersionRecord): string {
  return `https://route53.amazonaws.com/2013-04-01/trafficpolicy/${policyId}/${version}`;
}

export const createTrafficPolicy = operation("CreateTrafficPolicy", {
  authorize: onAny("CreateTrafficPolicy"),
  run({ Name: name = "", Document: document = "", Comment: comment }, { state, account, ids, now }) {
    const { recordType: type } = readDocument(document);
    if (name === "") throw invalidInput("Invalid request: Missing field 'Name'");
    const own = state.table(trafficPolicies).by("account", account);
    if (own.some((one) => one.name === name))
      throw new TrafficPolicyAlreadyExists(because(`A traffic policy that has the same value for Name already exists: ${name}`));
    if (own.length >= QUOTAS.MAX_TRAFFIC_POLICIES_BY_OWNER)
      throw new TooManyTrafficPolicies(
        because(
          `Limits Exceeded: MAX_TRAFFIC_POLICIES_BY_OWNER - Cannot create more than ${QUOTAS.MAX_TRAFFIC_POLICIES_BY_OWNER} traffic policies.`,
        ),
      );
    const policy: TrafficPolicyRecord = { id: ids.uuid(), account, name, type, lastVersion: 1, createdAt: now };
    const version: TrafficPolicyVersionRecord = { policyId: policy.id, account, version: 1, document, ...defined({ comment }) };
    state.commit(() => {
      state.table(trafficPolicies).insert(policy);
      state.table(trafficPolicyVersions).insert(version);
    });
    return { TrafficPolicy: shownPolicy(policy, version), Location: location(version) };
  },
});

export const createTrafficPolicyVersion = operation("CreateTrafficPolicyVersion", {
  authorize: onPolicy("CreateTrafficPolicyVersion"),
  run({ Id, Document: document = "", Comment: comment }, context) {
    const { state, account } = context;
    const before = requirePolicy(context, Id);
    const { recordType } = readDocument(document);
    if (recordType !== before.type)
      throw new InvalidTrafficPolicyDocument(
        because(`The RecordType ${recordType} is not that of the traffic policy, whose versions are all of type ${before.type}.`),
      );
    if (before.lastVersion >= QUOTAS.VERSIONS_BY_TRAFFIC_POLICY)
      throw new TooManyTrafficPolicyVersionsForCurrentPolicy(
        because(`This traffic policy has ${QUOTAS.VERSIONS_BY_TRAFFIC_POLICY} versions, which is the limit: create a new traffic policy.`),
      );
    const policy = { ...before, lastVersion: before.lastVersion + 1 };
    const version: TrafficPolicyVersionRecord = {
      ...{ policyId: policy.id, account, version: policy.lastVersion, document },
      ...defined({ comment }),
    };
    state.commit(() => {
      state.table(trafficPolicies).put(policy);
      state.table(trafficPolicyVersions).insert(version);
    });
    return { TrafficPolicy: shownPolicy(policy, version), Location: location(version) };
  },
});

export const getTrafficPolicy = operation("GetTrafficPolicy", {
  authorize: onPolicy("GetTrafficPolicy"),
  run({ Id, Version }, context) {
    const { policy, version } = requireVersion(context, Id, Number(Version));
    return { TrafficPolicy: shownPolicy(policy, version) };
  },
});

export const updateTrafficPolicyComment = operation("UpdateTrafficPolicyComment", {
  authorize: onPolicy("UpdateTrafficPolicyComment"),
  run({ Id, Version, Comment }, context) {
    const { policy, version } = requireVersion(context, Id, Number(Version));
    const { comment: _before, ...rest } = version;
    const updated = { ...rest, ...defined({ comment: Comment }) };
    context.state.commit(() => context.state.table(trafficPolicyVersions).put(updated));
    return { TrafficPolicy: shownPolicy(policy, updated) };
  },
});

/** A policy goes with its last version. */
export const deleteTrafficPolicy = operation("DeleteTrafficPolicy", {
  authorize: onPolicy("DeleteTrafficPolicy"),
  run({ Id, Version }, context) {
    const { state } = context;
    const { policy, version } = requireVersion(context, Id, Number(Version));
    const key = trafficPolicyVersionKey(policy.id, version.version);
    if (state.table(trafficPolicyInstances).by("policyVersion", key).length > 0)
      throw new TrafficPolicyInUse(
        because("One or more traffic policy instances were created by using the specified traffic policy: delete them first."),
      );
    state.commit(() => {
      state.table(trafficPolicyVersions).delete(key);
      if (state.table(trafficPolicyVersions).by("policy", policy.id).length === 0) state.table(trafficPolicies).delete(policy.id);
    });
    return {};
  },
});
