import { realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { normalPath, type HostGrants } from "../domain/host-grants.ts";
import { engineDataRoot } from "../drivers/docker/engine-info.ts";
import type { AirfieldOptions } from "./options.ts";
import { proxyPlaces } from "./proxy.ts";

/** What of the host tasks may reach, and what they never may: our own data and keys, and the engine's, under the names that we know for them. */
export async function hostGrants(
  { dataDirectory, dockerSocket, hostRights, tls }: AirfieldOptions,
  installation: string,
): Promise<HostGrants> {
  const { paths = [], volumes = [], privilegedAccounts = [] } = hostRights ?? {};
  const own = await realpath(dataDirectory);
  const keys = [process.env["AIRFIELD_ROOT_KEY_FILE"] ?? "", tls && "keyFile" in tls ? tls.keyFile : ""].map(
    (file) => file && resolve(file),
  );
  const engine = [dockerSocket, ...ENGINE_SOCKETS, await engineDataRoot({ socketPath: dockerSocket })];
  const never = [dataDirectory, own, ...Object.values(proxyPlaces(dataDirectory, installation)), ...keys, ...engine];
  return {
    paths,
    volumes,
    privilegedAccounts,
    ownFolders: join(own, "host-volumes"),
    never: never.flatMap((path) => normalPath(path) ?? []),
  };
}

/** Where engines listen as a rule, whichever of them we talk to. */
const ENGINE_SOCKETS = ["/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock"];
