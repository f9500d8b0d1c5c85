import type { ProxyBackend, ProxyServer } from "../../ports/traffic-proxy.ts";
import { milliseconds } from "./configuration-text.ts";
import { ejectionWords } from "./ejection-words.ts";
import { streamWords } from "./render-streams.ts";
import { checkWords, secureWords } from "./render-secure.ts";
import { versionWords } from "./render-version.ts";
import { failsOpen } from "./fail-open.ts";
import type { Health } from "./server-health.ts";
import { haproxyServerName, serverPlace, type ServerRole } from "./server-names.ts";

/** One server as HAProxy is to have it. */
export interface DesiredServer {
  readonly name: string;
  readonly role: ServerRole;
  readonly weight: 0 | 1;
  readonly checked: boolean;
  /** Whether it starts up or down, until its own checks say otherwise. */
  readonly up: boolean;
  /** The words after the name, as `add server` takes them. */
  readonly definition: string;
  /** Those of them that its backend's `default-server` does not say: the words after the name in a configuration. */
  readonly ownWords: string;
}

/** How often a target that has not passed yet is tried, so that a deployment does not wait for a long interval. */
const probeInterval = 0.5;
/** When the first try is made. */
const firstProbe = 0.02;

/**
 * Idle connections to a server are kept for the next requests; one that is added at run time would have none unless told so. They are closed
 * before a usual application closes them (Node.js after five seconds), so that hardly a request meets a closing connection.
 */
const POOL = ["pool-max-conn -1", "pool-purge-delay 3s"];

/**
 * What servers of a backend have in common, as a configuration's `default-server` says it once: HAProxy takes longest over words, of which each of 20,000
 * servers would have a dozen. What a server that comes at run time is to have, it is told itself.
 */
export function serverDefaults(backend: ProxyBackend): readonly string[] {
  return [...secureWords(backend), ...carriedWords(backend), ...thresholdWords(backend)];
}

function carriedWords(backend: ProxyBackend): readonly string[] {
  if (backend.stream) return streamWords(backend.stream);
  return backend.connect?.kind === "connections" ? [] : [...POOL, ...versionWords(backend)];
}

function thresholdWords({ healthCheck: check }: ProxyBackend): readonly string[] {
  if (check.kind === "none") return [];
  return [`inter ${milliseconds(check.interval)}`, `rise ${check.healthyThreshold}`, `fall ${check.unhealthyThreshold}`];
}

/** HAProxy's own. */
const USUAL_WEIGHT = "weight 1";

/** What HAProxy is to have for a backend, given the health of its servers so far. */
export function desiredServersOf(backend: ProxyBackend, healthOf: (server: ProxyServer) => Health): readonly DesiredServer[] {
  const isOpen = failsOpen(backend, healthOf);
  return backend.servers.flatMap((server) => desiredServers(backend, server, healthOf(server), isOpen));
}

/** What HAProxy is to have for one server of ours, given its health so far. @param isOpen whether it gets requests while it is unhealthy */
export function desiredServers(backend: ProxyBackend, server: ProxyServer, health: Health, isOpen = false): readonly DesiredServer[] {
  const check = backend.healthCheck;
  const place = serverPlace(server);
  const from = server.source === undefined ? [] : [`source ${server.source}`];
  const said = new Set([USUAL_WEIGHT, ...serverDefaults(backend)]);
  const make = (role: ServerRole, weight: 0 | 1, up: boolean, words: readonly string[], checked: boolean): DesiredServer => {
    const all = [place, `weight ${weight}`, ...from, ...secureWords(backend), ...carriedWords(backend), ...words];
    return {
      name: haproxyServerName(server, role),
      role,
      weight,
      checked,
      up,
      definition: all.join(" "),
      ownWords: all.filter((word) => !said.has(word)).join(" "),
    };
  };

  if (check.kind === "none") return [make("traffic", server.draining ? 0 : 1, true, [], false)];
  if (server.draining) return [make("traffic", 0, true, [], false)];
  const how = [...(backend.stream?.proxyProtocol ? ["check-send-proxy"] : []), ...checkWords(backend, server)];
  if (health === "initial") {
    // One pass is enough, and one failure sends it down, where it is tried again and again. HAProxy makes the first try after
    // `fastinter`, since a server that is about to fail or to recover is checked that often.
    const every = milliseconds(Math.min(probeInterval, check.interval));
    const words = ["check", ...how, `inter ${every}`, `fastinter ${milliseconds(firstProbe)}`, `downinter ${every}`, "rise 1", "fall 2"];
    return [make("probe", 0, true, words, true)];
  }
  const slow = backend.slowStart === undefined ? [] : [`slowstart ${milliseconds(backend.slowStart)}`];
  const words = ["check", ...how, ...thresholdWords(backend), ...slow, ...ejectionWords(backend)];
  return [
    make("traffic", 1, health === "healthy", words, true),
    make("fallback", 1, true, ["backup"], false),
    ...(isOpen && health === "unhealthy" ? [make("open", 1, true, [], false)] : []),
  ];
}
