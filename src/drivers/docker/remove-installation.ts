import { dockerEngine, EngineError, type DockerEngine } from "./engine.ts";
import { removeLink } from "./link.ts";

/** Removes every container, network and volume that bears an installation's label, and with the last of them what installations share. Nothing else is touched. */
export async function removeInstallation({
  socketPath,
  instance,
}: {
  readonly socketPath: string;
  readonly instance: string;
}): Promise<void> {
  const engine = dockerEngine({ socketPath });
  const filters = JSON.stringify({ label: [`airfield.instance=${instance}`] });
  const containers = await engine.call<readonly { readonly Id: string }[]>("GET", "/containers/json", { query: { all: true, filters } });
  await Promise.all(containers.map(({ Id }) => remove(engine, `/containers/${Id}`, { force: true, v: true })));
  const networks = await engine.call<readonly { readonly Id: string }[]>("GET", "/networks", { query: { filters } });
  await Promise.all(networks.map(({ Id }) => remove(engine, `/networks/${Id}`, {})));
  const volumes = await engine.call<{ readonly Volumes: readonly { readonly Name: string }[] | null }>("GET", "/volumes", {
    query: { filters },
  });
  await Promise.all((volumes.Volumes ?? []).map(({ Name }) => remove(engine, `/volumes/${Name}`, {})));
  await removeLink({ socketPath });
}

async function remove(engine: DockerEngine, path: string, query: Readonly<Record<string, boolean>>): Promise<void> {
  try {
    await engine.call("DELETE", path, { query });
  } catch (error) {
    // Gone already, or being removed by somebody else.
    if (!(error instanceof EngineError && (error.status === 404 || error.status === 409))) throw error;
  }
}
