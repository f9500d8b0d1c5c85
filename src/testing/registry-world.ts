import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Principal } from "../domain/principal.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../domain/scope.ts";
import { FilesystemBlobStore } from "../drivers/filesystem/blob-store.ts";
import { imageBills } from "../control/scanning/image-bill.ts";
import { auditor } from "../audit/auditor.ts";
import { strangers } from "../audit/strangers.ts";
import { registryClient } from "../drivers/upstream-registry/registry-client.ts";
import { memoryAuditLog } from "../drivers/memory/audit-log.ts";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { memoryVulnerabilityData, type MemoryVulnerabilityData } from "../drivers/memory/vulnerability-data.ts";
import { oidcIdentityProviders } from "../drivers/oidc/identity-providers.ts";
import { systemClock } from "../drivers/system/clock.ts";
import { systemIds } from "../drivers/system/ids.ts";
import { secretBox } from "../drivers/system/secret-box.ts";
import { gateway } from "../gateway/gateway.ts";
import { credentials, rootPrincipal, type RootKey } from "../authorization/credentials.ts";
import type { Limits } from "../gateway/limits.ts";
import { httpServer } from "../gateway/server.ts";
import type { Clock } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";
import { pullThrough } from "../registry/pull-through/pull-through.ts";
import { registryHandler } from "../registry/registry.ts";
import { mintRegistryToken } from "../state/registry-token.ts";
import { SERVICES } from "../services/catalogue.ts";
import type { Platform } from "../services/platform.ts";
import { JournaledState } from "../state/journaled-state.ts";
import type { Keys } from "./api-world.ts";
import { runAws, runCommand, type CliResult } from "./aws-cli.ts";

const KEYS = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY" } as const;

/** ECR and its registry alone: memory tables, blobs in a folder, a port of its own. */
export interface RegistryWorld extends AsyncDisposable {
  /** `localhost:<port>`. */
  readonly host: string;
  readonly platform: Platform;
  readonly vulnerabilities: MemoryVulnerabilityData;
  /** Where the blobs lie. */
  readonly directory: string;
  /** A folder for the configuration of clients, so that nothing of the user's is touched. */
  readonly home: string;
  readonly defects: readonly unknown[];
  /** An SDK client, with root's keys where no others are given. */
  client<C>(constructor: new (config: object) => C, region?: string, keys?: Keys): C;
  /** The keys of the roots of all accounts, by account. Changes count at once. */
  readonly roots: Map<string, RootKey>;
  aws(...args: readonly string[]): Promise<CliResult>;
  /** Runs a command with the environment of `aws`, and a home of its own. */
  run(command: string, args: readonly string[], input?: string): Promise<CliResult>;
  /** A request below `/v2/`, with a token for the default account and region where `headers` bring none. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** The `Authorization` header of a token, of the account's root where no holder is given. */
  authorization(token?: {
    readonly account?: string;
    readonly region?: string;
    readonly expiresAt?: number;
    readonly holder?: Principal;
  }): string;
}

/**
 * @param options.parent where its folder is made
 * @param options.rootKey what makes its secrets others than those of another world
 * @param options.allowedUpstreams origins that the pull-through cache may read besides the registries that ECR knows
 */
export async function registryWorld(
  options: {
    readonly clock?: Clock;
    readonly journal?: Journal;
    readonly parent?: string;
    readonly rootKey?: number;
    readonly allowedUpstreams?: readonly string[];
    readonly limits?: Partial<Limits>;
  } = {},
): Promise<RegistryWorld> {
  const state = new JournaledState(options.journal ?? memoryJournal());
  const { clock = systemClock, parent = tmpdir(), rootKey = 7, allowedUpstreams = [] } = options;
  const secrets = secretBox(Buffer.alloc(32, rootKey));
  const directory = await mkdtemp(join(parent, "airfield-registry-"));
  const home = join(directory, "home");
  const vulnerabilities = memoryVulnerabilityData();
  let port = 0;
  /** An account that asks has a root with a key of its own. */
  const roots = new Map<string, RootKey>([[DEFAULT_ACCOUNT, { account: DEFAULT_ACCOUNT, ...KEYS }]]);
  const upstreams = registryClient({ clock, allowed: allowedUpstreams });
  const platform: Platform = {
    state,
    clock,
    ids: systemIds,
    secrets,
    credentials: credentials({ state, secrets, roots: () => [...roots.values()] }),
    identityProviders: oidcIdentityProviders({ clock }),
    blobs: await FilesystemBlobStore.open(directory),
    logs: undefined as never,
    audit: memoryAuditLog(),
    vulnerabilities,
    upstreams,
    targetSurroundings: () => ({ ownBlocks: [], bridgedBlocks: [], vpcs: [], openedBlocks: [] }),
    allowedUpstreams,
    get registryHost() {
      return `localhost:${port}`;
    },
  };
  const defects: unknown[] = [];
  const unproved = strangers({ log: platform.audit, clock: platform.clock, ids: platform.ids });
  const failed = (cause: unknown): void => void defects.push(cause);
  const cache = pullThrough({ platform, upstreams, logger: { info: () => undefined, warn: () => undefined, error: () => undefined } });
  const server = httpServer({
    gateway: gateway({ services: SERVICES, platform, failed }),
    registry: registryHandler(platform, {
      failed,
      pullThrough: cache,
      softwareBills: imageBills(platform),
      audit: auditor({ log: platform.audit, strangers: unproved.record, state, ids: platform.ids }),
    }),
    failed,
    // The host form of ECR under an operator's own domain.
    hostNames: ["*.airfield.test"],
    limits: options.limits ?? {},
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ({ port } = server.address() as AddressInfo);
  const url = `http://127.0.0.1:${port}`;
  const clients: { destroy?: () => void }[] = [];
  const target = { url, home, ...KEYS };
  const authorization: RegistryWorld["authorization"] = ({
    account = DEFAULT_ACCOUNT,
    region = DEFAULT_REGION,
    expiresAt,
    holder,
  } = {}) => {
    const now = clock.now();
    const root = roots.get(account) ?? { ...KEYS, account, accessKeyId: `AKIAROOT${account}` };
    roots.set(account, root);
    const principal = holder ?? rootPrincipal(account, root.accessKeyId);
    const claims = {
      account,
      region,
      holder: { kind: "principal", principal },
      issuedAt: now,
      expiresAt: expiresAt ?? now + 60_000,
    } as const;
    return `Basic ${Buffer.from(`AWS:${mintRegistryToken(platform.secrets, claims)}`).toString("base64")}`;
  };
  return {
    host: `localhost:${port}`,
    platform,
    vulnerabilities,
    directory,
    home,
    defects,
    authorization,
    roots,
    client(constructor, region = DEFAULT_REGION, keys = KEYS) {
      const client = new constructor({ endpoint: url, region, credentials: keys, maxAttempts: 1 });
      clients.push(client as { destroy?: () => void });
      return client;
    },
    aws: (...args) => runAws(target, args),
    run: (command, args, input) => runCommand(command, args, { ...process.env, HOME: home }, input),
    fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      if (!headers.has("authorization")) headers.set("authorization", authorization());
      return fetch(`${url}${path}`, { redirect: "manual", ...init, headers });
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy?.();
      await cache[Symbol.asyncDispose]();
      upstreams[Symbol.dispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}
