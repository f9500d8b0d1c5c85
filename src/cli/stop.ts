import { setTimeout } from "node:timers/promises";
import { CliError } from "./cli-error.ts";
import { runningServer, isAlive } from "./running-server.ts";
import { dataSetting } from "./settings.ts";

/** Milliseconds between looks: no event tells of the end of a process that is not one's own child. */
const BETWEEN_LOOKS = 50;

/**
 * `airfield stop`: ends a server that was started by something which passes no signals on, such as npx in a script.
 * @throws CliError where none works on the folder
 */
export async function stop(flags: { readonly data?: string }): Promise<void> {
  const dataDirectory = dataSetting(flags.data);
  const server = runningServer(dataDirectory);
  if (!server) throw new CliError(`no server works on ${dataDirectory}`, "Name its data folder with --data or AIRFIELD_DATA.");
  process.kill(server.pid, "SIGTERM");
  while (isAlive(server)) await setTimeout(BETWEEN_LOOKS);
}
