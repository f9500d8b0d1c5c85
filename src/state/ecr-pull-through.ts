import type { UpstreamRegistry } from "@aws-sdk/client-ecr";
import { exchangePrefix, mostExact } from "../domain/repository-prefix.ts";
import type { Scope } from "../domain/scope.ts";
import type { State } from "./state.ts";
import { accountOfKey, defineTable, ofAccount } from "./table.ts";

/** Where the images below a prefix come from when they are not here. Times are in milliseconds. */
export interface PullThroughRuleRecord extends Scope {
  /** Without a slash at its end; `ROOT` for all that no other one covers. */
  readonly prefix: string;
  /** As it was given: a host, perhaps with a port, perhaps with `https://` or `http://`. */
  readonly upstreamUrl: string;
  /** AWS's name of it; absent for registries that AWS does not know. */
  readonly upstreamRegistry?: UpstreamRegistry;
  /** What stands in the place of the prefix over there; `ROOT` for nothing. */
  readonly upstreamPrefix: string;
  /** The secret of Secrets Manager with `username` and `accessToken`. */
  readonly credentialArn?: string;
  readonly customRoleArn?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export function pullThroughRuleKey({ account, region }: Scope, prefix: string): string {
  return `${account}/${region}/${prefix}`;
}

export const pullThroughRules = defineTable<PullThroughRuleRecord>()(
  "ecr.pull-through-rules",
  (rule) => pullThroughRuleKey(rule, rule.prefix),
  ofAccount,
  { scope: ({ account, region }) => `${account}/${region}` },
);

/** The rule for a repository, whether it is there or not: the one with the most exact prefix. */
export function pullThroughRuleFor(state: State, { account, region }: Scope, repository: string): PullThroughRuleRecord | undefined {
  return mostExact(state.table(pullThroughRules).by("scope", `${account}/${region}`), ({ prefix }) => prefix, repository);
}

/** What a repository is called over there. */
export function upstreamRepository({ prefix, upstreamPrefix }: PullThroughRuleRecord, repository: string): string {
  return exchangePrefix(repository, prefix, upstreamPrefix);
}

/** `https://host` for a bare host, or `http://` where it is this machine, as docker does; as written where it says itself. */
export function upstreamOrigin(url: string): string {
  const text = /^https?:\/\//.test(url) ? url : `${/^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(url) ? "http" : "https"}://${url}`;
  return new URL(text).origin;
}

/** That a tag meant this digest upstream when it was last asked. A tag on another digest was pushed by somebody here, and is left alone. */
export interface UpstreamTagRecord {
  /** Its `repositoryKey`. */
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  readonly checkedAt: number;
}

export const upstreamTags = defineTable<UpstreamTagRecord>()(
  "ecr.upstream-tags",
  ({ repository, tag }) => `${repository}:${tag}`,
  ({ repository }) => accountOfKey(repository),
  {
    repository: ({ repository }) => repository,
  },
);

/** Source: Amazon ECR User Guide, "Pull through cache": a tag is looked up upstream at most once in 24 hours. */
export const REVALIDATE_AFTER_MS = 24 * 3_600_000;

/**
 * Whether what is here of a tag or digest may be served without asking upstream: a digest always means the same; a tag that somebody
 * pushed here is theirs; one from upstream is good for a while.
 */
export function isGoodHere(
  state: State,
  repository: string,
  reference: string,
  here: { readonly digest: string } | undefined,
  now: number,
): boolean {
  if (!here || reference.includes(":")) return here !== undefined;
  const last = state.table(upstreamTags).get(`${repository}:${reference}`);
  return last?.digest !== here.digest || now - last.checkedAt < REVALIDATE_AFTER_MS;
}
