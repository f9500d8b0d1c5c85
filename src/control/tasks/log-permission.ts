import type { LaunchType } from "../../domain/launch-type.ts";
import { arn } from "../../domain/arn.ts";
import { isRegion } from "../../domain/scope.ts";
import type { LogPlace } from "../../ports/task-runner.ts";
import { logGroupKey, logGroups, logStreamKey, logStreams } from "../../state/logs.ts";
import type { WholeState } from "../../state/state.ts";
import type { Ask } from "./execution.ts";

/**
 * Asks for what the awslogs driver does before a container starts: it makes the stream, and the group first where that is missing and may
 * be made. A failure is the task's stopped reason.
 */
export function logStreamDenial(
  state: WholeState,
  ask: Ask,
  log: LogPlace,
  createGroup: boolean,
  launchType: LaunchType,
): string | undefined {
  const unnamed = misnamed(log);
  if (unnamed !== undefined) return failure("stream", unnamed, launchType);
  const group = `log-group:${log.group}:log-stream:`;
  if (state.table(logStreams).has(logStreamKey(log, log.group, log.stream))) return undefined;
  const noStream = ask("logs:CreateLogStream", arn("logs", log, `${group}${log.stream}`));
  if (noStream !== undefined) return failure("stream", `AccessDeniedException: ${noStream}`, launchType);
  if (!createGroup || state.table(logGroups).has(logGroupKey(log, log.group))) return undefined;
  const noGroup = ask("logs:CreateLogGroup", arn("logs", log, group));
  return noGroup === undefined ? undefined : failure("group", `AccessDeniedException: ${noGroup}`, launchType);
}

const NAMES = { logGroupName: /^[.\-_/#A-Za-z0-9]{1,512}$/, logStreamName: /^[^:*]{1,512}$/ } as const;

/**
 * Where a definition names nothing that CloudWatch Logs could have. Such a name might be put together to that of a group which policies were not asked
 * about: `us-east-1/` and `a` to `/a` in `us-east-1`.
 */
function misnamed({ region, group, stream }: LogPlace): string | undefined {
  if (!isRegion(region)) return `RequestError: send request failed caused by: dial tcp: lookup logs.${region}.amazonaws.com: no such host`;
  const wrong = NAMES.logGroupName.test(group) ? (NAMES.logStreamName.test(stream) ? undefined : "logStreamName") : "logGroupName";
  if (wrong === undefined) return undefined;
  const pattern = NAMES[wrong].source.replace(/^\^|\{1,512\}\$$/g, "");
  return `InvalidParameterException: 1 validation error detected: Value at '${wrong}' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern}`;
}

/** Whether lines may be written. Where not, AWS runs the task all the same, and the lines are lost. */
export function mayWriteLogs(ask: Ask, log: LogPlace): boolean {
  return ask("logs:PutLogEvents", arn("logs", log, `log-group:${log.group}:log-stream:${log.stream}`)) === undefined;
}

/** Fargate's agent checks a logger's arguments itself; on instances Docker reports what its driver met. */
function failure(what: "stream" | "group", why: string, launchType: LaunchType): string {
  const said = `failed to create Cloudwatch log ${what}: ${why}`;
  return launchType === "FARGATE"
    ? `ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: ${said} : exit status 1`
    : `CannotStartContainerError: Error response from daemon: failed to initialize logging driver: ${said}`;
}
