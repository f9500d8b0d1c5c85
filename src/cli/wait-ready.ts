import { setTimeout } from "node:timers/promises";
import { CliError } from "./cli-error.ts";
import { runningServer } from "./running-server.ts";
import { dataSetting } from "./settings.ts";

const DEFAULT_TIMEOUT = 60;
/** Milliseconds between looks. The folder may not be there yet, and may be on a volume whose changes nobody is told of: there is no event for it. */
const BETWEEN_LOOKS = 100;

export interface WaitReadyFlags {
  readonly data?: string;
  readonly timeout?: string;
}

/** `airfield wait-ready`: for scripts that started a server and go on when it accepts requests. @throws CliError where it does not in time */
export async function waitReady(flags: WaitReadyFlags): Promise<void> {
  const dataDirectory = dataSetting(flags.data);
  const seconds = timeoutSetting(flags.timeout);
  // A server leaves its record when it accepts requests, and takes it away before it stops.
  for (let waited = 0; waited <= seconds * 1000; waited += BETWEEN_LOOKS) {
    const server = runningServer(dataDirectory);
    if (server) {
      console.log(`airfield ready at ${server.url}`);
      return;
    }
    await setTimeout(BETWEEN_LOOKS);
  }
  throw new CliError(
    `no server was ready on ${dataDirectory} in ${seconds} seconds`,
    "Look at what `airfield start` printed; name its data folder with --data or AIRFIELD_DATA.",
  );
}

function timeoutSetting(flag: string | undefined): number {
  const seconds = flag === undefined ? DEFAULT_TIMEOUT : Number(flag);
  if (Number.isFinite(seconds) && seconds >= 0 && flag?.trim() !== "") return seconds;
  throw new CliError(`${JSON.stringify(flag)} is no number of seconds`, "Give --timeout a number, such as 60.");
}
