import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Strangers at a server's door, until disposed: in a process of their own, so that they do not wait for whoever measures. */
export async function strangersAt(url: string): Promise<AsyncDisposable> {
  const crowd = spawn(process.execPath, ["--import", "tsx", fileURLToPath(new URL("crowd.ts", import.meta.url)), url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(crowd.stdout, "data");
  return {
    async [Symbol.asyncDispose]() {
      if (crowd.exitCode !== null) throw new Error("the strangers had gone before they were told to");
      const gone = once(crowd, "exit");
      crowd.kill();
      await gone;
    },
  };
}
