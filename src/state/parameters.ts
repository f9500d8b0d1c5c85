import type { ParameterTier, ParameterType, Tag } from "@aws-sdk/client-ssm";
import { arn, parseArn } from "../domain/arn.ts";
import { keyInScope, type Scope, scopeKey } from "../domain/scope.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

// Times are milliseconds since the Unix epoch.

export interface ParameterVersionRecord {
  readonly version: number;
  readonly type: ParameterType;
  /** The value; of a SecureString, sealed (`parameter-sealing.ts`). */
  readonly value: string;
  /** The KMS key that it is sealed under; absent where that is the default one. */
  readonly keyArn?: string;
  readonly description?: string;
  /** Of a SecureString: the key as it was asked for. */
  readonly keyId?: string;
  readonly allowedPattern?: string;
  readonly dataType: string;
  readonly tier: ParameterTier;
  /** A label names one version of a parameter only. */
  readonly labels?: readonly string[];
  readonly policies?: readonly ParameterPolicyRecord[];
  readonly modifiedAt: number;
  readonly modifiedBy: string;
}

/** What is to happen to a parameter by itself: it is deleted, or somebody is told. */
export type ParameterPolicyRecord = {
  /** As it was sent: JSON. */
  readonly text: string;
} & (
  | { readonly type: "Expiration"; readonly at: number }
  /** `before` the expiration, in milliseconds. */
  | { readonly type: "ExpirationNotification"; readonly before: number }
  /** `after` the last change, in milliseconds. */
  | { readonly type: "NoChangeNotification"; readonly after: number }
);

/** A policy that shares a parameter with other accounts. */
export interface ParameterSharingRecord {
  readonly id: string;
  /** Changes with the document: tells whether somebody else changed it meanwhile. */
  readonly hash: string;
  /** JSON text. */
  readonly document: string;
}

export interface ParameterRecord {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** Oldest first; the last one is the parameter's value. */
  readonly versions: readonly ParameterVersionRecord[];
  readonly tags: readonly Tag[];
  readonly sharing?: ParameterSharingRecord;
}

export function parameterKey(scope: Scope, name: string): string {
  return keyInScope(scope, name);
}

export const parameters = defineTable<ParameterRecord>()(
  "ssm.parameters",
  (parameter) => parameterKey(parameter, parameter.name),
  ofAccount,
  {
    scope: scopeKey,
    /** The regions of parameters that are shared. */
    shared: ({ region, sharing }) => sharing && region,
  },
);

export function parameterArn(scope: Scope, name: string): string {
  return arn("ssm", scope, `parameter${name.startsWith("/") ? "" : "/"}${name}`);
}

/** `name`, `name:3`, `name:label` or one of them as an ARN, taken apart. */
export interface ParameterReference {
  readonly scope: Scope;
  /** The names that it may mean: an ARN does not tell whether a name begins with a slash. None where an ARN is no parameter's. */
  readonly names: readonly string[];
  /** What follows the name: `:3`, `:label`. */
  readonly selector?: string;
}

export function parameterReference(scope: Scope, text: string): ParameterReference {
  const parsed = parseArn(text);
  const [, path = "", selector] = /^([^:]*)(:.*)?$/s.exec(parsed ? parsed.resource : text) ?? [];
  const selected = selector === undefined ? {} : { selector };
  if (!parsed) return { scope: { account: scope.account, region: scope.region }, names: spellings(path), ...selected };
  // To the letter: of `parameter//a` policies are asked under another name than that of the parameter `/a`.
  const [, rooted] = /^parameter(\/(?!\/).*)$/s.exec(path) ?? [];
  const names = parsed.service === "ssm" && rooted !== undefined ? [rooted, rooted.slice(1)] : [];
  return { scope: { account: parsed.account, region: parsed.region }, names, ...selected };
}

/** The names under which a parameter may be found: at the root, with a slash before it and without one, it is the same. */
function spellings(name: string): readonly string[] {
  const bare = name.replace(/^\//, "");
  if (bare === "" || bare.includes("/")) return [name];
  return name === bare ? [name, `/${bare}`] : [name, bare];
}

/** A parameter of an account and region by its name. */
export function parameterNamed(state: State, scope: Scope, name: string): ParameterRecord | undefined {
  const table = state.table(parameters);
  return spellings(name)
    .map((one) => table.get(parameterKey(scope, one)))
    .find((found) => found !== undefined);
}

export type FoundParameter =
  | { readonly parameter: ParameterRecord; readonly version: ParameterVersionRecord }
  /** The parameter is there, the version that was asked for is not. */
  | { readonly parameter: ParameterRecord; readonly version: undefined }
  | { readonly parameter: undefined; readonly version: undefined };

export function findParameter(state: State, { scope, names, selector }: ParameterReference): FoundParameter {
  const table = state.table(parameters);
  const parameter = names.map((name) => table.get(parameterKey(scope, name))).find((found) => found !== undefined);
  if (!parameter) return { parameter: undefined, version: undefined };
  if (selector === undefined) return { parameter, version: latest(parameter) };
  // Labels never begin with a digit, so that they are no version's number.
  const wanted = selector.slice(1);
  return {
    parameter,
    version: parameter.versions.find(({ version, labels = [] }) => String(version) === wanted || labels.includes(wanted)),
  };
}

export function latest({ name, versions }: ParameterRecord): ParameterVersionRecord {
  const last = versions.at(-1);
  if (!last) throw new Error(`the parameter ${name} has no version`);
  return last;
}

/** When a policy takes effect; `undefined` where it waits for an expiration that there is not. */
export function policyDue(policy: ParameterPolicyRecord, { policies = [], modifiedAt }: ParameterVersionRecord): number | undefined {
  switch (policy.type) {
    case "Expiration":
      return policy.at;
    case "NoChangeNotification":
      return modifiedAt + policy.after;
    case "ExpirationNotification": {
      const expiration = policies.find(({ type }) => type === "Expiration");
      return expiration?.type === "Expiration" ? expiration.at - policy.before : undefined;
    }
  }
}
