import type { Clock } from "../../ports/clock.ts";
import { systemClock } from "../system/clock.ts";
import { dockerEngine, EngineError, type DockerEngine } from "./engine.ts";
import { removeLink } from "./link.ts";

/** How long what the engine still makes or removes for a server that has ended is waited for, and how often it is looked after: no event tells that a network is free. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 200;

export interface Installation {
  readonly socketPath: string;
  readonly instance: string;
  readonly clock?: Clock;
}

/**
 * Removes every container, network and volume that bears an installation's label, and with the last of them what installations share. Nothing else is touched. Resolves with the names of networks that the
 * engine keeps since it counts containers on them and knows of none, as it does now and then where one was removed while it began: it counts anew when it starts.
 */
export async function removeInstallation({ socketPath, instance, clock = systemClock }: Installation): Promise<readonly string[]> {
  const engine = dockerEngine({ socketPath });
  const filters = JSON.stringify({ label: [`airfield.instance=${instance}`] });
  const until = clock.now() + PATIENCE_MS;
  let kept: readonly InUse[] = [];
  for (;;) {
    const containers = await engine.call<readonly { readonly Id: string }[]>("GET", "/containers/json", { query: { all: true, filters } });
    await Promise.all(containers.map(({ Id }) => remove(engine, `/containers/${Id}`, { force: true, v: true })));
    const networks = await engine.call<readonly { readonly Id: string }[]>("GET", "/networks", { query: { filters } });
    kept = (await Promise.all(networks.map(({ Id }) => removeNetwork(engine, Id)))).flatMap((inUse) => inUse ?? []);
    if (kept.length === 0) break;
    if (clock.now() >= until) {
      const taken = kept.find(({ isTaken }) => isTaken);
      if (taken) throw taken.refusal;
      break;
    }
    await new Promise<void>((resolve) => void clock.after(PAUSE_MS, resolve));
  }
  const volumes = await engine.call<{ readonly Volumes: readonly { readonly Name: string }[] | null }>("GET", "/volumes", {
    query: { filters },
  });
  await Promise.all((volumes.Volumes ?? []).map(({ Name }) => remove(engine, `/volumes/${Name}`, {})));
  await removeLink({ socketPath });
  return kept.map(({ name }) => name);
}

interface InUse {
  readonly name: string;
  /** Whether the engine names a container that is on it. */
  readonly isTaken: boolean;
  readonly refusal: EngineError;
}

/** Resolves with how it is where a container is on the network: one that was being made as its server ended, or is being removed. */
async function removeNetwork(engine: DockerEngine, id: string): Promise<InUse | undefined> {
  try {
    await remove(engine, `/networks/${id}`, {});
    return undefined;
  } catch (error) {
    if (!(error instanceof EngineError && error.status === 403 && error.message.includes("active endpoints"))) throw error;
    const { Name, Containers } = await engine.call<{ readonly Name: string; readonly Containers?: object | null }>(
      "GET",
      `/networks/${id}`,
    );
    return { name: Name, isTaken: Object.keys(Containers ?? {}).length > 0, refusal: error };
  }
}

async function remove(engine: DockerEngine, path: string, query: Readonly<Record<string, boolean>>): Promise<void> {
  try {
    await engine.call("DELETE", path, { query });
  } catch (error) {
    // Gone already, or being removed by somebody else.
    if (!(error instanceof EngineError && (error.status === 404 || error.status === 409))) throw error;
  }
}
