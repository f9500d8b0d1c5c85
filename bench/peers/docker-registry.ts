import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { debianProgram } from "./debian-program.ts";
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
    return [await debianProgram(PACKAGE, `usr/bin/${PACKAGE}`, folder), "serve", config];
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
