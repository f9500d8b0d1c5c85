import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../src/testing/airfield-process.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";

/** The version that figures are compared with, and that tests run against. */
const VERSION = "5.*";
/** What is installed: the server with all of its services, or one service alone, which takes a fraction of the time. */
const PACKAGES = {
  all: [`moto[server]==${VERSION}`],
  s3: [`moto[s3]==${VERSION}`, "flask!=2.2.0,!=2.2.1", "flask-cors"],
} as const;

/** A `moto_server` on a port of its own, installed from PyPI into a folder of this checkout, where it stays for the next time. */
export async function motoServer(services: keyof typeof PACKAGES = "all"): Promise<{ readonly url: string } & AsyncDisposable> {
  const folder = await installed(services);
  const port = await freePort();
  const child = spawn(join(folder, "bin", "moto_server"), ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: ["ignore", "ignore", "pipe"],
    // Without it the server has none of AWS's policies, which execution roles are given.
    env: { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: "true" },
  });
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
    },
  };
}

async function installed(services: keyof typeof PACKAGES): Promise<string> {
  const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "..", ".tmp", `moto-${services}`);
  const complete = join(folder, "complete");
  if (existsSync(complete)) return folder;
  await rm(folder, { recursive: true, force: true });
  await must("python3", ["-m", "venv", folder]);
  await must(join(folder, "bin", "python"), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES[services]]);
  await writeFile(complete, "");
  return folder;
}

async function must(command: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await runCommand(command, args, process.env);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${stderr}`);
}
