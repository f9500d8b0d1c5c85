import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { flowLine, statusLine, type FlowRecord, type RecordedInterface } from "../../decide/flow-logs/flow-records.ts";
import type { FlowInterval } from "../../domain/counted-flows.ts";
import { errorText } from "../../domain/error-text.ts";
import { parseFlowFormat } from "../../domain/flow-log-format.ts";
import { bucketAndFolder, flowLogObjectKey } from "../../domain/flow-log-object.ts";
import type { LogBuckets } from "../../ports/log-buckets.ts";
import type { LogEvent } from "../../ports/log-store.ts";
import { flowLogs, type FlowLogRecord } from "../../state/ec2-flow-logs.ts";
import { ensureLogGroup, ensureLogStream, logGroupKey, logGroups, logStreamKey, logStreams } from "../../state/logs.ts";
import type { WholeState } from "../../state/state.ts";
import type { Needs } from "../loop.ts";
import { deliveryRole, type MayDeliver } from "./delivery-role.ts";
import { flowLogsAbout } from "./recorded-interfaces.ts";

export type DeliveryParts = Needs<"ids" | "logs"> & { readonly logBuckets?: LogBuckets | undefined };

/** What an interval has for one flow log: the lines of each interface. */
interface Lines {
  readonly at: RecordedInterface;
  readonly lines: readonly string[];
}

const compress = promisify(gzip);

class AccessError extends Error {}

/**
 * Brings what an interval has to each flow log's destination. What was brought before is not brought again: a stream knows the last interval that it has, and an object has the same name.
 * What cannot be delivered is lost, as on AWS, and the flow log says why.
 */
export async function deliverInterval(
  parts: DeliveryParts,
  interval: FlowInterval,
  interfaces: readonly RecordedInterface[],
  records: readonly FlowRecord[],
): Promise<void> {
  const { state, logger } = parts;
  const byInterface = new Map<string, FlowRecord[]>();
  for (const record of records) {
    const own = byInterface.get(record.interfaceId);
    if (own) own.push(record);
    else byInterface.set(record.interfaceId, [record]);
  }
  const byLog = new Map<string, RecordedInterface[]>();
  for (const one of interfaces)
    for (const { id } of flowLogsAbout(state, one)) {
      const own = byLog.get(id);
      if (own) own.push(one);
      else byLog.set(id, [one]);
    }
  for (const log of state.table(flowLogs).values()) {
    const own = byLog.get(log.id) ?? [];
    let failure: FlowLogRecord["failure"];
    try {
      if (own.length > 0)
        await deliver(
          parts,
          log,
          interval,
          own.map((at) => ({ at, lines: linesOf(log, at, byInterface.get(at.id) ?? [], interval) })),
        );
      else checkAccess(parts, log);
    } catch (cause) {
      failure = cause instanceof AccessError ? "Access error" : "Unknown error";
      if (failure === "Unknown error") logger.error("a flow log could not be delivered", { flowLog: log.id, cause: errorText(cause) });
    }
    tellFailure(state, log.id, failure);
  }
}

/** Says of a flow log how its delivery goes, where that is news. */
export function tellFailure(state: WholeState, id: string, failure: FlowLogRecord["failure"]): void {
  const table = state.table(flowLogs);
  const found = table.get(id);
  if (!found || found.failure === failure) return;
  state.commit(() => table.update(id, ({ failure: _before, ...rest }) => ({ ...rest, ...(failure !== undefined && { failure }) })));
}

type AccessParts = Pick<DeliveryParts, "state" | "ids" | "clock">;

/** @throws AccessError where the flow log's role cannot deliver anything */
export function checkAccess(parts: AccessParts, log: FlowLogRecord): void {
  const { destination } = log;
  if (destination.kind === "cloud-watch-logs") rightsTo(parts, log, destination);
}

/** What the flow log's role may do. @throws AccessError as `checkAccess` */
function rightsTo(
  { state, ids, clock }: AccessParts,
  log: FlowLogRecord,
  { group, roleArn }: FlowLogRecord["destination"] & { readonly kind: "cloud-watch-logs" },
): MayDeliver {
  const may = deliveryRole({ state, ids, now: clock.now() }, log, roleArn);
  const isThere = state.table(logGroups).has(logGroupKey(log, group));
  if (!may || (!isThere && !may("logs:CreateLogGroup", `log-group:${group}:log-stream:`))) throw new AccessError();
  return may;
}

/** How a flow log's delivery would go now. */
export function accessFailure(parts: AccessParts, log: FlowLogRecord): FlowLogRecord["failure"] {
  try {
    checkAccess(parts, log);
    return undefined;
  } catch (cause) {
    if (cause instanceof AccessError) return "Access error";
    throw cause;
  }
}

function linesOf(log: FlowLogRecord, at: RecordedInterface, records: readonly FlowRecord[], interval: FlowInterval): readonly string[] {
  const format = parseFlowFormat(log.format);
  // It was looked at when it was taken.
  if ("unknown" in format) return [];
  const wanted = records.filter(({ action }) => log.trafficType === "ALL" || log.trafficType === action);
  const lines = wanted.map((record) => flowLine(format, record, at, interval));
  if (interval.full.has(at.account)) lines.push(statusLine(format, "SKIPDATA", at, interval));
  else if (lines.length === 0) lines.push(statusLine(format, "NODATA", at, interval));
  return lines;
}

async function deliver(parts: DeliveryParts, log: FlowLogRecord, interval: FlowInterval, all: readonly Lines[]): Promise<void> {
  if (log.destination.kind === "s3") return deliverObject(parts, log, log.destination, interval, all);
  const { state, clock, logs } = parts;
  const { group } = log.destination;
  const now = clock.now();
  const may = rightsTo(parts, log, log.destination);
  ensureLogGroup(state, { ...placeOf(log), group, stream: "" }, { createGroup: true, now });
  let isDenied = false;
  for (const { at, lines } of all) {
    const key = { ...placeOf(log), group, stream: `${at.id}-${log.trafficType.toLowerCase()}` };
    const resource = `log-group:${group}:log-stream:${key.stream}`;
    const isThere = state.table(logStreams).has(logStreamKey(log, group, key.stream));
    if (!may("logs:PutLogEvents", resource) || (!isThere && !may("logs:CreateLogStream", resource))) {
      isDenied = true;
      continue;
    }
    ensureLogStream(state, key, now);
    const position = logs.position(key);
    if (position !== undefined && Number(position) >= interval.startedAt) continue;
    const events = lines.map((message): LogEvent => ({ timestamp: startOf(interval), message }));
    await logs.append(key, events, now, String(interval.startedAt));
  }
  if (isDenied) throw new AccessError();
}

function placeOf({ account, region }: FlowLogRecord) {
  return { account, region };
}

/** The time of events is that of their interval's begin, in seconds as the records have it. */
function startOf({ startedAt }: FlowInterval): number {
  return Math.floor(startedAt / 1000) * 1000;
}

async function deliverObject(
  { logBuckets }: DeliveryParts,
  log: FlowLogRecord,
  { arn, hiveCompatible, perHour }: FlowLogRecord["destination"] & { readonly kind: "s3" },
  { startedAt, endedAt }: FlowInterval,
  all: readonly Lines[],
): Promise<void> {
  const place = bucketAndFolder(arn);
  if (!place || !logBuckets) throw new AccessError();
  const header = log.format.replaceAll(/\$\{([a-z-]+)\}/g, "$1");
  const bytes = await compress(`${[header, ...all.flatMap(({ lines }) => lines)].join("\n")}\n`);
  const unique = createHash("sha256").update(`${log.id} ${startedAt}`).digest("hex").slice(0, 8);
  const { account, region, id: flowLogId } = log;
  const named = { account, region, flowLogId, folder: place.folder, hiveCompatible, perHour, unique };
  try {
    await logBuckets.write(place.bucket, flowLogObjectKey({ ...named, endedAt: new Date(endedAt).toISOString() }), bytes);
  } catch (cause) {
    throw new AccessError("", { cause });
  }
}
