import { createServer } from "node:net";
import { dockerEngine, EngineError } from "./engine.ts";

/** The address at which ECS serves credentials and metadata to tasks. */
const ADDRESS = "169.254.170.2";
const BLOCK = "169.254.170.0/28";
const NAME = "airfield-link";
/** Not the label of an installation: all that run on this host share the address. */
const LABEL = "airfield.link";

export interface Link {
  /** Makes sure that this host has the address; `problem` says why it cannot. Quick where it has. */
  ensure(): Promise<{ readonly address: string } | { readonly problem: string }>;
}

/**
 * The address 169.254.170.2 on this host, without a right of its own to give the host one: a bridge network of the engine has it as its
 * gateway, and nobody on it. Containers of every other network reach it through their own gateway, which is this host too.
 */
export function hostLink({ socketPath }: { readonly socketPath: string }): Link {
  return {
    async ensure() {
      if (await isHere()) return { address: ADDRESS };
      const refused = await makeNetwork(socketPath);
      if (await isHere()) return { address: ADDRESS };
      return { problem: refused ?? `the engine's networks are not on this host, which therefore has not the address ${ADDRESS}` };
    },
  };
}

/** Removes the network, unless something of an installation is still on the engine: others may use it. */
export async function removeLink({ socketPath }: { readonly socketPath: string }): Promise<void> {
  const engine = dockerEngine({ socketPath });
  try {
    const filters = JSON.stringify({ label: ["airfield.instance"] });
    const networks = await engine.call<readonly object[]>("GET", "/networks", { query: { filters } });
    const containers = await engine.call<readonly object[]>("GET", "/containers/json", { query: { all: true, filters } });
    if (networks.length + containers.length > 0) return;
    await engine.call("DELETE", `/networks/${NAME}`);
  } catch (error) {
    if (!(error instanceof EngineError && error.status === 404)) throw error;
  } finally {
    engine.close();
  }
}

/** A bridge that nobody is on counts as down, and is not listed among the host's addresses: only binding tells. */
function isHere(): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen({ host: ADDRESS, port: 0, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** @returns why the engine would not */
async function makeNetwork(socketPath: string): Promise<string | undefined> {
  const engine = dockerEngine({ socketPath });
  try {
    await engine.call("POST", "/networks/create", {
      body: {
        Name: NAME,
        Driver: "bridge",
        CheckDuplicate: true,
        IPAM: { Driver: "default", Config: [{ Subnet: BLOCK, Gateway: ADDRESS }] },
        Labels: { [LABEL]: ADDRESS },
      },
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    // Somebody was quicker: the network is there.
    return error.status === 409 ? undefined : `the engine makes no network with the address ${ADDRESS}: ${error.message}`;
  } finally {
    engine.close();
  }
}
