import type { ProxyBackend, ProxyServer } from "../../ports/traffic-proxy.ts";
import { desiredServersOf, serverDefaults, type DesiredServer } from "./render-servers.ts";
import type { Health } from "./server-health.ts";
import { backendName } from "./server-names.ts";

/** The servers of a backend as a configuration and what goes with it have them. */
export interface ServerLines {
  readonly all: readonly DesiredServer[];
  /** The end of the backend's section; empty where there are none. */
  readonly text: string;
  /** What `server-state-file` says of them: lines that each end. */
  readonly state: string;
}

interface Known {
  readonly health: string;
  readonly lines: ServerLines;
}

/** Of backends that are one object, so that a configuration in which few changed is written in the time that these take. */
const known = new WeakMap<ProxyBackend, Known>();

/** Equal backends whose servers have equal health give equal lines. */
export function serverLines(backend: ProxyBackend, healthOf: (server: ProxyServer) => Health): ServerLines {
  const health = backend.servers.map(healthOf).join();
  const before = known.get(backend);
  if (before?.health === health) return before.lines;
  const all = desiredServersOf(backend, healthOf);
  const lines = { all, text: textOf(backend, all), state: stateOf(backend, all) };
  known.set(backend, { health, lines });
  return lines;
}

function textOf(backend: ProxyBackend, all: readonly DesiredServer[]): string {
  if (all.length === 0) return "";
  const defaults = serverDefaults(backend);
  const said = defaults.length === 0 ? "" : `\n    default-server ${defaults.join(" ")}`;
  return said + all.map(({ name, ownWords }) => `\n    server ${name} ${ownWords}`).join("");
}

/** Version 1 of the format, see `show servers state` in the management manual. HAProxy finds a server by its names. */
function stateOf(backend: ProxyBackend, all: readonly DesiredServer[]): string {
  return all
    .filter((server) => server.role === "traffic" && server.checked)
    .map((server, at) => {
      const operational = server.up ? 2 : 0;
      const [address = ""] = server.definition.split(" ", 1);
      const split = address.lastIndexOf(":");
      const isSocket = address.startsWith("unix@");
      const host = isSocket ? "-" : address.slice(0, split).replace("ipv6@", "");
      const port = isSocket ? "0" : address.slice(split + 1);
      return `0 ${backendName(backend.id)} ${at + 1} ${server.name} ${host} ${operational} 0 ${server.weight} ${server.weight} 0 1 0 0 6 0 0 0 - ${port} - 0 0 - - 0\n`;
    })
    .join("");
}

/** What a file of such lines begins with. */
export const STATE_HEAD =
  "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n";
