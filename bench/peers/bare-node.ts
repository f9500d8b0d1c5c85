import { fileURLToPath } from "node:url";
import { registryProcess, type RegistryProcess } from "./registry-process.ts";

const PROGRAM = fileURLToPath(new URL("../registry/bare-server.ts", import.meta.url));

/** What a single thread of Node reaches with the same requests where it does nothing else: `plain` with files as they come, `sealed` with what we promise of bytes. */
export function bareNode(mode: "plain" | "sealed"): Promise<RegistryProcess> {
  return registryProcess(`bare-${mode}`, ({ folder, port }) =>
    Promise.resolve([process.execPath, "--import", "tsx", PROGRAM, folder, String(port), mode]),
  );
}
