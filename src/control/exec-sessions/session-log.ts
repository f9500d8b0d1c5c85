import type { Clock } from "../../ports/clock.ts";
import type { SessionLog } from "../../ports/exec-sessions.ts";
import type { LogStore } from "../../ports/log-store.ts";
import { ensureLogStream, logGroupKey, logGroups } from "../../state/logs.ts";
import type { WholeState } from "../../state/state.ts";

/** Source: CloudWatch Logs API Reference, "PutLogEvents": bytes of an event. */
const LONGEST_LINE = 256 * 1024 - 26;

/** Keeps what a session showed as lines in a stream of its name. Where the group is not there, nothing is kept, as on AWS. */
export function sessionLog({ state, logs, clock }: { readonly state: WholeState; readonly logs: LogStore; readonly clock: Clock }) {
  return async (log: SessionLog, sessionId: string, shown: Uint8Array): Promise<void> => {
    if (!state.table(logGroups).has(logGroupKey(log, log.group))) return;
    const place = { ...log, stream: sessionId };
    const now = clock.now();
    state.record(() => ensureLogStream(state, place, now));
    const lines = Buffer.from(shown).toString().split(/\r?\n/);
    const events = lines.flatMap((line) => pieces(line).map((message) => ({ timestamp: now, message })));
    await logs.append(place, events, now);
  };
}

function pieces(line: string): readonly string[] {
  const found: string[] = [];
  // A character has at most three bytes in UTF-8, or four where it is two here.
  for (let at = 0; at < line.length; at += LONGEST_LINE / 4) found.push(line.slice(at, at + LONGEST_LINE / 4));
  return found;
}
