import type { Principal } from "../domain/principal.ts";
import { type Scope, scopeKey } from "../domain/scope.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

/**
 * The settings of an account's registry that have only these values now, the first of which is the default.
 * Source: ECR API Reference, `PutAccountSetting`. AWS does not say how blob mounting is set at first; here it is on, as clients expect.
 */
export const ACCOUNT_SETTINGS = {
  BASIC_SCAN_TYPE_VERSION: ["AWS_NATIVE"],
  REGISTRY_POLICY_SCOPE: ["V2"],
  BLOB_MOUNTING: ["ENABLED", "DISABLED"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type AccountSettingName = keyof typeof ACCOUNT_SETTINGS;

/** What is set for the registry of one account in one region; there is none where nothing was set. */
export interface RegistryRecord extends Scope {
  /** The policy document as it was set. */
  readonly policy?: string;
  readonly settings: Readonly<Partial<Record<AccountSettingName, string>>>;
}

export function registryKey(scope: Scope): string {
  return scopeKey(scope);
}

export const registries = defineTable<RegistryRecord>()("ecr.registries", registryKey, ofAccount, {});

/** Changes the settings of a registry, whether it has a record yet or not. */
export function changeRegistry(state: State, { account, region }: Scope, change: (registry: RegistryRecord) => RegistryRecord): void {
  const table = state.table(registries);
  const none: RegistryRecord = { account, region, settings: {} };
  state.commit(() => table.put(change(table.get(registryKey(none)) ?? none)));
}

export function accountSetting(state: State, scope: Scope, name: AccountSettingName): string {
  return state.table(registries).get(registryKey(scope))?.settings[name] ?? ACCOUNT_SETTINGS[name][0];
}

/** A user or role whose pulls are not recorded. */
export interface PullTimeExclusionRecord extends Scope {
  readonly principalArn: string;
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

export function pullTimeExclusionKey(scope: Scope, principalArn: string): string {
  return `${registryKey(scope)}/${principalArn}`;
}

export const pullTimeExclusions = defineTable<PullTimeExclusionRecord>()(
  "ecr.pull-time-exclusions",
  (exclusion) => pullTimeExclusionKey(exclusion, exclusion.principalArn),
  ofAccount,
  { registry: registryKey },
);

/** Whether a registry does not record what this principal pulls. */
export function isExcluded(state: State, scope: Scope, principal: Principal): boolean {
  const who = principal.kind === "role-session" ? principal.roleArn : principal.arn;
  return state.table(pullTimeExclusions).has(pullTimeExclusionKey(scope, who));
}
