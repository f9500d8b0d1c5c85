import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { auditor } from "../audit/auditor.ts";
import { strangers } from "../audit/strangers.ts";
import { targetSurroundings } from "../control/load-balancing/target-surroundings.ts";
import { memoryAuditLog } from "../drivers/memory/audit-log.ts";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { memoryVulnerabilityData } from "../drivers/memory/vulnerability-data.ts";
import { oidcIdentityProviders } from "../drivers/oidc/identity-providers.ts";
import { systemClock } from "../drivers/system/clock.ts";
import { systemIds } from "../drivers/system/ids.ts";
import { secretBox } from "../drivers/system/secret-box.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../domain/scope.ts";
import { gateway } from "../gateway/gateway.ts";
import { credentials } from "../authorization/credentials.ts";
import { webConsole } from "../gateway/console/console.ts";
import type { Limits } from "../gateway/limits.ts";
import type { Throttle } from "../gateway/throttle.ts";
import { httpServer } from "../gateway/server.ts";
import type { ServiceDescriptor } from "../services/service.ts";
import type { Platform } from "../services/platform.ts";
import { SERVICES } from "../services/catalogue.ts";
import { accessKeys, sealAccessKey, users } from "../state/iam.ts";
import { JournaledState } from "../state/journaled-state.ts";
import type { WholeState } from "../state/state.ts";
import { runAws, type CliResult } from "./aws-cli.ts";
import { AUTHORITY_PEM, memoryObjects } from "./memory-objects.ts";

export const TEST_KEYS = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY" } as const;

/** Root of another account that lives in the same world. */
export const FOREIGN_ACCOUNT = "210987654321";
export const FOREIGN_KEYS = { accessKeyId: "AKIAFOREIGNROOTEXAMP", secretAccessKey: "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" } as const;

/** The APIs alone: a gateway on a port of its own over memory. No control loop runs, so what an operation asks for does not come about. */
export interface ApiWorld extends AsyncDisposable {
  readonly url: string;
  readonly state: WholeState;
  readonly platform: Platform;
  /** An SDK client of this world, with root's keys where no others are given: `api.client(ECSClient)`. */
  client<C>(constructor: new (config: ClientSettings) => C, region?: string, keys?: Keys): C;
  /** The keys of a user of the default account, made anew, with these policies inline. */
  user(name: string, ...policies: readonly object[]): Keys;
  /** Runs the `aws` command line. */
  aws(...args: readonly string[]): Promise<CliResult>;
  /** Defects that operations threw. A test that expects none asserts that it is empty. */
  readonly defects: readonly unknown[];
}

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface ClientSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Keys;
  readonly maxAttempts: number;
  readonly disableHostPrefix?: boolean;
}

export interface ApiWorldOptions {
  readonly throttle?: Throttle;
  readonly limits?: Partial<Limits>;
  /** Those of the catalogue where absent. */
  readonly services?: readonly ServiceDescriptor[];
  /** Where the pages of the console are; none are built where absent. */
  readonly consoleFolder?: string;
  /** What is told of tasks that are asked about. */
  readonly explainTask?: (task: string) => unknown;
}

/** @param parts what the operations under test need beyond memory state: a blob store, a log store */
export async function apiWorld(
  parts: Partial<Platform> = {},
  { throttle, limits, services = SERVICES, consoleFolder = "/nowhere", explainTask }: ApiWorldOptions = {},
): Promise<ApiWorld> {
  const state = parts.state ?? new JournaledState(memoryJournal());
  const secrets = parts.secrets ?? secretBox(Buffer.alloc(32, 7));
  const roots = [
    { account: DEFAULT_ACCOUNT, ...TEST_KEYS },
    { account: FOREIGN_ACCOUNT, ...FOREIGN_KEYS },
  ];
  const platform: Platform = {
    state,
    clock: systemClock,
    ids: systemIds,
    secrets,
    credentials: credentials({ state, secrets, roots: () => roots }),
    identityProviders: oidcIdentityProviders({ clock: parts.clock ?? systemClock }),
    logs: absent("log store"),
    audit: memoryAuditLog(),
    blobs: absent("blob store"),
    upstreams: absent("client of other registries"),
    vulnerabilities: memoryVulnerabilityData(),
    objects: memoryObjects(new Map([["bundles/authority.pem", AUTHORITY_PEM]])),
    targetSurroundings: targetSurroundings({ state, host: () => ({ ownBlocks: [], bridgedBlocks: [] }), openedBlocks: [] }),
    registryHost: "localhost:4566",
    ...parts,
  };
  const defects: unknown[] = [];
  const unproved = strangers({ log: platform.audit, clock: platform.clock, ids: platform.ids });
  const audit = auditor({ log: platform.audit, strangers: unproved.record, state, ids: platform.ids });
  const console = webConsole({ folder: consoleFolder, platform, audit, ...(explainTask ? { explainTask } : {}) });
  const server = httpServer({
    console,
    gateway: gateway({
      services,
      platform,
      failed: (cause) => defects.push(cause),
      audit,
      ...(throttle ? { throttle } : {}),
    }),
    registry: (_request, response) => void response.writeHead(404).end(),
    failed: (cause) => defects.push(cause),
    // Tests try what is refused by the thousand: they need not wait for their turns.
    limits: { strangers: { rate: 1e6, burst: 1e6 }, ...limits },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const home = await mkdtemp(join(tmpdir(), "airfield-api-"));
  const disposals: (() => void)[] = [];
  return {
    url,
    state,
    platform,
    defects,
    user: (name, ...policies) => newUser(platform, name, policies),
    client(constructor, region = DEFAULT_REGION, keys = TEST_KEYS) {
      // Some operations of AWS's are at a name of their own: `data-` and the endpoint's.
      const client = new constructor({ endpoint: url, region, credentials: keys, maxAttempts: 1, disableHostPrefix: true });
      disposals.push(() => (client as { destroy?: () => void }).destroy?.());
      return client;
    },
    aws: (...args) => runAws({ url, ...TEST_KEYS, home }, args),
    async [Symbol.asyncDispose]() {
      for (const dispose of disposals) dispose();
      console[Symbol.dispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Writes the records that CreateUser, PutUserPolicy and CreateAccessKey would write. */
function newUser({ state, ids, secrets, clock }: Platform, name: string, policies: readonly object[]): Keys {
  const account = DEFAULT_ACCOUNT;
  const keys = { accessKeyId: `AKIA${ids.alphanumeric(16).toUpperCase()}`, secretAccessKey: ids.hex(40) };
  const createdAt = clock.now();
  const inlinePolicies = Object.fromEntries(policies.map((policy, at) => [`policy-${at}`, JSON.stringify(policy)]));
  const user = { id: `AIDA${ids.alphanumeric(17).toUpperCase()}`, arn: `arn:aws:iam::${account}:user/${name}`, name, path: "/", account };
  state.commit(() => {
    state.table(users).put({ ...user, inlinePolicies, attachedPolicies: [], groups: [], tags: [], createdAt });
    const sealed = sealAccessKey(secrets, keys.accessKeyId, keys.secretAccessKey);
    state.table(accessKeys).put({ id: keys.accessKeyId, account, userName: name, status: "Active", sealed, createdAt });
  });
  return keys;
}

/** Stands in for a part that a test did not bring: using it fails with its name. */
function absent(part: string): never {
  return new Proxy(
    {},
    {
      get(_target, member) {
        throw new Error(`this world has no ${part} (${String(member)} was used); hand one to apiWorld`);
      },
    },
  ) as never;
}
