import { engineSocket } from "../../bin/setup/engine-socket.js";
import { CliError } from "./cli-error.ts";
import { runningServer } from "./running-server.ts";
import { dataSetting } from "./settings.ts";

/** `airfield clean`: removes from the engine what an Airfield that does not run has left there, and ends its proxy. */
export async function clean(flags: { readonly data?: string; readonly dockerSocket?: string }): Promise<void> {
  const dataDirectory = dataSetting(flags.data);
  const running = runningServer(dataDirectory);
  if (running)
    throw new CliError(
      `Airfield runs as process ${running.pid} at ${running.url}`,
      "Stop it first; `airfield start --stop-tasks` stops its tasks too.",
    );
  const { removeLeftovers } = await import("../composition/leftovers.ts");
  const kept = await removeLeftovers({ dataDirectory, dockerSocket: engineSocket(flags.dockerSocket) });
  console.log(`removed the containers, networks, volumes, the proxy and the packet filter of ${dataDirectory}; its records are kept`);
  if (kept.length > 0) console.error(engineKeeps(kept));
}

/** What to do where the engine does not let go of a network on which nobody is. */
export function engineKeeps(networks: readonly string[]): string {
  return `The engine keeps ${networks.join(", ")}: it counts containers there that are gone. Restart it, and run \`airfield clean\` again.`;
}
