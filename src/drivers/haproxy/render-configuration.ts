import { createHash } from "node:crypto";
import type { ProxyTls } from "../../domain/proxy-tls.ts";
import type { ListenerBindFailure, ListenerPlace, ProxyBackend, ProxyConfiguration, ProxyServer } from "../../ports/traffic-proxy.ts";
import { UNUSED, usesOf } from "./backend-uses.ts";
import { errorFileLines } from "./error-pages.ts";
import { quote } from "./quote.ts";
import { REQUEST_DEFAULTS, section, sharedDefaults } from "./configuration-text.ts";
import { clientsFile, clientsText } from "./client-sets.ts";
import { ALIAS_DEFAULTS, renderAlias, renderAliasBackend } from "./render-aliases.ts";
import { renderBackend, renderListener, routeTables } from "./render-routes.ts";
import { hasLog, REQUEST_RING } from "./render-request-log.ts";
import { loginBackends } from "./render-login.ts";
import { tokenBackends, tokenFiles } from "./render-tokens.ts";
import { renderStream, renderStreamBackend, STREAM_DEFAULTS } from "./render-streams.ts";
import type { Health } from "./server-health.ts";
import { serverLines, STATE_HEAD } from "./server-lines.ts";
import { backendName } from "./server-names.ts";
import { renderStickiness, STICKY_MAP, tokensOf } from "./stickiness.ts";
import { secureGlobals } from "./render-secure.ts";
import { renderEntrance } from "./render-entrances.ts";
import { clientFiles, tlsGlobals } from "./render-tls.ts";
import { tableText, type RouteTable } from "./route-runs.ts";
import { certificateList, entryLine, type CertificateList } from "./tls-names.ts";

export interface RenderedConfiguration {
  readonly text: string;
  /** Names everything but the servers: a proxy that runs with the same structure needs no reload. */
  readonly structure: string;
  /** What HAProxy reads through `server-state-file`, so that a target known to be unhealthy does not start as healthy. */
  readonly serverState: string;
  /** What HAProxy reads of `STICKY_MAP` when it starts. */
  readonly stickyMap: string;
  /** Not part of the structure: a proxy that runs takes others without a reload. */
  readonly certificates: readonly CertificateList[];
  /** Nor are these: the tables in which routes are looked up, by their files. */
  readonly tables: ReadonlyMap<string, RouteTable>;
  /** What it reads besides when it starts, by its names within the folder; private keys and sets of clients among it. */
  readonly readFiles: ReadonlyMap<string, string>;
}

/** Where the driver keeps what belongs to one proxy, as the driver gets there. */
export interface ProxyFiles {
  readonly directory: string;
  /** What HAProxy is called with, and known by in the list of processes: the file under the name of its folder. */
  readonly configurationName: string;
  readonly configuration: string;
  readonly serverState: string;
  readonly stickyMap: string;
  readonly stickySecret: string;
  readonly workerSocket: string;
  readonly masterSocket: string;
  readonly pid: string;
  readonly output: string;
}

/**
 * What HAProxy is told of its files. It runs in the folder: names within it are short, as those of sockets have to be, and lead to the folder
 * that it was started in, wherever the folder's own name leads to later.
 */
export const TOLD = { serverState: "server-state", workerSocket: "unix@worker.sock", masterSocket: "unix@master.sock", pid: "haproxy.pid" };

/** @param held a path to the folder; its name where absent */
export function proxyFiles(directory: string, held = directory): ProxyFiles {
  return {
    directory: held,
    configurationName: `${directory}/haproxy.cfg`,
    configuration: `${held}/haproxy.cfg`,
    serverState: `${held}/server-state`,
    stickyMap: `${held}/${STICKY_MAP}`,
    stickySecret: `${held}/sticky.secret`,
    workerSocket: `${held}/worker.sock`,
    masterSocket: `${held}/master.sock`,
    pid: `${held}/haproxy.pid`,
    output: `${held}/haproxy.log`,
  };
}

/** How a proxy works besides what it is configured to do. */
export interface ProxySettings {
  /** Whether the heads of requests and answers may be as large as AWS has them. */
  readonly hasLargeHeads?: boolean;
}

/**
 * Of a buffer, bytes: a head of 64 KB, and what HAProxy keeps free and writes beside it. Source: Application Load Balancers guide, "Quotas": 16 KB for a request's
 * line and for each header, 64 KB for all of them; 32 KB for those of an answer.
 */
const LARGE_BUFFER = 72 * 1024;

/** Renders the whole configuration. Equal arguments give equal text. Binds in `unbound` are left out. */
export function renderConfiguration(
  configuration: ProxyConfiguration,
  healthOf: (backend: ProxyBackend, server: ProxyServer) => Health,
  unbound: readonly ListenerBindFailure[],
  secret: Uint8Array,
  { hasLargeHeads = false }: ProxySettings = {},
): RenderedConfiguration {
  const uses = usesOf(configuration);
  const bindable =
    ({ port }: Pick<ListenerPlace, "port">) =>
    (address: string): boolean =>
      !unbound.some((one) => one.address === address && one.port === port);
  const buffers = hasLargeHeads ? [`tune.bufsize ${LARGE_BUFFER}`] : [];
  const globals = [...buffers, ...tlsGlobals(encrypted(configuration).map(({ tls }) => tls)), ...secureGlobals(configuration.backends)];
  const requests = [
    ...(configuration.listeners.some(hasLog) || configuration.streams?.some(({ logged }) => logged) ? [section(REQUEST_RING)] : []),
    ...(configuration.listeners.some(({ routes }) => routes.some(({ login }) => login)) ? loginBackends() : []),
    ...(configuration.listeners.some(({ routes }) => routes.some(({ tokens }) => tokens)) ? tokenBackends() : []),
    ...configuration.listeners.flatMap((listener) => renderListener(listener, bindable(listener))),
  ];
  const shared = new Set<string>();
  const backends = configuration.backends.flatMap((backend) => {
    if (backend.stream || backend.connect) return [];
    const { common, own } = renderBackend(backend, uses.get(backend.id) ?? UNUSED);
    const { name, text } = sharedDefaults(common);
    const defaults = shared.has(name) ? [] : [text];
    shared.add(name);
    return [...defaults, section([`${headOf(backend)} from ${name}`, ...own, ...renderStickiness(backend, secret)])];
  });
  const streams = [
    ...(configuration.streams ?? []).flatMap((stream) => renderStream(stream, bindable(stream))),
    ...(configuration.entrances ?? []).flatMap((entrance) => renderEntrance(entrance, bindable(entrance))),
    ...configuration.backends.flatMap((backend) =>
      backend.stream ? renderStreamBackend(backend, (uses.get(backend.id) ?? UNUSED).idleTimeout) : [],
    ),
  ];
  const connects = new Map(configuration.backends.flatMap((backend) => (backend.connect ? [[backend.id, backend.connect]] : [])));
  const aliases = [
    ...(configuration.aliases ?? []).flatMap((alias) => {
      const connect = connects.get(alias.backend);
      return connect ? renderAlias(alias, connect, bindable(alias)) : [];
    }),
    ...configuration.backends.flatMap((backend) => (backend.connect ? renderAliasBackend(backend, backend.connect) : [])),
  ];
  // A section takes the defaults that were written last before it.
  const sections = [
    ...requests,
    ...backends,
    ...(streams.length === 0 ? [] : [STREAM_DEFAULTS, ...streams]),
    ...(aliases.length === 0 ? [] : [ALIAS_DEFAULTS, ...aliases]),
  ];
  const structure = createHash("sha256")
    .update([preamble("", globals), ...sections].join("\n\n"))
    .digest("hex")
    .slice(0, 32);

  const servers = configuration.backends.map((backend) => ({
    backend,
    ...serverLines(backend, (server) => healthOf(backend, server)),
  }));
  const lines = new Map(servers.map(({ backend, text }) => [headOf(backend), text]));
  const whole = sections.map((text) => `${text}${lines.get(/^backend \S+/.exec(text)?.[0] ?? "") ?? ""}`);
  const tables = new Map(configuration.listeners.flatMap((listener) => [...routeTables(listener, bindable(listener))]));
  const { certificates, tlsFiles } = renderTlsFiles(configuration);
  return {
    structure,
    text: [preamble(structure, globals), ...whole, ""].join("\n\n"),
    serverState: [STATE_HEAD, ...servers.map(({ state }) => state)].join(""),
    stickyMap: servers.flatMap(({ backend, all }) => [...tokensOf(backend, all, secret)].map((entry) => `${entry.join(" ")}\n`)).join(""),
    certificates,
    tables,
    readFiles: new Map([
      ...tlsFiles,
      ...tokenFiles(configuration),
      ...[...tables].map(([file, table]) => [file, tableText(table)] as const),
      ...(configuration.clientSets ?? []).map((set) => [clientsFile(set.id), clientsText(set)] as const),
    ]),
  };
}

function headOf({ id }: ProxyBackend): string {
  return `backend ${backendName(id)}`;
}

function encrypted({ listeners, streams = [] }: ProxyConfiguration): readonly { readonly id: string; readonly tls: ProxyTls }[] {
  return [...listeners, ...streams].flatMap(({ id, tls }) => (tls ? [{ id, tls }] : []));
}

/** The certificates of each listener, and the files that a proxy reads when it starts or reloads. */
function renderTlsFiles(configuration: ProxyConfiguration): {
  readonly certificates: readonly CertificateList[];
  readonly tlsFiles: ReadonlyMap<string, string>;
} {
  const all = encrypted(configuration);
  const certificates = all.map(({ id, tls }) => certificateList(id, tls));
  return {
    certificates,
    tlsFiles: new Map([
      ...certificates.flatMap(({ name, entries }) => [
        [name, `${entries.map(entryLine).join("\n")}\n`] as const,
        ...entries.map(({ file, pem }) => [file, pem] as const),
      ]),
      ...all.flatMap(({ id, tls }) => clientFiles(id, tls).map(({ name, text }) => [name, text] as const)),
    ]),
  };
}

function preamble(structure: string, globals: readonly string[]): string {
  return [
    section([
      "global",
      `stats socket ${quote(TOLD.workerSocket)} mode 600 level admin expose-fd listeners`,
      // The control plane watches health through this socket for as long as both live.
      "stats timeout 20d",
      // A worker that a reload replaced may finish what it carries, such as web sockets, for this long.
      "hard-stop-after 1h",
      // The engine may hand down a limit of a thousand million descriptors, for which HAProxy would allocate a table.
      "fd-hard-limit 100000",
      // It counts a descriptor for each check that there may be, of which few are under way at any time: with many targets it would not start.
      "no strict-limits",
      `server-state-file ${quote(TOLD.serverState)}`,
      ...globals,
      // Tells which structure a running process has.
      `description ${structure === "" ? "-" : structure}`,
    ]),
    section(["ring health", "format rfc3164", "maxlen 1024", "size 65536"]),
    section([
      `defaults ${REQUEST_DEFAULTS}`,
      "mode http",
      "timeout connect 10s",
      "timeout client 60s",
      "timeout server 60s",
      // A request that never reached a server is sent to another. So is one whose connection was closed without a word, if it may be
      // repeated: the server closed an idle connection just then.
      "retries 3",
      "retry-on conn-failure empty-response",
      "option redispatch 1",
      // During a reload a client's idle connection gets one more answer, with `Connection: close`, before it is closed.
      "option idle-close-on-response",
      "option allbackups",
      "load-server-state-from-file global",
      ...errorFileLines(),
    ]),
    // HAProxy wants one that no section names, for all that name none.
    `defaults unnamed from ${REQUEST_DEFAULTS}`,
    "backend unavailable",
  ].join("\n\n");
}
