import type { ProxyAlias, ProxyBackend } from "../../ports/traffic-proxy.ts";
import { clientsFile } from "./client-sets.ts";
import { milliseconds, section } from "./configuration-text.ts";
import { ejectionWords } from "./ejection-words.ts";
import { renderBalance } from "./render-balance.ts";
import { renderCheck } from "./render-check.ts";
import { addressWord, backendName, successorSocket } from "./server-names.ts";

/**
 * Of the sections of aliases, which are written after all others. What never reached a server is sent to another one, twice at most; so is what a server closed
 * without a word, if it may be repeated. Source: Amazon ECS Developer Guide, "Service Connect components": retries.
 */
export const ALIAS_DEFAULTS = section([
  "defaults",
  "mode http",
  "timeout connect 10s",
  "timeout client 300s",
  "timeout server 300s",
  "retries 2",
  "retry-on conn-failure empty-response",
  "option redispatch 1",
  // During a reload a client's idle connection gets one more answer, with `Connection: close`, before it is closed.
  "option idle-close-on-response",
  "option allbackups",
  "load-server-state-from-file global",
  'http-error status 503 content-type text/plain string "no healthy upstream"',
  'http-error status 504 content-type text/plain string "upstream request timeout"',
]);

type Connect = NonNullable<ProxyBackend["connect"]>;

/** Frontend of an alias, and where a replaced worker hands requests of idle connections on to its successor, as for listeners. */
export function renderAlias(alias: ProxyAlias, { kind, idleTimeout }: Connect, isBound: (address: string) => boolean): readonly string[] {
  const addresses = alias.addresses.filter(isBound);
  if (addresses.length === 0) return [];
  const idle = milliseconds(idleTimeout);
  const bound = addresses.map((address) => `bind ${addressWord(address, alias.port)}`);
  const notBarred = alias.barredSet === undefined ? "" : ` !{ src -f ${clientsFile(alias.barredSet)} }`;
  const isOurs = `unless { src -f ${clientsFile(alias.clientSet)} }${notBarred}`;
  const use = `use_backend ${backendName(alias.backend)}`;
  if (kind === "connections")
    return [
      section([`frontend l_${alias.id}`, "mode tcp", ...bound, `timeout client ${idle}`, `tcp-request connection reject ${isOurs}`, use]),
    ];
  const successor = successorSocket(alias.id);
  return [
    section([
      `frontend l_${alias.id}`,
      ...bound,
      `bind ${successor} mode 600 accept-proxy`,
      `timeout client ${idle}`,
      `timeout http-request ${idle}`,
      `timeout http-keep-alive ${idle}`,
      // Not `connection`: who was handed over by a replaced worker is known by its proxy header only.
      `tcp-request session reject ${isOurs}`,
      `use_backend s_${alias.id} if { stopping }`,
      use,
    ]),
    section([`backend s_${alias.id}`, `timeout server ${idle}`, `timeout tunnel ${idle}`, `server successor ${successor} send-proxy-v2`]),
  ];
}

export function renderAliasBackend(backend: ProxyBackend, { kind, idleTimeout, requestTimeout }: Connect): string {
  const idle = milliseconds(idleTimeout);
  const requests =
    kind === "connections"
      ? ["mode tcp", `timeout server ${idle}`]
      : [
          // A request may take any connection to a server, also one that was idle: see decision 46.
          "http-reuse always",
          `timeout server ${milliseconds(requestTimeout)}`,
          `timeout tunnel ${idle}`,
          // RFC 9110, section 9.2.2: only these may be sent again where it is not known whether they were carried out.
          "http-request disable-l7-retry unless { method GET HEAD OPTIONS PUT DELETE TRACE }",
        ];
  return section([
    `backend ${backendName(backend.id)}`,
    ...requests,
    ...renderBalance(backend),
    // Written out so that a change of it changes the structure: servers that exist cannot be given other words without a reload.
    `# ${[backend.version ?? "", ...ejectionWords(backend)].join(" ")}`,
    ...renderCheck(backend.healthCheck),
  ]);
}
