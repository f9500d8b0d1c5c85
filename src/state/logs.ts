import type { LogGroupClass } from "@aws-sdk/client-cloudwatch-logs";
import { arn } from "../domain/arn.ts";
import { keyInScope, type Scope, scopeKey } from "../domain/scope.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

// Times are milliseconds since the Unix epoch. The events themselves are in the log store.

export interface LogGroupRecord {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** Events are kept for ever where absent. */
  readonly retentionInDays?: number;
  readonly logGroupClass: LogGroupClass;
  readonly kmsKeyId?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
}

/** Group names have no colon, so that it may divide. */
export function logGroupKey(scope: Scope, group: string): string {
  return keyInScope(scope, group);
}

export const logGroups = defineTable<LogGroupRecord>()("logs.groups", (group) => logGroupKey(group, group.name), ofAccount, {
  scope: scopeKey,
});

export interface LogStreamRecord {
  readonly name: string;
  readonly group: string;
  readonly account: string;
  readonly region: string;
  readonly createdAt: number;
}

export function logStreamKey(scope: Scope, group: string, stream: string): string {
  return `${logGroupKey(scope, group)}:${stream}`;
}

export const logStreams = defineTable<LogStreamRecord>()(
  "logs.streams",
  (stream) => logStreamKey(stream, stream.group, stream.name),
  ofAccount,
  {
    group: (stream) => logGroupKey(stream, stream.group),
  },
);

/** Without the `:*` that some of AWS's answers append. */
export function logGroupArn(scope: Scope, group: string): string {
  return arn("logs", scope, `log-group:${group}`);
}

export function newLogGroup(scope: Scope, name: string, now: number): LogGroupRecord {
  return { name, account: scope.account, region: scope.region, logGroupClass: "STANDARD", tags: {}, createdAt: now };
}

/** Where the output of one container goes. */
type LogPlace = Scope & { readonly group: string; readonly stream: string };

/**
 * Makes sure that the group of a container's output exists, as the awslogs driver does before the container starts.
 * @returns what keeps the task from starting, in AWS's words; nothing where all is well
 */
export function ensureLogGroup(
  state: State,
  log: LogPlace,
  { createGroup, now }: { readonly createGroup: boolean; readonly now: number },
): { readonly failure: string } | undefined {
  if (state.table(logGroups).has(logGroupKey(log, log.group))) return undefined;
  if (!createGroup)
    return {
      failure:
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: " +
        "ResourceNotFoundException: The specified log group does not exist. : exit status 1",
    };
  state.commit(() => state.table(logGroups).put(newLogGroup(log, log.group, now)));
  return undefined;
}

/** Makes the stream of a container's output where it is missing. A group that somebody deleted meanwhile gets none. */
export function ensureLogStream(state: State, log: LogPlace, now: number): void {
  const { account, region, group, stream } = log;
  const streams = state.table(logStreams);
  if (!state.table(logGroups).has(logGroupKey(log, group)) || streams.has(logStreamKey(log, group, stream))) return;
  state.commit(() => streams.put({ name: stream, group, account, region, createdAt: now }));
}
