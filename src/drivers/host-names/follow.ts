import { mkdirSync, watch } from "node:fs";
import { createSecureContext, type SecureContext } from "node:tls";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import { serverCertificate } from "./certificates.ts";
import { forgetEndpointState, HOST_NAMES_FILE, readHostNames, writeEndpointState, type HostNames } from "./record.ts";

export interface FollowOptions {
  /** The folder that `airfield hosts` writes to; made where it is absent. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Opens the door for TLS; 443 is what ECR's names imply. */
  readonly open: (door: {
    readonly address: string;
    readonly port: number;
    readonly context: () => Promise<SecureContext>;
  }) => Promise<AsyncDisposable>;
  readonly port?: number;
  /** Told which names are served, whenever that changes. */
  readonly served?: (hosts: readonly string[]) => void;
}

/**
 * Listens with TLS while host names are on, as the folder says now and whenever it changes, and notes there what became of it. Resolves when the
 * first state is reached. A port that cannot be opened is told, and is no failure of the server.
 */
export async function followHostNames({
  folder,
  clock,
  logger,
  open,
  port = 443,
  served = () => undefined,
}: FollowOptions): Promise<AsyncDisposable> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let current: HostNames | undefined;
  let door: AsyncDisposable | undefined;
  const context = contextFor(folder, clock, () => current);

  async function close(): Promise<void> {
    await door?.[Symbol.asyncDispose]();
    door = undefined;
  }

  async function apply(): Promise<void> {
    const names = await readHostNames(folder);
    if (names?.revision === current?.revision) return;
    const moved = names?.address !== current?.address;
    current = names;
    if (!names || moved) await close();
    if (!names) {
      served([]);
      await forgetEndpointState(folder);
      return;
    }
    const state = { pid: process.pid, revision: names.revision };
    try {
      await context();
      // A door that is open asks for the certificate of the new hosts itself.
      door ??= await open({ address: names.address, port, context });
      served(names.hosts);
      await writeEndpointState(folder, state);
      logger.info("ECR's host names are served", { address: names.address, hosts: names.hosts });
    } catch (cause) {
      served([]);
      await close();
      const { code = "UNKNOWN", message } = cause as NodeJS.ErrnoException;
      logger.warn("ECR's host names are on, but cannot be served", { address: names.address, cause: message });
      await writeEndpointState(folder, { ...state, problem: { code, message } });
    }
  }

  // One change after the other. What cannot even be noted in the folder is told in the log.
  let last = Promise.resolve();
  const again = (): Promise<void> => {
    last = last.then(apply).catch((cause: unknown) => logger.warn("the record of host names cannot be followed", { cause: String(cause) }));
    return last;
  };
  const watcher = watch(folder, { persistent: false }, (_event, file) => {
    if (file === null || file === HOST_NAMES_FILE) void again();
  });
  watcher.on("error", (cause) => logger.warn("the folder of host names is no longer watched", { cause: String(cause) }));
  await again();

  return {
    async [Symbol.asyncDispose]() {
      watcher.close();
      await last;
      await close();
      if (current) await forgetEndpointState(folder);
    },
  };
}

/** What to show at a handshake: made anew when it is due, or when the record is another. Never two at a time. */
function contextFor(folder: string, clock: Clock, record: () => HostNames | undefined): () => Promise<SecureContext> {
  let made: { readonly names: HostNames; readonly renewAt: number; readonly context: SecureContext } | undefined;
  let making: Promise<void> | undefined;

  async function make(names: HostNames): Promise<void> {
    const { certificate, key, renewAt } = await serverCertificate(folder, names.hosts, clock.now());
    made = { names, renewAt, context: createSecureContext({ cert: certificate, key }) };
  }

  return async () => {
    for (;;) {
      const names = record();
      if (!names) throw new Error("host names are off");
      if (made?.names === names && clock.now() < made.renewAt) return made.context;
      making ??= make(names).finally(() => {
        making = undefined;
      });
      await making;
    }
  };
}
