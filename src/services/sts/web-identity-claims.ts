import { InvalidIdentityTokenException } from "@aws-sdk/client-sts";
import { because, type ConditionContext } from "../operation.ts";
import type { AskedTags } from "./session-tags.ts";
import type { WebIdentity } from "./web-identity-token.ts";

/**
 * The condition keys of a token, named after its issuer: `token.actions.githubusercontent.com:sub`.
 * Source: IAM User Guide, "Available keys for AWS OIDC federation".
 */
export function claimConditions({ provider: { url }, audience, subject, claims }: WebIdentity): ConditionContext {
  const { aud, azp, amr, email } = claims;
  const found: Record<string, string | readonly string[] | undefined> = {
    sub: subject,
    aud: audience,
    amr: strings(amr),
    email: single(email),
    ...(typeof azp === "string" ? { azp, oaud: strings(aud) } : {}),
    ...(url === GITHUB ? Object.fromEntries(OF_GITHUB.map((name) => [name, single(claims[name])])) : {}),
  };
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [`${url}:${name}`, value]));
}

const GITHUB = "token.actions.githubusercontent.com";
/** Claims of one issuer that AWS knows beyond the usual ones. */
const OF_GITHUB = [
  "actor",
  "actor_id",
  "enterprise_id",
  "environment",
  "job_workflow_ref",
  "ref",
  "repository",
  "repository_id",
  "repository_owner",
  "repository_owner_id",
  "workflow",
];

const TAGS = "https://aws.amazon.com/tags";

/**
 * The session tags that an issuer puts into its tokens, in one claim or in a claim each.
 * Source: IAM User Guide, "Passing session tags using AssumeRoleWithWebIdentity".
 * @throws InvalidIdentityTokenException
 */
export function claimedTags({ claims }: WebIdentity): AskedTags {
  const nested = claims[TAGS] ?? {};
  if (!isObject(nested)) throw malformed(TAGS);
  const principalTags = nested["principal_tags"] ?? {};
  if (!isObject(principalTags)) throw malformed(TAGS);
  const prefix = `${TAGS}/principal_tags/`;
  const flat = Object.entries(claims).flatMap(([name, value]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [],
  );
  const tags = [...Object.entries(principalTags), ...flat].map(([Key, value]) => {
    const [Value, ...others] = [value].flat();
    if (typeof Value !== "string" || others.length > 0) throw malformed(TAGS);
    return { Key, Value };
  });
  return { tags, transitiveTagKeys: strings(nested["transitive_tag_keys"] ?? claims[`${TAGS}/transitive_tag_keys`]) ?? [] };
}

/** @throws InvalidIdentityTokenException */
export function claimedSourceIdentity({ claims }: WebIdentity): string | undefined {
  const name = "https://aws.amazon.com/source_identity";
  const value = claims[name];
  if (value !== undefined && typeof value !== "string") throw malformed(name);
  return value;
}

function strings(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  return [value].flat().filter((one) => typeof one === "string");
}

function single(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(claim: string): InvalidIdentityTokenException {
  return new InvalidIdentityTokenException(because(`The claim ${claim} of the token is not valid`));
}
