import type { ProxyBackend, ProxyStream } from "../../ports/traffic-proxy.ts";
import { milliseconds, section } from "./configuration-text.ts";
import { renderBalance } from "./render-balance.ts";
import { renderCheck } from "./render-check.ts";
import { renderLoggedStream } from "./render-request-log.ts";
import { tlsWords } from "./render-tls.ts";
import { addressWord, backendName } from "./server-names.ts";

/** Of the sections of streams, which are written after all others. */
export const STREAM_DEFAULTS = section([
  "defaults",
  "mode tcp",
  "timeout connect 10s",
  "timeout client 350s",
  "timeout server 350s",
  // A connection that never reached a server is tried with another.
  "retries 3",
  "option redispatch 1",
  "option allbackups",
  "load-server-state-from-file global",
]);

/** Frontend of one stream. What a replaced worker carries it carries on; new connections are those of the worker that has the socket now. */
export function renderStream(stream: ProxyStream, isBound: (address: string) => boolean): readonly string[] {
  const addresses = stream.addresses.filter(isBound);
  if (addresses.length === 0) return [];
  return [
    section([
      `frontend l_${stream.id}`,
      ...addresses.map((address) => `bind ${addressWord(address, stream.port)}${tlsWords(stream.id, stream.tls)}`),
      `timeout client ${milliseconds(stream.idleTimeout)}`,
      ...(stream.clients === undefined ? [] : [`tcp-request connection reject unless { src ${stream.clients.join(" ")} }`]),
      // Before a handshake, and before there is anything to log.
      ...(stream.isSilent ? ["tcp-request connection silent-drop"] : []),
      ...renderLoggedStream(stream),
      ...choice(stream.backends),
    ]),
  ];
}

/** Each backend is drawn from what the ones before it left, which gives every backend its share of the whole. */
function choice(backends: ProxyStream["backends"]): readonly string[] {
  const chosen = backends.filter(({ weight }) => weight > 0);
  let left = chosen.reduce((sum, { weight }) => sum + weight, 0);
  const lines = chosen.map(({ id, weight }, index) => {
    const draw = index === chosen.length - 1 ? "" : ` if { rand(${left}) lt ${weight} }`;
    left -= weight;
    return `use_backend ${backendName(id)}${draw}`;
  });
  return lines.length > 0 ? lines : ["tcp-request content reject"];
}

export function renderStreamBackend(backend: ProxyBackend, idleTimeout: number): string {
  return section([
    `backend ${backendName(backend.id)}`,
    ...renderBalance(backend),
    `timeout server ${milliseconds(idleTimeout)}`,
    // Written out so that a change of it changes the structure: servers that exist cannot be given other words without a reload.
    `# ${backend.stream ? streamWords(backend.stream).join(" ") : ""}`,
    ...renderCheck(backend.healthCheck),
  ]);
}

/** What the servers of a backend of streams have among their words. */
export function streamWords({ proxyProtocol, cutsUnhealthy }: NonNullable<ProxyBackend["stream"]>): readonly string[] {
  return [...(proxyProtocol ? ["send-proxy-v2"] : []), ...(cutsUnhealthy ? ["on-marked-down shutdown-sessions"] : [])];
}
