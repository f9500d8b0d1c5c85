import {
  InvalidParameterException,
  LogGroupClass,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  type LogGroup,
} from "@aws-sdk/client-cloudwatch-logs";
import { claimsToBeArn, parseArn } from "../../domain/arn.ts";
import { type Scope, scopeKey } from "../../domain/scope.ts";
import { logGroupArn, logGroupKey, logGroups, logStreams, newLogGroup, type LogGroupRecord } from "../../state/logs.ts";
import { brokenConstraints, lengthWithin, matches, oneOf, within, type Violation } from "../constraints.ts";
import { because, operationsOf, requestTags, type OperationContext, type Permission, type RequestScope } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { compareKeys, paginate } from "../pagination.ts";
import { requireLogGroupKey } from "./log-group-key.ts";

export const operation = operationsOf<typeof import("@aws-sdk/client-cloudwatch-logs")>();

/** Source: CloudWatch Logs API, PutRetentionPolicy. */
const RETENTIONS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

export const onLogGroup =
  (action: string) =>
  ({ logGroupName }: { logGroupName?: string | undefined }, at: RequestScope): Permission => ({
    action: `logs:${action}`,
    resource: groupResource(at, logGroupName ?? "*"),
  });

/**
 * What permissions for a group are asked on: its ARN as that of a stream without a name. Policies therefore need the `:*` at the end of a
 * group's ARN; only those for tagging by ARN do without. Source: CloudWatch Logs User Guide, "Resources and operations"; AWS's refusals.
 */
export function groupResource(at: RequestScope, name: string): string {
  return `${logGroupArn(at, name)}:log-stream:`;
}

export function refuse(...violations: readonly Violation[]): void {
  const broken = brokenConstraints(...violations);
  if (broken) throw new InvalidParameterException(because(broken));
}

export function groupNameRules(name: string | undefined, member = "logGroupName"): readonly Violation[] {
  return [lengthWithin(member, name, 1, 512), matches(member, name, /^[.\-_/#A-Za-z0-9]+$/, "[\\.\\-_/#A-Za-z0-9]+")];
}

/** @throws ResourceNotFoundException */
export function requireGroup({ state, account, region }: OperationContext, name: string): LogGroupRecord {
  const group = state.table(logGroups).get(logGroupKey({ account, region }, name));
  if (!group) throw new ResourceNotFoundException(because("The specified log group does not exist."));
  return group;
}

/** The name in the ARN of a group of this account and region, with or without `:*`, or the name itself; `undefined` for any other ARN. */
export function groupNameOf(at: Scope, identifier: string): string | undefined {
  if (!claimsToBeArn(identifier)) return identifier;
  const arn = parseArn(identifier);
  if (arn?.service !== "logs" || arn.account !== at.account || arn.region !== at.region) return undefined;
  return /^log-group:([^:]+)(?::\*)?$/.exec(arn.resource)?.[1];
}

/** Such a name for a decision; an ARN of something else stands for itself, and means nothing when it is used. */
export function groupInDecision(at: Scope, { logGroupName, logGroupIdentifier = "*" }: NamesGroup): string {
  return logGroupName ?? groupNameOf(at, logGroupIdentifier) ?? logGroupIdentifier;
}

export interface NamesGroup {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
}

/** The group that a request names by `logGroupName` or by `logGroupIdentifier`. */
export function namedGroup(at: Scope, input: NamesGroup): string {
  const { logGroupName, logGroupIdentifier } = input;
  if ((logGroupName === undefined) === (logGroupIdentifier === undefined))
    throw new InvalidParameterException(because("Exactly one of logGroupName or logGroupIdentifier must be specified."));
  refuse(...groupNameRules(logGroupName), matches("logGroupIdentifier", logGroupIdentifier, /^[\w#+=/:,.@-]*$/, "[\\w#+=/:,.@-]*"));
  const name = logGroupName ?? groupNameOf(at, logGroupIdentifier ?? "");
  if (name === undefined) throw new ResourceNotFoundException(because("The specified log group does not exist."));
  return name;
}

export const createLogGroup = operation("CreateLogGroup", {
  authorize({ logGroupName = "*", tags = {} }, at): readonly Permission[] {
    const context = requestTags(tags);
    const tagging = { action: "logs:TagResource", resource: logGroupArn(at, logGroupName), context };
    const creating = { ...onLogGroup("CreateLogGroup")({ logGroupName }, at), context };
    return Object.keys(tags).length === 0 ? [creating] : [creating, tagging];
  },
  run(input, context) {
    const { state, account, region, now } = context;
    const name = input.logGroupName ?? "";
    refuse(...groupNameRules(name), oneOf("logGroupClass", input.logGroupClass, Object.values(LogGroupClass)));
    if (state.table(logGroups).has(logGroupKey({ account, region }, name)))
      throw new ResourceAlreadyExistsException(because("The specified log group already exists"));
    const kmsKeyId = input.kmsKeyId === undefined ? undefined : requireLogGroupKey(context, name, input.kmsKeyId);
    state.commit(() =>
      state.table(logGroups).put({
        ...newLogGroup({ account, region }, name, now),
        ...defined({ kmsKeyId, logGroupClass: input.logGroupClass }),
        tags: input.tags ?? {},
      }),
    );
    return {};
  },
});

export const deleteLogGroup = operation("DeleteLogGroup", {
  authorize: onLogGroup("DeleteLogGroup"),
  async run(input, context) {
    refuse(...groupNameRules(input.logGroupName));
    const { state, logs } = context;
    const group = requireGroup(context, input.logGroupName ?? "");
    const events = { account: group.account, region: group.region, group: group.name };
    // Events first: a crash between leaves an empty group that was not reported as deleted, rather than events of none.
    await logs.remove(events);
    state.commit(() => {
      const key = logGroupKey(group, group.name);
      for (const stream of state.table(logStreams).by("group", key)) state.table(logStreams).delete(logStreams.key(stream));
      state.table(logGroups).delete(key);
    });
    // What a container wrote while the first removal was under way.
    await logs.remove(events);
    return {};
  },
});

export const describeLogGroups = operation("DescribeLogGroups", {
  authorize: (_input, at) => ({ action: "logs:DescribeLogGroups", resource: groupResource(at, "") }),
  run(input, context) {
    const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern, logGroupIdentifiers } = input;
    refuse(...groupNameRules(prefix, "logGroupNamePrefix"), within("limit", input.limit, 1, 50));
    if (prefix !== undefined && pattern !== undefined)
      throw new InvalidParameterException(because("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
    const { state, account, region, secrets } = context;
    const wanted = logGroupIdentifiers && new Set(logGroupIdentifiers.map((identifier) => groupNameOf(context, identifier)));
    const found = state
      .table(logGroups)
      .by("scope", scopeKey({ account, region }))
      .filter(({ name }) => name.startsWith(prefix ?? "") && name.toLowerCase().includes((pattern ?? "").toLowerCase()))
      .filter((group) => !input.logGroupClass || group.logGroupClass === input.logGroupClass)
      .filter(({ name }) => !wanted || wanted.has(name))
      .sort((a, b) => compareKeys(a.name, b.name));
    const page = paginate(found, (group) => group.name, { token: input.nextToken, limit: input.limit ?? 50 }, secrets);
    if (!page) throw new InvalidParameterException(because("The specified nextToken is invalid."));
    return { logGroups: page.items.map((group) => shown(group, context)), ...defined({ nextToken: page.nextToken }) };
  },
});

function shown(group: LogGroupRecord, { logs }: OperationContext): LogGroup {
  const { name, account, region } = group;
  const arn = logGroupArn(group, name);
  return {
    logGroupName: name,
    creationTime: group.createdAt,
    ...defined({ retentionInDays: group.retentionInDays, kmsKeyId: group.kmsKeyId }),
    metricFilterCount: 0,
    arn: `${arn}:*`,
    storedBytes: logs.storedBytes({ account, region, group: name }),
    logGroupClass: group.logGroupClass,
    logGroupArn: arn,
  };
}

export const putRetentionPolicy = operation("PutRetentionPolicy", {
  authorize: onLogGroup("PutRetentionPolicy"),
  run({ logGroupName, retentionInDays = 0 }, context) {
    refuse(...groupNameRules(logGroupName), oneOf("retentionInDays", retentionInDays, RETENTIONS));
    const group = requireGroup(context, logGroupName ?? "");
    context.state.commit(() => context.state.table(logGroups).put({ ...group, retentionInDays }));
    return {};
  },
});

export const deleteRetentionPolicy = operation("DeleteRetentionPolicy", {
  authorize: onLogGroup("DeleteRetentionPolicy"),
  run({ logGroupName }, context) {
    refuse(...groupNameRules(logGroupName));
    const { retentionInDays: _gone, ...group } = requireGroup(context, logGroupName ?? "");
    context.state.commit(() => context.state.table(logGroups).put(group));
    return {};
  },
});
