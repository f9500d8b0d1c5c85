import type { Clock } from "../../ports/clock.ts";
import { systemClock } from "../system/clock.ts";
import { dockerEngine, EngineError, type DockerEngine } from "./engine.ts";
import { removeLink } from "./link.ts";

/** How long what the engine still makes or removes for a server that has ended is waited for, and how often it is looked after: no event tells that a network is free. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 200;

export interface Installation {
  readonly socketPath: string;
  readonly instance: string;
  readonly clock?: Clock;
}

/** Removes every container, network and volume that bears an installation's label, and with the last of them what installations share. Nothing else is touched. */
export async function removeInstallation({ socketPath, instance, clock = systemClock }: Installation): Promise<void> {
  const engine = dockerEngine({ socketPath });
  const filters = JSON.stringify({ label: [`airfield.instance=${instance}`] });
  const until = clock.now() + PATIENCE_MS;
  for (;;) {
    const containers = await engine.call<readonly { readonly Id: string }[]>("GET", "/containers/json", { query: { all: true, filters } });
    await Promise.all(containers.map(({ Id }) => remove(engine, `/containers/${Id}`, { force: true, v: true })));
    const networks = await engine.call<readonly { readonly Id: string }[]>("GET", "/networks", { query: { filters } });
    const inUse = (await Promise.all(networks.map(({ Id }) => removeNetwork(engine, Id)))).find((refusal) => refusal !== undefined);
    if (!inUse) break;
    if (clock.now() >= until) throw inUse;
    await new Promise<void>((resolve) => void clock.after(PAUSE_MS, resolve));
  }
  const volumes = await engine.call<{ readonly Volumes: readonly { readonly Name: string }[] | null }>("GET", "/volumes", {
    query: { filters },
  });
  await Promise.all((volumes.Volumes ?? []).map(({ Name }) => remove(engine, `/volumes/${Name}`, {})));
  await removeLink({ socketPath });
}

/** Resolves with the engine's refusal where a container is on the network: one that was being made as its server ended, or is being removed. */
async function removeNetwork(engine: DockerEngine, id: string): Promise<EngineError | undefined> {
  try {
    await remove(engine, `/networks/${id}`, {});
    return undefined;
  } catch (error) {
    if (error instanceof EngineError && error.status === 403 && error.message.includes("active endpoints")) return error;
    throw error;
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
