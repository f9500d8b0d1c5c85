import { decideHostPath, type HostGrants } from "../../domain/host-grants.ts";
import { containerReach } from "./container-reach.ts";
import type { HostReach } from "./definition.ts";
import { volumeReach } from "./volume-reach.ts";

/**
 * Why the tasks of a definition may not reach the host as it says, in a sentence that says who can allow it; `undefined` where they may, or do not.
 * The same is asked when a definition is registered, when a task is wanted, and when it is launched: a grant may have been taken back since.
 */
export function hostRefusal(definition: HostReach, account: string, grants: HostGrants): string | undefined {
  return pathRefusal(definition, account, grants) ?? privilegeRefusal(definition, account, grants);
}

function pathRefusal({ volumes = [] }: HostReach, account: string, grants: HostGrants): string | undefined {
  for (const volume of volumes) {
    const made = volumeReach(volume);
    if (made?.bind) return `Volume '${volume.name}' ${made.clause} by driverOpts. Use host.sourcePath for a path of the host.`;
    const path = volume.host?.sourcePath;
    if (!path) continue;
    const decided = decideHostPath(path, account, grants);
    if (!("refused" in decided)) continue;
    const subject = `Volume '${volume.name}' cannot mount the host path '${path}'`;
    switch (decided.refused) {
      case "malformed":
        return `${subject}: it must be an absolute path.`;
      case "never":
        return `${subject}: it is, holds, or lies in what no task may mount, Airfield's own data or the Docker engine's.`;
      case "not-granted": {
        const own =
          grants.ownFolders === undefined ? "" : ` Without that, folders directly in ${grants.ownFolders}/${account} can be mounted.`;
        return `${subject}: account ${account} has no right to it. The operator grants paths with AIRFIELD_HOST_PATHS=${account}=<folder>.${own}`;
      }
    }
  }
  return undefined;
}

function privilegeRefusal(definition: HostReach, account: string, grants: HostGrants): string | undefined {
  if (grants.privilegedAccounts.includes(account)) return undefined;
  const clause = privilegeClause(definition);
  return clause === undefined
    ? undefined
    : `${clause}, which reaches the host: account ${account} has no right to it. The operator grants it with AIRFIELD_PRIVILEGED_ACCOUNTS=${account}.`;
}

function privilegeClause(definition: HostReach): string | undefined {
  const { containerDefinitions = [], volumes = [] } = definition;
  for (const mode of ["networkMode", "pidMode", "ipcMode"] as const) if (definition[mode] === "host") return `The task has ${mode} host`;
  for (const volume of volumes) {
    const made = volumeReach(volume);
    if (made) return `Volume '${volume.name}' ${made.clause}`;
  }
  for (const container of containerDefinitions) {
    const [first] = containerReach(container, definition);
    if (first !== undefined) return `Container '${container.name}' ${first}`;
  }
  return undefined;
}
