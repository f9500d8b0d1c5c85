import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { registryProcess, type RegistryProcess } from "./registry-process.ts";

const PACKAGE = "docker-registry";

/**
 * Debian's `docker-registry`. Its settings are the package's, but for what slows it: it asks nobody who
 * he is, and writes no log.
 */
export function dockerRegistry(): Promise<RegistryProcess> {
  return registryProcess(PACKAGE, async ({ folder, port }) => {
    const config = join(folder, "config.yml");
    await writeFile(config, configuration(join(folder, "data"), port));
    return [await program(folder), "serve", config];
  });
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
