import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../src/testing/airfield-process.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";

/** The version that figures are compared with. */
const MOTO = "moto[server]==5.*";

/** A `moto_server` on a port of its own, installed from PyPI into a folder of its own where the machine has none. */
export async function motoServer(): Promise<{ readonly url: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "airfield-moto-"));
  const python = join(folder, "bin", "python");
  await must("python3", ["-m", "venv", folder]);
  await must(python, ["-m", "pip", "install", "--quiet", MOTO]);
  const port = await freePort();
  const child = spawn(join(folder, "bin", "moto_server"), ["-H", "127.0.0.1", "-p", String(port)], { stdio: ["ignore", "ignore", "pipe"] });
  // It tells on its standard error that it runs, and later every request: that is read away.
  await new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (text: Buffer) => {
      if (text.includes("Running on")) resolve();
    });
    child.once("exit", (code) => reject(new Error(`moto_server ended with ${String(code)}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function must(command: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await runCommand(command, args, process.env);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${stderr}`);
}
