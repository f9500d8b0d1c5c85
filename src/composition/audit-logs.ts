import { join } from "node:path";
import { mergedLog } from "../audit/merged-log.ts";
import { filesystemAuditLog } from "../drivers/filesystem/audit-log.ts";
import { systemClock as clock } from "../drivers/system/clock.ts";
import type { AuditLog } from "../ports/audit-log.ts";
import type { AuditRetention, Start } from "./options.ts";

export interface AuditLogs {
  /** Requests of who proved to be somebody. */
  readonly known: AuditLog;
  readonly unproved: AuditLog;
  /** Both, to be read as one. */
  readonly all: AuditLog;
}

/** As long as CloudTrail's event history. */
const DEFAULT_AUDIT_RETENTION: AuditRetention = { days: 90, largestTotal: 1024 * 1024 * 1024 };

/** Bytes of the records of requests that nobody signed: a week of an attack that does not end. */
const STRANGERS_TOTAL = 32 * 1024 * 1024;

/** Who is known has a log, and who is not has one of its own size beside it. */
export function openAuditLogs({ options: { dataDirectory, audit }, logger, opened }: Start): AuditLogs {
  const directory = join(dataDirectory, "audit");
  const { days, largestTotal } = audit ?? DEFAULT_AUDIT_RETENTION;
  const failed = (cause: unknown, lost: number): void => logger.error("the audit log cannot be written", { cause: String(cause), lost });
  const unproved = { directory: join(directory, "strangers"), largestTotal: Math.min(largestTotal, STRANGERS_TOTAL) };
  const logs = {
    known: filesystemAuditLog({ directory, clock, days, largestTotal, failed }),
    unproved: filesystemAuditLog({ ...unproved, clock, days, failed }),
  };
  const all = mergedLog(logs.known, logs.unproved);
  opened.defer(() => all.close());
  return { ...logs, all };
}
