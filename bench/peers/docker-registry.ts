import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../src/testing/airfield-process.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";

const PACKAGE = "docker-registry";

export interface DockerRegistry extends AsyncDisposable {
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  readonly pid: number;
}

/**
 * Debian's `docker-registry` on a port and a folder of its own. Its settings are the package's, but for what slows it: it asks nobody who
 * he is, and writes no log.
 */
export async function dockerRegistry(): Promise<DockerRegistry> {
  const folder = await mkdtemp(join(tmpdir(), "airfield-docker-registry-"));
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const port = await freePort();
    const config = join(folder, "config.yml");
    await writeFile(config, configuration(join(folder, "data"), port));
    const child = spawn(await program(folder), ["serve", config], { stdio: "ignore" });
    const exited = once(child, "exit").then(([code]) => {
      throw new Error(`${PACKAGE} ended with ${String(code)} before it answered`);
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

function configuration(data: string, port: number): string {
  return JSON.stringify({
    version: 0.1,
    log: { level: "error", accesslog: { disabled: true } },
    storage: { cache: { blobdescriptor: "inmemory" }, filesystem: { rootdirectory: data }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}` },
  });
}

/** The machine's own, or the package's, unpacked into the folder: installing it would start a service that nobody asked for. */
async function program(folder: string): Promise<string> {
  const { code, stdout } = await runCommand("sh", ["-c", `command -v ${PACKAGE}`], process.env);
  if (code === 0) return stdout.trim();
  const script = `cd "$0" && apt-get download ${PACKAGE}`;
  const download = await runCommand("sh", ["-c", script, folder], process.env);
  const archive = (await readdir(folder)).find((name) => name.endsWith(".deb"));
  if (download.code !== 0 || !archive)
    throw new Error(`${PACKAGE} is neither installed nor to be had (on Debian, run \`apt-get update\`): ${download.stderr}`);
  const unpacked = await runCommand("dpkg-deb", ["-x", join(folder, archive), folder], process.env);
  if (unpacked.code !== 0) throw new Error(`${archive} cannot be unpacked: ${unpacked.stderr}`);
  return join(folder, "usr", "bin", PACKAGE);
}

/** It tells nobody when it listens: it is asked until it answers. */
async function answers(url: string): Promise<void> {
  while (true) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
