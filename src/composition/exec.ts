import { execSessions } from "../control/exec-sessions/exec-sessions.ts";
import { sessionLog } from "../control/exec-sessions/session-log.ts";
import { dockerContainerPrograms } from "../drivers/docker/container-programs.ts";
import { dockerEngine } from "../drivers/docker/engine.ts";
import { systemClock as clock } from "../drivers/system/clock.ts";
import { systemIds as ids } from "../drivers/system/ids.ts";
import type { ExecSessions } from "../ports/exec-sessions.ts";
import type { LogStore } from "../ports/log-store.ts";
import type { WholeState } from "../state/state.ts";
import type { Start } from "./options.ts";

/** Commands in containers: sessions of ECS Exec, on the engine of this host. */
export function openExec(
  { logger, opened }: Pick<Start, "logger" | "opened">,
  socketPath: string,
  { state, logs }: { readonly state: WholeState; readonly logs: LogStore },
): ExecSessions {
  const engine = dockerEngine({ socketPath, clock });
  opened.defer(() => engine.close());
  const programs = dockerContainerPrograms(engine);
  return opened.use(execSessions({ programs, clock, ids, logger, record: sessionLog({ state, logs, clock }) }));
}
