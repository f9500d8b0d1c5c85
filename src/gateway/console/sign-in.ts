import { createHash } from "node:crypto";
import type { Audit } from "../../audit/auditor.ts";
import { issueCredentials, sessionTimes, type Keyless } from "../../authorization/temporary-credentials.ts";
import type { Principal, SessionFacts } from "../../domain/principal.ts";
import { AwsError } from "../../services/aws-error.ts";
import type { Platform } from "../../services/platform.ts";

/** How long a link of `airfield console` may be used, once. */
const LINK_MS = 5 * 60_000;
/** Links that wait to be used; beyond these the oldest goes. */
const MOST_LINKS = 1000;

/** What a browser keeps of a sign-in. */
export interface ConsoleSession {
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string };
  readonly account: string;
  readonly arn: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

export interface SignInOrigin {
  readonly requestId: string;
  readonly now: number;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly region: string;
}

export interface SignIn {
  /** A secret that opens one session of the principal, once, within five minutes. @throws AwsError where a session asks: it would outlive itself */
  link(principal: Principal, now: number): { readonly link: string; readonly expiresAt: number };
  /** A session of the console for who signed with a long-term key. @throws AwsError for sessions */
  open(principal: Principal, at: SignInOrigin): ConsoleSession;
  /** The session that a link stands for. @throws AwsError where there is no such link, or not any more: nothing tells which */
  redeem(link: string, at: SignInOrigin): ConsoleSession;
}

interface SignInParts {
  readonly platform: Pick<Platform, "secrets" | "ids" | "credentials">;
  readonly audit?: Audit | undefined;
}

/**
 * Turns keys into sessions of the console, as AWS's own sign-in does: twelve hours for a user, one for root, as those of `GetSessionToken` are, but
 * without their limit on IAM, since whoever signs in at AWS's console reaches IAM there. Of links nothing but a hash is kept, and nothing of sessions.
 */
export function signIn({ platform, audit }: SignInParts): SignIn {
  const links = new Map<string, { readonly principal: Principal; readonly expiresAt: number }>();
  const issue = (principal: Principal, at: SignInOrigin): ConsoleSession => {
    const { accessKeyId: _own, ...caller } = longTerm(principal);
    const times = sessionTimes(at.now, principal.kind === "root" ? 3600 : 43_200);
    const session: SessionFacts = { ...times, policyArns: [], tags: [], transitiveTagKeys: [], context: {}, console: true };
    const credentials = issueCredentials(platform, { ...caller, session } as Keyless<Principal> & { readonly session: SessionFacts });
    audit?.({ ...record(at), proved: true, principal, response: { ConsoleLogin: "Success" } });
    return { credentials, account: principal.account, arn: principal.arn, expiresAt: times.expiresAt };
  };
  return {
    link(principal, now) {
      longTerm(principal);
      const link = platform.ids.alphanumeric(43);
      for (const [hash, { expiresAt }] of links) {
        if (expiresAt > now && links.size < MOST_LINKS) break;
        links.delete(hash);
      }
      links.set(hashOf(link), { principal, expiresAt: now + LINK_MS });
      return { link, expiresAt: now + LINK_MS };
    },
    open: issue,
    redeem(link, at) {
      const hash = hashOf(link);
      const found = links.get(hash);
      links.delete(hash);
      if (found && found.expiresAt > at.now && platform.credentials.stand(found.principal, at.now)) return issue(found.principal, at);
      const error = new AwsError("AccessDeniedException", "This link was used already, or its time is over.", 403);
      audit?.({ ...record(at), proved: false, response: null, error });
      throw error;
    },
  };
}

/** @throws AwsError for who has no key of their own: from a session no longer one is made */
function longTerm(principal: Principal): Principal {
  if (principal.session === undefined && (principal.kind === "root" || principal.kind === "user")) return principal;
  throw new AwsError("AccessDeniedException", "Sessions of the console are opened with an access key of root or of a user.", 403);
}

function hashOf(link: string): string {
  return createHash("sha256").update(link).digest("base64url");
}

/** Source: CloudTrail User Guide, "AWS Management Console sign-in events". */
function record({ requestId, now, sourceIp, userAgent, region }: SignInOrigin) {
  const what = { eventSource: "signin.amazonaws.com", eventName: "ConsoleLogin", parameters: null, resources: [] };
  return { ...what, requestId, at: now, region, sourceIp, userAgent };
}
