import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import {
  ListenerBindError,
  type ListenerBindFailure,
  RefusedPartsError,
  type ListenerPlace,
  type ProxyBackend,
  type ProxyConfiguration,
  type ProxyServer,
  type ServerHealthReport,
  type TrafficProxy,
} from "../../ports/traffic-proxy.ts";
import { openOwnFolder, type OwnFolder } from "../filesystem/own-folder.ts";
import { canBind } from "./can-bind.ts";
import { changedFew, type FewChanges } from "./changed-few.ts";
import { upAlone } from "./check-lines.ts";
import { errorFiles } from "./error-pages.ts";
import { runsInFormerPlace } from "./former-place.ts";
import { HaproxyProcess, HaproxyRefusalError, nobodyListens } from "./haproxy-process.ts";
import { HealthBook } from "./health-book.ts";
import { planCertificateChanges, shownIn, type ShownCertificates } from "./plan-certificate-changes.ts";
import { planServerChanges, type ServerCommand } from "./plan-server-changes.ts";
import { proxyFiles, renderConfiguration, type ProxyFiles, type RenderedConfiguration } from "./render-configuration.ts";
import { RefusedParts } from "./refused-parts.ts";
import { RefusedTls } from "./refused-tls.ts";
import { desiredServersOf, type DesiredServer } from "./render-servers.ts";
import { askHaproxy, askHaproxyAll, wasDone, watchHealthRing } from "./runtime-api.ts";
import { backendName } from "./server-names.ts";
import { byCookie, tokensOf } from "./stickiness.ts";
import { stickySecret } from "./sticky-secret.ts";
import { parseTokens, planTokenChanges, SHOW_TOKENS, type StickyTokens } from "./sticky-tokens.ts";
import type { Health } from "./server-health.ts";
import { SessionCounts, sessionKey } from "./session-counts.ts";
import { removedButBusy, sessionsWith } from "./removed-but-busy.ts";
import { parseStatTable, rowsByBackend, type ServerRow } from "./stat-table.ts";
import { TlsFiles } from "./tls-files.ts";
import { untriedPart } from "./untried-part.ts";
import { WorkerClients } from "./worker-clients.ts";
import { WorkerTables } from "./worker-tables.ts";

export interface HaproxyOptions {
  /** A folder of its own for configuration, sockets and the pid file, in a folder that is there. Made with mode 0700. */
  readonly directory: string;
  /** Where an earlier version may have started the proxy. What runs there is adopted there. */
  readonly formerDirectory?: string;
  /** `haproxy` of the path where absent. */
  readonly binary?: string;
  /** Whether heads may be as large as AWS has them; the usual 15 KB where absent. */
  readonly hasLargeHeads?: boolean;
  readonly clock: Clock;
  readonly logger?: Logger;
  /** Told when the proxy was found ended and is started anew, with the reason. */
  readonly stopped?: (why: string) => void;
}

/**
 * A traffic proxy that HAProxy is. One that already runs in the folder is adopted as it is; none is started before the first `apply`.
 * @throws UntrustedPlaceError where others could have put something into the folder
 */
export async function haproxyTrafficProxy(options: HaproxyOptions): Promise<TrafficProxy> {
  const { formerDirectory: former } = options;
  const place = former !== undefined && (await runsInFormerPlace(former, options)) ? former : options.directory;
  const folder = await openOwnFolder(place);
  try {
    const files = proxyFiles(place, folder.path);
    requireShortPath(place, files);
    await mkdir(`${files.directory}/errors`, { recursive: true, mode: 0o700 });
    // Also for one that is adopted: it reads them at each reload.
    await Promise.all([...errorFiles()].map(([name, text]) => writeFile(`${files.directory}/${name}`, text, { mode: 0o600 })));
    const tls = new TlsFiles(files.directory);
    await tls.prepare();
    // A configuration is checked before it is written, with what it reads.
    await writeFile(files.stickyMap, "", { mode: 0o600, flag: "a" });
    const proxy = new HaproxyTrafficProxy(options, files, folder, { secret: await stickySecret(files), tls });
    await proxy.adopt();
    return proxy;
  } catch (cause) {
    await folder[Symbol.asyncDispose]();
    throw cause;
  }
}

/** The path of a Unix socket has at most 103 bytes on macOS, where it is the folder's own; through a handle it is always short. */
function requireShortPath(directory: string, { masterSocket, workerSocket }: ProxyFiles): void {
  const longest = Math.max(...[masterSocket, workerSocket].map((path) => Buffer.byteLength(path)));
  if (longest > LONGEST_SOCKET_PATH)
    throw new Error(
      `the folder ${directory} has too long a path for HAProxy's sockets, by ${longest - LONGEST_SOCKET_PATH} bytes: choose a shorter one`,
    );
}

const LONGEST_SOCKET_PATH = 103;
const CANDIDATE = "haproxy.cfg.candidate";

interface Waiting {
  configuration: ProxyConfiguration;
  readonly done: Promise<void>;
}

class HaproxyTrafficProxy implements TrafficProxy {
  readonly #options: HaproxyOptions;
  readonly #files: ProxyFiles;
  readonly #folder: OwnFolder;
  readonly #secret: Uint8Array;
  readonly #process: HaproxyProcess;
  readonly #health = new HealthBook();
  readonly #listeners = new Set<(report: ServerHealthReport) => void>();
  /** Everything that changes HAProxy happens one after the other. */
  #lane: Promise<void> = Promise.resolve();
  /** What is in the lane, waiting or under way. */
  #inLane = 0;
  readonly #sessions = new SessionCounts(() => this.#rowsOfAll());
  #waiting: Waiting | undefined;
  #refreshWaits = false;
  #configuration: ProxyConfiguration | undefined;
  #unbound: readonly ListenerBindFailure[] = [];
  readonly #refused = new RefusedParts();
  readonly #refusedTls = new RefusedTls();
  readonly #tls: TlsFiles;
  readonly #tables: WorkerTables;
  readonly #clients: WorkerClients;
  /** What the running worker shows, as far as is known. */
  #shown: ShownCertificates | undefined;
  /** `address port` of what HAProxy has bound. */
  #bound: ReadonlySet<string> = new Set();
  /** The structure that the running worker has. */
  #structure: string | undefined;
  /** The process that we are attached to. */
  #worker: number | undefined;
  /** The tokens that it knows, where that is known. */
  #tokens: StickyTokens | undefined;
  #watch: Disposable | undefined;
  #timer: Disposable | undefined;
  #retry: Disposable | undefined;
  /** Whether all that the configuration asks for has come about, and the worker is the same since. */
  #isCarriedOut = false;
  /** Whether the worker has told of no check since its whole table was asked for. */
  #areRowsKnown = false;
  /** Until when the whole table is not asked for, milliseconds since the Unix epoch. */
  #restUntil = 0;
  #closed = false;

  constructor(
    options: HaproxyOptions,
    files: ProxyFiles,
    folder: OwnFolder,
    { secret, tls }: { readonly secret: Uint8Array; readonly tls: TlsFiles },
  ) {
    this.#tls = tls;
    this.#tables = new WorkerTables(files.workerSocket);
    this.#clients = new WorkerClients(files.workerSocket);
    this.#options = options;
    this.#secret = secret;
    this.#files = files;
    this.#folder = folder;
    this.#process = new HaproxyProcess(options.binary ?? "haproxy", files, options.clock);
  }

  async adopt(): Promise<void> {
    const workers = await this.#process.adopted();
    if (workers === undefined) {
      if (await this.#process.wasStarted()) this.#tellStopped("HAProxy was not running any more when the control plane started");
      return;
    }
    await this.#attach();
    const onDisk = await readFile(this.#files.configuration, "utf8");
    if (this.#structure !== undefined && onDisk.includes(`description ${this.#structure}\n`)) this.#bound = bindsIn(onDisk);
    if (this.#structure !== undefined) this.#shown = await this.#tls.noted(this.#structure);
  }

  apply(configuration: ProxyConfiguration): Promise<void> {
    if (this.#waiting !== undefined) {
      this.#waiting.configuration = configuration;
      return this.#waiting.done;
    }
    const done = this.#enqueue(async () => {
      const wanted = this.#waiting?.configuration ?? configuration;
      this.#waiting = undefined;
      await this.#applyNow(wanted);
    });
    this.#waiting = { configuration, done };
    return done;
  }

  onHealth(listener: (report: ServerHealthReport) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  async activeSessions(backend: string, server: string): Promise<number> {
    return (await this.#sessions.count()).get(sessionKey(backendName(backend), server)) ?? 0;
  }

  async close(): Promise<void> {
    await this.#end();
    await this.#folder[Symbol.asyncDispose]();
  }

  async stop(): Promise<void> {
    const running = !this.#closed;
    await this.#end();
    if (!running) return;
    await this.#process.stop();
    await this.#folder[Symbol.asyncDispose]();
  }

  async #end(): Promise<void> {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    this.#retry?.[Symbol.dispose]();
    this.#watch?.[Symbol.dispose]();
    this.#listeners.clear();
    await this.#lane;
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#inLane += 1;
    const done = this.#lane.then(work).finally(() => {
      this.#inLane -= 1;
    });
    // The caller sees the failure; the lane goes on.
    this.#lane = done.catch(() => undefined);
    return done;
  }

  /** Parts that HAProxy refuses are left out, and all the rest comes about. */
  async #applyNow(configuration: ProxyConfiguration): Promise<void> {
    const accepted = (): ProxyConfiguration =>
      this.#refusedTls.leaveOut(this.#refused.leaveOut(configuration, this.#configuration), this.#configuration);
    try {
      await this.#applyWhole(accepted());
    } catch (error) {
      if (!(error instanceof HaproxyRefusalError)) throw error;
      const check = (some: ProxyConfiguration): Promise<string | undefined> => this.#reasonAgainst(some);
      const found = [await this.#refusedTls.look(configuration, check), await this.#refused.look(configuration, check)];
      if (!found.includes(true)) throw error;
      await this.#applyWhole(accepted());
    }
    const parts = [...this.#refused.in(configuration), ...this.#refusedTls.in(configuration)];
    if (parts.length > 0) throw new RefusedPartsError(parts);
  }

  async #reasonAgainst(configuration: ProxyConfiguration): Promise<string | undefined> {
    try {
      await this.#check(this.#render(configuration));
      return undefined;
    } catch (error) {
      if (!(error instanceof HaproxyRefusalError)) throw error;
      return error.message;
    }
  }

  async #check({ text, readFiles }: RenderedConfiguration): Promise<void> {
    await writeFile(`${this.#files.directory}/${CANDIDATE}`, text, { mode: 0o600 });
    await this.#tls.during(readFiles, () => this.#process.check(CANDIDATE));
  }

  async #applyWhole(configuration: ProxyConfiguration): Promise<void> {
    if (this.#closed) throw new Error("the traffic proxy is closed");
    if (await this.#changeFew(configuration)) return;
    const worked = this.#isCarriedOut ? this.#configuration : undefined;
    const before = { configuration: this.#configuration, unbound: this.#unbound };
    this.#health.expect(configuration);
    this.#unbound = await this.#unbindable(configuration);
    this.#configuration = configuration;
    try {
      await this.#bringAbout(configuration, worked);
    } catch (error) {
      this.#configuration = before.configuration;
      this.#unbound = before.unbound;
      if (before.configuration !== undefined) {
        this.#health.expect(before.configuration);
        await this.#writeFiles(this.#render(before.configuration));
      }
      throw bindFailure(error, configuration) ?? error;
    }
    const [first, ...others] = this.#unbound;
    if (first !== undefined) throw new ListenerBindError([first, ...others]);
  }

  /**
   * Where only the servers of some backends changed, or where routes lead that are looked up in tables, the worker is asked and told of these alone, however
   * many there are besides; false where it takes more.
   * The files on disk are not read until the next reload, which writes them.
   */
  async #changeFew(configuration: ProxyConfiguration): Promise<boolean> {
    const before = this.#configuration;
    if (!before || !this.#isCarriedOut || this.#structure === undefined || this.#unbound.length > 0) return false;
    const changed = changedFew(before, configuration);
    if (!changed) return false;
    this.#isCarriedOut = false;
    this.#health.expect(configuration);
    try {
      const left = await this.#carryOutFew(changed);
      this.#configuration = configuration;
      this.#schedule(left);
      this.#isCarriedOut = true;
      return true;
    } catch (error) {
      // All of it is looked at then, and the worker replaced or started anew where that is needed.
      if (error instanceof HaproxyRefusalError || nobodyListens(error)) return false;
      throw error;
    }
  }

  /** Requests go elsewhere before servers do. Tells whether servers are left that could not be removed yet. */
  async #carryOutFew({ clientSets, tables, backends }: FewChanges): Promise<boolean> {
    await this.#clients.change(clientSets);
    await this.#tables.change(tables);
    return this.#settleFew(backends);
  }

  async #settleFew(backends: readonly ProxyBackend[]): Promise<boolean> {
    if (backends.length === 0) return false;
    const some = { listeners: [], backends };
    const tables = await askHaproxyAll(
      this.#files.workerSocket,
      backends.map(({ id }) => `show stat ${backendName(id)} 4 -1`),
    );
    const rows = tables.flatMap((table) => parseStatTable(table));
    this.#health.observe(rows, some);
    const observed = rowsByBackend(rows);
    const commands = backends.flatMap((backend) => {
      const name = backendName(backend.id);
      return planServerChanges(name, this.#desired(backend), observed.get(name) ?? new Map());
    });
    let left = false;
    for (let at = 0; at < commands.length; at += BATCH) left = (await this.#carryOut(commands.slice(at, at + BATCH))) || left;
    this.#report(some);
    return left;
  }

  /** @param worked what HAProxy is known to work by */
  async #bringAbout(configuration: ProxyConfiguration, worked: ProxyConfiguration | undefined): Promise<void> {
    this.#isCarriedOut = false;
    const workers = await this.#process.workers();
    if (workers?.current === undefined && this.#structure !== undefined) this.#structure = undefined;
    const rendered =
      workers !== undefined && this.#structure !== undefined ? await this.#upToDate(configuration, worked) : this.#render(configuration);
    if (workers !== undefined && rendered.structure !== this.#structure) {
      if (this.#structure === undefined) await this.#check(rendered);
      await this.#reload(rendered);
      await this.#changeClients(configuration);
      await this.#cutRemoved(configuration);
      this.#report(configuration);
      this.#isCarriedOut = true;
      // It has all that it is to have from its configuration. What its checks say since is looked at next.
      this.#restUntil = 0;
      return this.#refresh();
    }
    if (workers === undefined) await this.#start(rendered);
    else await this.#changeAtRunTime(rendered);
    await this.#changeClients(configuration);
    await this.#settle(configuration);
    this.#isCarriedOut = true;
  }

  async #changeClients(configuration: ProxyConfiguration): Promise<void> {
    try {
      await this.#clients.change(configuration.clientSets ?? []);
    } catch (error) {
      if (!(error instanceof HaproxyRefusalError)) throw error;
      this.#options.logger?.warn("HAProxy refused a change of clients at run time, so it reloads", { reason: error.message });
      const rendered = this.#render(configuration);
      await this.#check(rendered);
      await this.#reload(rendered);
    }
  }

  /**
   * A configuration with the health that a worker sees now. Where it takes a reload, HAProxy is asked meanwhile whether it takes what is new, which does not
   * depend on health; the master tries all of it once more, and goes on with what it has where it refuses.
   */
  async #upToDate(configuration: ProxyConfiguration, worked: ProxyConfiguration | undefined): Promise<RenderedConfiguration> {
    const rendered = this.#render(configuration);
    const isTaken = rendered.structure === this.#structure ? undefined : this.#check(this.#render(untriedPart(worked, configuration)));
    const [rows] = await Promise.all([worked && this.#areRowsKnown ? undefined : this.#currentRows(), isTaken]);
    return rows && this.#health.observe(rows, configuration) ? this.#render(configuration) : rendered;
  }

  /** Gives a worker the tables and certificates that it is to have, without a reload where it takes them so. */
  async #changeAtRunTime(rendered: RenderedConfiguration): Promise<void> {
    try {
      await this.#tables.change(rendered.tables);
      await this.#showCertificates(rendered);
    } catch (error) {
      if (!(error instanceof HaproxyRefusalError)) throw error;
      this.#options.logger?.warn("HAProxy did not take a table or a certificate at run time, so it reloads", { reason: error.message });
      await this.#check(rendered);
      await this.#reload(rendered);
    }
  }

  async #showCertificates(rendered: RenderedConfiguration): Promise<void> {
    const steps = planCertificateChanges(this.#shown, rendered.certificates);
    if (steps?.length === 0) return;
    if (!steps) throw new HaproxyRefusalError("it is not known which certificates it has, or one is too long");
    await this.#tls.forget();
    for (const { commands, done, undo, after } of steps) {
      const answer = (await askHaproxyAll(this.#files.workerSocket, commands)).at(-1) ?? "";
      if (done.test(answer)) {
        this.#shown = this.#shown && after(this.#shown);
        continue;
      }
      if (undo !== undefined) await askHaproxy(this.#files.workerSocket, undo);
      throw new HaproxyRefusalError(answer);
    }
    await this.#noteShown(rendered.structure, shownIn(rendered.certificates));
  }

  async #noteShown(structure: string, shown: ShownCertificates): Promise<void> {
    this.#shown = shown;
    await this.#tls.note(structure, shown);
  }

  /** Brings the servers in line with health, which may tell of targets that are no longer `initial`, until nothing changes. */
  async #settle(configuration: ProxyConfiguration): Promise<void> {
    const began = this.#options.clock.now();
    this.#areRowsKnown = true;
    const rows = await this.#currentRows();
    this.#health.observe(rows, configuration);
    try {
      await this.#changeServers(configuration, rows);
    } catch (error) {
      if (!(error instanceof HaproxyRefusalError)) throw error;
      this.#options.logger?.warn("HAProxy refused a change at run time, so it reloads", { reason: error.message });
      const rendered = this.#render(configuration);
      await this.#check(rendered);
      await this.#reload(rendered);
    }
    this.#report(configuration);
    const ended = this.#options.clock.now();
    this.#restUntil = ended + REST * (ended - began);
  }

  async #changeServers(configuration: ProxyConfiguration, table: readonly ServerRow[]): Promise<void> {
    const rows = rowsByBackend(table);
    const desired = configuration.backends.map((backend) => ({ backend, servers: this.#desired(backend) }));
    const tokens = new Map(desired.flatMap(({ backend, servers }) => [...tokensOf(backend, servers, this.#secret)]));
    const { before, after } = planTokenChanges(await this.#knownTokens(configuration), tokens);
    const changes = desired.flatMap(({ backend, servers }) => {
      const name = backendName(backend.id);
      return planServerChanges(name, servers, rows.get(name) ?? new Map());
    });
    const commands = [...before, ...changes, ...after];
    let left = false;
    this.#tokens = undefined;
    for (let at = 0; at < commands.length; at += BATCH) left = (await this.#carryOut(commands.slice(at, at + BATCH))) || left;
    this.#tokens = tokens;
    await this.#cutRemoved(configuration);
    this.#schedule(left);
  }

  #desired(backend: ProxyBackend): readonly DesiredServer[] {
    return desiredServersOf(backend, (server) => this.#health.of(backend, server));
  }

  /** HAProxy has the map only where a backend asks for it. */
  async #knownTokens({ backends }: ProxyConfiguration): Promise<StickyTokens> {
    if (!backends.some(({ stickiness }) => byCookie(stickiness))) return new Map();
    return this.#tokens ?? parseTokens(await askHaproxy(this.#files.workerSocket, SHOW_TOKENS));
  }

  /** Ends what workers, also those that a reload replaced, still carry to servers that are gone, where the backend wants that. */
  async #cutRemoved(configuration: ProxyConfiguration): Promise<void> {
    const cutting = configuration.backends.filter(({ stream }) => stream?.cutsRemoved);
    if (cutting.length === 0) return;
    const wanted = new Map(cutting.map((backend) => [backendName(backend.id), new Set(backend.servers.map(({ id }) => id))]));
    for (const pid of await this.#workerPids()) {
      const asked = (command: string): Promise<string> => askHaproxy(this.#files.masterSocket, `@!${pid} ${command}`);
      const gone = removedButBusy(parseStatTable(await asked("show stat -1 4 -1")), wanted);
      // By session: a replaced worker calls its backends disabled, and takes no command about their servers.
      const sessions = gone.size === 0 ? [] : sessionsWith(gone, await asked("show sess"));
      for (const session of sessions) await asked(`shutdown session ${session}`);
    }
  }

  /** Tells whether something is left: a server that still has connections stays in maintenance and is removed later. */
  async #carryOut(commands: readonly ServerCommand[]): Promise<boolean> {
    const answers = await askHaproxyAll(
      this.#files.workerSocket,
      commands.map(({ text }) => text),
    );
    const undone = commands.flatMap((command, at) => (wasDone(answers[at] ?? "") ? [] : [{ command, answer: answers[at] ?? "" }]));
    const refused = undone.find(({ command }) => command.mayWait !== true);
    if (refused) throw new HaproxyRefusalError(`${refused.command.text}: ${refused.answer}`);
    return undone.length > 0;
  }

  /** What has no event: a target that fails for as long as its threshold allows, and a removed server whose last request ends. */
  #schedule(serversLeft: boolean, ...besides: readonly number[]): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const waits = [...besides, ...(serversLeft ? [removalRetry] : []), ...this.#health.deadlines()];
    if (waits.length === 0 || this.#closed) return;
    this.#timer = this.#options.clock.after(Math.min(...waits) * 1000, () => this.#refresh());
  }

  #refresh(): void {
    this.#areRowsKnown = false;
    if (this.#refreshWaits || this.#closed) return;
    this.#refreshWaits = true;
    void this.#enqueue(() => this.#lookAnew()).catch((error: unknown) => this.#workerGone(error));
  }

  /** First at targets that have not passed yet, which a deployment waits for; at all of them so often that it takes a part of the time alone. */
  async #lookAnew(): Promise<void> {
    this.#refreshWaits = false;
    const configuration = this.#configuration;
    if (this.#closed || configuration === undefined) return;
    const rest = this.#restUntil - this.#options.clock.now();
    if (rest <= 0 || !this.#isCarriedOut) return this.#settle(configuration);
    const initial = this.#health.initial();
    const waiting = initial.size === 0 ? [] : configuration.backends.filter((backend) => initial.has(backend.id) && this.#awaits(backend));
    const left = waiting.length > FEW ? true : await this.#settleFew(waiting);
    this.#schedule(left, rest / 1000);
  }

  #awaits(backend: ProxyBackend): boolean {
    // Cookies are of all backends together.
    if (byCookie(backend.stickiness)) return false;
    return backend.servers.some((server) => !server.draining && this.#health.of(backend, server) === "initial");
  }

  /** While something is carried out, what is read of the worker may be older than what it tells. */
  #checksTold(text: string): void {
    const up = this.#inLane > 0 ? undefined : upAlone(text);
    if (!up?.every(({ backend, server }) => this.#health.isHealthy(backend, server))) this.#refresh();
  }

  /** The worker that we watch ended, or cannot be asked. */
  #workerGone(cause?: unknown): void {
    this.#detach();
    this.#recover(cause);
  }

  /** HAProxy is started anew where it does not run, and attached to again where it does. */
  #recover(cause?: unknown): void {
    if (this.#closed) return;
    void this.#enqueue(async () => {
      const configuration = this.#configuration;
      if (this.#closed || configuration === undefined) return;
      this.#isCarriedOut = false;
      if (!(await this.#attachAgain())) {
        // A master that lost its worker ends by itself.
        await this.#process.ended();
        // Its connections close before its ports do.
        if (this.#worker !== undefined) await this.#process.gone(this.#worker);
        this.#worker = undefined;
        this.#structure = undefined;
        this.#bound = new Set();
        this.#health.forgetTold();
        this.#tellStopped("HAProxy ended while the control plane was running");
      }
      await this.#applyNow(configuration);
    }).catch((error: unknown) => {
      if (this.#closed) return;
      // A port that somebody took meanwhile may be free again later, and nobody else would try.
      const lost = error instanceof ListenerBindError ? "a port was lost to somebody else" : "HAProxy could not be brought back";
      this.#options.logger?.error(`${lost}; trying again`, { error: String(error), cause: String(cause) });
      this.#retry = this.#options.clock.after(restartDelay * 1000, () => this.#recover(error));
    });
  }

  /** Tells whether there is a worker to attach to. A master may still name one that has just ended. */
  async #attachAgain(): Promise<boolean> {
    const workers = await this.#process.workers();
    if (workers?.current === undefined) return false;
    try {
      await this.#attach();
      return true;
    } catch (error) {
      if (nobodyListens(error)) return false;
      throw error;
    }
  }

  async #start(rendered: RenderedConfiguration): Promise<void> {
    await this.#writeFiles(rendered);
    const workers = await this.#tls.during(rendered.readFiles, () => this.#process.start());
    await this.#noteShown(rendered.structure, shownIn(rendered.certificates));
    this.#options.logger?.info("HAProxy started", { master: workers.master });
    this.#bound = bindsIn(rendered.text);
    await this.#attach();
    this.#tables.started(rendered.tables);
  }

  /** To a configuration that was checked. */
  async #reload(rendered: RenderedConfiguration): Promise<void> {
    await this.#writeFiles(rendered);
    this.#detach();
    try {
      await this.#tls.during(rendered.readFiles, () => this.#process.reload());
      this.#bound = bindsIn(rendered.text);
      await this.#noteShown(rendered.structure, shownIn(rendered.certificates));
    } finally {
      await this.#attach();
    }
    this.#tables.started(rendered.tables);
  }

  async #attach(): Promise<void> {
    this.#detach();
    this.#areRowsKnown = false;
    this.#tables.forget();
    this.#clients.forget();
    this.#tokens = undefined;
    this.#watch = await watchHealthRing(
      this.#files.workerSocket,
      (text) => this.#checksTold(text),
      () => this.#workerGone(),
    );
    const information = await askHaproxy(this.#files.workerSocket, "show info");
    const pid = /^Pid: (\d+)$/m.exec(information)?.[1];
    this.#worker = pid === undefined ? undefined : Number(pid);
    this.#structure = /^description: (\S+)$/m.exec(information)?.[1];
  }

  #detach(): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
  }

  async #unbindable(configuration: ProxyConfiguration): Promise<readonly ListenerBindFailure[]> {
    const binds = placesOf(configuration).flatMap(({ id, addresses, port }) =>
      addresses.map((address) => ({ listener: id, address, port })),
    );
    const free = await Promise.all(
      binds.map(async ({ address, port }) => this.#bound.has(`${address} ${port}`) || (await canBind(address, port))),
    );
    return binds.filter((_bind, at) => free[at] === false);
  }

  #render(configuration: ProxyConfiguration): RenderedConfiguration {
    const healthOf = (backend: ProxyBackend, server: ProxyServer): Health => this.#health.of(backend, server);
    return renderConfiguration(configuration, healthOf, this.#unbound, this.#secret, this.#options);
  }

  async #writeFiles(rendered: RenderedConfiguration): Promise<void> {
    await replaceFile(this.#files.serverState, rendered.serverState);
    await replaceFile(this.#files.stickyMap, rendered.stickyMap);
    await replaceFile(this.#files.configuration, rendered.text);
  }

  async #currentRows(): Promise<readonly ServerRow[]> {
    return parseStatTable(await askHaproxy(this.#files.workerSocket, "show stat -1 4 -1"));
  }

  /** The servers of every worker, of those that a reload replaced and that still carry something too. */
  async #rowsOfAll(): Promise<readonly ServerRow[]> {
    const rows: ServerRow[] = [];
    for (const pid of await this.#workerPids())
      rows.push(...parseStatTable(await askHaproxy(this.#files.masterSocket, `@!${pid} show stat -1 4 -1`)));
    return rows;
  }

  /** Of every worker that carries something. */
  async #workerPids(): Promise<readonly number[]> {
    const workers = await this.#process.workers();
    return workers ? [...(workers.current === undefined ? [] : [workers.current]), ...workers.retired] : [];
  }

  #report(configuration: ProxyConfiguration): void {
    for (const report of this.#health.changes(configuration)) {
      for (const listener of this.#listeners) listener(report);
    }
  }

  #tellStopped(why: string): void {
    this.#options.logger?.warn(why);
    this.#options.stopped?.(why);
  }
}

/** Commands that one connection carries: a worker answers others meanwhile. */
const BATCH = 500;
/** How many times as long as it took it rests before it looks at the whole table again, unless told to. */
const REST = 3;
/** Backends that are looked at one by one. */
const FEW = 64;
/** Seconds until the next try to remove a server that still had connections. HAProxy tells nobody when the last one ends. */
const removalRetry = 1;
/** Seconds until the next try to bring back a proxy that does not start. */
const restartDelay = 2;

/** The `address port` pairs of the bind lines in a configuration of ours. */
function bindsIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/^ {4}bind (?:ipv6@)?(\S+):(\d+)(?: .*)?$/gm)].map(([, address, port]) => `${address} ${port}`));
}

function placesOf({ listeners, streams = [], entrances = [], aliases = [] }: ProxyConfiguration): readonly ListenerPlace[] {
  return [...listeners, ...streams, ...entrances, ...aliases];
}

/** A port may be taken between our try and HAProxy's: then its message names the place in brackets. */
function bindFailure(error: unknown, configuration: ProxyConfiguration): ListenerBindError | undefined {
  if (!(error instanceof HaproxyRefusalError) || !/cannot bind socket/.test(error.message)) return undefined;
  const failures = placesOf(configuration).flatMap(({ id, addresses, port }) =>
    addresses.filter((address) => error.message.includes(`[${address}:${port}]`)).map((address) => ({ listener: id, address, port })),
  );
  const [first, ...others] = failures;
  return first === undefined ? undefined : new ListenerBindError([first, ...others]);
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
