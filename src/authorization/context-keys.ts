import type { KeyValue } from "../decide/iam/policy-variables.ts";
import type { Principal } from "../domain/principal.ts";
import type { WholeState } from "../state/state.ts";
import { roleBehind, userBehind } from "../state/bearers.ts";
import type { ThroughEndpoint } from "./vpc-endpoint.ts";
import type { ResourceFacts } from "./facts/resource-facts.ts";

/** Where and how a request came in, as far as global condition keys tell it. */
export interface RequestOrigin {
  /** Empty where it did not come over a network. */
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly secureTransport: boolean;
  /** The region that was asked; `us-east-1` for global services. */
  readonly region: string;
  /** Where it came through one. */
  readonly through?: ThroughEndpoint;
}

export interface ContextSource {
  readonly state: WholeState;
  readonly now: number;
  readonly principal: Principal;
  readonly origin: RequestOrigin;
  readonly action: string;
  readonly resourceAccount: string;
  readonly facts: ResourceFacts | undefined;
  /** Keys that the operation itself gives, by their names in lower case. */
  readonly given: ReadonlyMap<string, KeyValue>;
}

/** The keys that an operation gives, as `ContextSource.given` has them. */
export function givenKeys(context: Readonly<Record<string, string | readonly string[] | undefined>>): ReadonlyMap<string, KeyValue> {
  const given = new Map<string, KeyValue>();
  for (const [key, value] of Object.entries(context)) if (value !== undefined) given.set(key.toLowerCase(), value);
  return given;
}

/**
 * The value of a condition key (in lower case). Computed when a policy asks for it, since most requests are decided without any.
 * Source: IAM User Guide, "AWS global condition context keys".
 */
export function contextValue(source: ContextSource, key: string): KeyValue | undefined {
  const given = source.given.get(key);
  if (given !== undefined) return given;
  const slash = key.indexOf("/");
  if (slash > 0) return tagValue(source, key.slice(0, slash), key.slice(slash + 1));
  return globalKey(source, key) ?? sessionKey(source, key) ?? resourceKey(source, key);
}

function globalKey({ principal, origin, now, resourceAccount }: ContextSource, key: string): string | undefined {
  const { session } = principal;
  switch (key) {
    case "aws:principalarn":
      return principal.kind === "role-session" ? principal.roleArn : principal.arn;
    case "aws:principalaccount":
      return principal.account;
    case "aws:principaltype":
      return { root: "Account", user: "User", "role-session": "AssumedRole", "federated-user": "FederatedUser", anonymous: "Anonymous" }[
        principal.kind
      ];
    case "aws:principalisawsservice":
    case "aws:viaawsservice":
      return "false";
    case "aws:userid":
      return principal.userId;
    case "aws:username":
      return principal.kind === "user" ? principal.userName : undefined;
    case "aws:currenttime":
      return new Date(now).toISOString();
    case "aws:epochtime":
      return String(Math.floor(now / 1000));
    case "aws:sourceip":
      // Not there where `aws:VpcSourceIp` is: an address of a VPC is nobody's outside of it.
      return origin.sourceIp === "" || origin.through ? undefined : origin.sourceIp;
    case "aws:vpcsourceip":
      return origin.through?.address;
    case "aws:sourcevpc":
      return origin.through?.vpcId;
    case "aws:sourcevpce":
      return origin.through?.id;
    case "aws:vpceaccount":
      return origin.through?.account;
    case "aws:useragent":
      return origin.userAgent;
    case "aws:securetransport":
      return String(origin.secureTransport);
    case "aws:requestedregion":
      return origin.region;
    case "aws:resourceaccount":
      return resourceAccount;
    case "aws:tokenissuetime":
      return session && new Date(session.issuedAt).toISOString();
    case "aws:multifactorauthpresent":
      return session && String(session.mfa === true);
    case "aws:sourceidentity":
      return session?.sourceIdentity;
    default:
      return undefined;
  }
}

function sessionKey({ principal }: ContextSource, key: string): KeyValue | undefined {
  const context = principal.session?.context;
  if (!context) return undefined;
  return Object.entries(context).find(([name]) => name.toLowerCase() === key)?.[1];
}

function resourceKey({ facts }: ContextSource, key: string): KeyValue | undefined {
  return Object.entries(facts?.context ?? {}).find(([name]) => name.toLowerCase() === key)?.[1];
}

/** Tag keys match whatever their case, as the keys of conditions do. */
function tagValue(source: ContextSource, prefix: string, key: string): KeyValue | undefined {
  const { action, facts } = source;
  if (prefix === "aws:principaltag") return tagOf(principalTags(source), key);
  const service = action.slice(0, action.indexOf(":"));
  if (prefix === "aws:resourcetag" || prefix === `${service}:resourcetag`) return tagOf(facts?.tags ?? {}, key);
  return sessionKey(source, `${prefix}/${key}`) ?? resourceKey(source, `${prefix}/${key}`);
}

function tagOf(tags: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.entries(tags).find(([name]) => name.toLowerCase() === key)?.[1];
}

/** A session's tags hide those of the role or user with the same key. */
function principalTags({ state, principal }: ContextSource): Readonly<Record<string, string>> {
  const own =
    principal.kind === "role-session"
      ? roleBehind(state, principal)?.tags
      : principal.kind === "user"
        ? userBehind(state, principal)?.tags
        : undefined;
  return Object.fromEntries([...(own ?? []), ...(principal.session?.tags ?? [])].map(({ Key = "", Value = "" }) => [Key, Value]));
}
