import { dockerEngine, type DockerEngine } from "../docker/engine.ts";
import { engineInfo } from "../docker/engine-info.ts";

interface ProxySettings {
  readonly HttpsProxy?: string;
  readonly NoProxy?: string;
}

/**
 * Why this engine might not follow the hosts file and the certificates of this host; empty where nothing is known to be in the way.
 * @throws EngineUnavailableError
 */
export async function engineConcerns(socketPath: string, hosts: readonly string[], dockerCerts: string): Promise<readonly string[]> {
  const engine = dockerEngine({ socketPath });
  try {
    return await concerns(engine, hosts, dockerCerts);
  } finally {
    engine.close();
  }
}

async function concerns(engine: DockerEngine, hosts: readonly string[], dockerCerts: string): Promise<readonly string[]> {
  const [info, proxy] = await Promise.all([engineInfo(engine), engine.call<ProxySettings>("GET", "/info")]);
  const found: string[] = [];
  if (info.desktop)
    found.push(
      "Docker Desktop's engine runs in a virtual machine with a hosts file, certificates and a loopback of its own: not supported",
    );
  if (info.rootless)
    found.push(`a rootless engine reads ~/.config/docker/certs.d, not ${dockerCerts}, and has a loopback of its own: not supported`);
  if (proxy.HttpsProxy) {
    const direct = (proxy.NoProxy ?? "").split(",").map((entry) => entry.trim());
    const proxied = hosts.filter((host) => !direct.some((entry) => isDirect(host, entry)));
    if (proxied.length > 0)
      found.push(`the engine asks a proxy for ${proxied.join(", ")}: add them to NO_PROXY in its settings, and restart it`);
  }
  return found;
}

/** As Go reads NO_PROXY: a domain stands for itself and what is below it; with a leading dot, for what is below it. */
function isDirect(host: string, entry: string): boolean {
  const domain = entry.toLowerCase().replace(/^\*\./, ".");
  if (domain === "*") return true;
  if (domain === "") return false;
  return host === domain || host.endsWith(domain.startsWith(".") ? domain : `.${domain}`);
}
