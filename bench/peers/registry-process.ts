import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../src/testing/airfield-process.ts";

export interface RegistryProcess extends AsyncDisposable {
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  readonly pid: number;
}

/**
 * Another registry on a port and a folder of its own, which goes with it.
 * @param command makes what is run, with its arguments; it may put files into the folder
 */
export async function registryProcess(
  name: string,
  command: (at: { readonly folder: string; readonly port: number }) => Promise<readonly string[]>,
): Promise<RegistryProcess> {
  const folder = await mkdtemp(join(tmpdir(), `airfield-${name}-`));
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const port = await freePort();
    const [program = "", ...args] = await command({ folder, port });
    const child = spawn(program, args, { stdio: "ignore" });
    const exited = once(child, "exit").then(([code]) => {
      throw new Error(`${name} ended with ${String(code)} before it answered`);
    });
    await Promise.race([answers(`http://127.0.0.1:${port}/v2/`), exited]);
    exited.catch(() => undefined);
    return {
      host: `127.0.0.1:${port}`,
      pid: child.pid ?? 0,
      async [Symbol.asyncDispose]() {
        const gone = once(child, "exit");
        child.kill("SIGKILL");
        await gone;
        await removeFolder();
      },
    };
  } catch (cause) {
    await removeFolder();
    throw cause;
  }
}

/** It tells nobody when it listens: it is asked until it answers. */
async function answers(url: string): Promise<void> {
  while (true) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
