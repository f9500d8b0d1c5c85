import type { UpstreamRegistry } from "@aws-sdk/client-ecr";
import { exchangePrefix, mostExact } from "../domain/repository-prefix.ts";
import type { Principal } from "../domain/principal.ts";
import { keyInScope, type Scope, scopeKey } from "../domain/scope.ts";
import type { State } from "./state.ts";
import { accountOfKey, defineTable, ofAccount } from "./table.ts";

/** Where the images below a prefix come from when they are not here. Times are in milliseconds. */
export interface PullThroughRuleRecord extends Scope {
  /** Without a slash at its end; `ROOT` for all that no other one covers. */
  readonly prefix: string;
  /** As it was given: a host, perhaps with a port, perhaps with `https://` or `http://`. `upstreamPlace` says what it means, and whether it may be asked. */
  readonly upstreamUrl: string;
  /** AWS's name of it; absent for registries that AWS does not know. */
  readonly upstreamRegistry?: UpstreamRegistry;
  /** What stands in the place of the prefix over there; `ROOT` for nothing. */
  readonly upstreamPrefix: string;
  /** Whether it was asked for: only then it is shown, since Terraform takes one that it did not ask for for a change. */
  readonly upstreamPrefixGiven?: boolean;
  /** The secret of Secrets Manager with `username` and `accessToken`. */
  readonly credentialArn?: string;
  /** Who gave the rule its secret. Absent where that was before it was noted. */
  readonly credentialReader?: CredentialReader;
  readonly customRoleArn?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** By whose right a rule's secret is read, and how they asked when they gave it. */
export interface CredentialReader {
  readonly principal: Principal;
  /** The unique id of the user or role whose policies count; absent for root. */
  readonly ownerId?: string;
  readonly origin: { readonly sourceIp: string; readonly userAgent: string; readonly secureTransport: boolean; readonly region: string };
}

export function pullThroughRuleKey(scope: Scope, prefix: string): string {
  return keyInScope(scope, prefix);
}

export const pullThroughRules = defineTable<PullThroughRuleRecord>()(
  "ecr.pull-through-rules",
  (rule) => pullThroughRuleKey(rule, rule.prefix),
  ofAccount,
  { scope: scopeKey },
);

/** The rule for a repository, whether it is there or not: the one with the most exact prefix. */
export function pullThroughRuleFor(state: State, { account, region }: Scope, repository: string): PullThroughRuleRecord | undefined {
  return mostExact(state.table(pullThroughRules).by("scope", scopeKey({ account, region })), ({ prefix }) => prefix, repository);
}

/** What a repository is called over there. */
export function upstreamRepository({ prefix, upstreamPrefix }: PullThroughRuleRecord, repository: string): string {
  return exchangePrefix(repository, prefix, upstreamPrefix);
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
