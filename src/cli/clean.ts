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
  await removeLeftovers({ dataDirectory, dockerSocket: engineSocket(flags.dockerSocket) });
  console.log(`removed the containers, networks, volumes, the proxy and the packet filter of ${dataDirectory}; its records are kept`);
}
