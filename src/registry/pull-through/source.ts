import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { denialOf } from "../../authorization/denial-of.ts";
import { ruleCredentials } from "../../authorization/pull-through-secret.ts";
import { plainSession, roleForService, serviceSession } from "../../authorization/role-session.ts";
import { rootPrincipal } from "../../authorization/credentials.ts";
import { arn } from "../../domain/arn.ts";
import { scopeOfRegistryHost } from "../../domain/image-reference.ts";
import type { Principal } from "../../domain/principal.ts";
import { DEFAULT_ACCOUNT, scopeKey, type Scope } from "../../domain/scope.ts";
import { UNSUPPORTED_UPSTREAM, upstreamPlace, type UpstreamPlace } from "../../domain/upstream-registry.ts";
import type { SecretBox } from "../../ports/secret-box.ts";
import { VIA_HEADER, type Upstream } from "../../ports/upstream-registry.ts";
import { upstreamRepository, type PullThroughRuleRecord } from "../../state/ecr-pull-through.ts";
import { repositories, repositoryKey } from "../../state/ecr.ts";
import type { RegistryPlatform } from "../call.ts";
import { RegistryError } from "../errors.ts";

/** Where a repository of a rule comes from. */
export type Source =
  | { readonly kind: "elsewhere"; readonly upstream: Upstream; readonly repository: string }
  /** A registry of this installation: its repository's key, and why it may not be read, if so. */
  | { readonly kind: "here"; readonly repository: string; readonly denial?: string };

/** More registries in a chain than anybody has. */
const LONGEST_CHAIN = 8;

/** What this registry calls itself to others: a name that tells them nothing. */
export function nameAmongRegistries(secrets: SecretBox, { account, region }: Scope): string {
  return createHmac("sha256", secrets.derive("pull-through-via")).update(scopeKey({ account, region })).digest("hex").slice(0, 24);
}

/**
 * The chain of registries that a request came along, this one last; `undefined` where this one is in it already, or where it is too long: then
 * what is here is all that there is, and no chain goes round.
 */
export function chainOf(headers: IncomingHttpHeaders, own: string): readonly string[] | undefined {
  const before = [headers[VIA_HEADER] ?? []].flat().flatMap((value) => value.split(",").map((name) => name.trim()));
  return before.includes(own) || before.length >= LONGEST_CHAIN ? undefined : [...before, own];
}

/** @throws RegistryError where the rule's registry may not be asked, or its secret cannot be read */
export function sourceOf(platform: RegistryPlatform, rule: PullThroughRuleRecord, name: string, via: readonly string[]): Source {
  const repository = upstreamRepository(rule, name);
  const place = upstreamPlace(rule.upstreamUrl, platform.allowedUpstreams ?? []);
  // Rules are checked when they are made; what the operator allows may be less by now.
  if (!place) throw new RegistryError(403, "DENIED", `UnsupportedUpstreamRegistryException: ${UNSUPPORTED_UPSTREAM}`);
  const home = place.registry === "ecr" ? scopeOfRegistryHost(new URL(place.origin).host) : undefined;
  if (home && livesHere(platform, home, rule))
    return { kind: "here", repository: repositoryKey(home, repository), ...denied(platform, rule, home, repository) };
  const credentials = credentialsOf(platform, rule, place);
  if (credentials && "problem" in credentials) throw new RegistryError(403, "DENIED", `${credentials.problem}: ${credentials.message}`);
  return { kind: "elsewhere", repository, upstream: { url: place.origin, via, ...(credentials && { credentials }) } };
}

function credentialsOf(
  { state, secrets, clock }: RegistryPlatform,
  rule: PullThroughRuleRecord,
  { registry }: UpstreamPlace,
): ReturnType<typeof ruleCredentials> | undefined {
  const { credentialArn } = rule;
  if (credentialArn === undefined) return undefined;
  return ruleCredentials({ state, secrets, now: clock.now() }, { ...rule, credentialArn }, registry !== undefined);
}

function livesHere({ state }: RegistryPlatform, { account }: Scope, rule: PullThroughRuleRecord): boolean {
  return account === DEFAULT_ACCOUNT || account === rule.account || state.table(repositories).by("account", account).length > 0;
}

/** Whether the rule's role, or ECR's own within the account, may read the repository. Source: User Guide, "IAM policies required for ECR to ECR". */
function denied(platform: RegistryPlatform, rule: PullThroughRuleRecord, home: Scope, repository: string): { readonly denial?: string } {
  const reader = readerOf(platform, rule);
  if (!reader) return { denial: "The role of the pull through cache rule cannot be assumed by Amazon ECR." };
  const parts = { state: platform.state, now: platform.clock.now() };
  for (const action of ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]) {
    const denial = denialOf(parts, reader, { action, resource: arn("ecr", home, `repository/${repository}`) });
    if (denial !== undefined) return { denial };
  }
  return {};
}

function readerOf({ state, clock, ids }: RegistryPlatform, rule: PullThroughRuleRecord): Principal | undefined {
  if (rule.customRoleArn === undefined) return rootPrincipal(rule.account, "");
  const now = clock.now();
  const caller = {
    service: "pullthroughcache.ecr.amazonaws.com",
    sourceAccount: rule.account,
    sourceArn: arn("ecr", rule, "repository/*"),
  };
  const role = roleForService({ state, now }, rule.customRoleArn, caller);
  return role && serviceSession(role, "pull-through-cache", plainSession(now, 3600), ids);
}
