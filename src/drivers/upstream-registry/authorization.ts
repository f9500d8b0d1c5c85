import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Clock } from "../../ports/clock.ts";
import type { Upstream, UpstreamCredentials } from "../../ports/upstream-registry.ts";
import { readChallenge, type Challenge } from "./challenge.ts";
import { RequestFailed, type GuardedRequests } from "./guarded-request.ts";
import { readBounded } from "./read-bounded.ts";

/** What is shown to registries, remembered as long as they take it. */
export interface Authorizations {
  /** The header that the last answer of the registry for this repository called for. */
  known(upstream: Upstream, scope: string): string | undefined;
  /** Gets what an answer with status 401 calls for; `undefined` where it calls for nothing that can be had. Rejects with `RequestFailed`. */
  answerTo(answer: IncomingMessage, upstream: Upstream, scope: string): Promise<string | undefined>;
}

const LARGEST_TOKEN = 64 * 1024;
const MOST_KNOWN = 1000;
/** A token without a lifetime of its own. Source: distribution's token specification: "If omitted, this defaults to 60 seconds". */
const LIFETIME_S = 60;
/** Tokens are given up a little before they end. */
const EARLY_S = 10;

/** @param mayHave whether credentials for a registry, by its origin, may be shown at another origin to get a token there */
export function authorizations(
  requests: GuardedRequests,
  clock: Clock,
  mayHave: (registry: string, at: string) => boolean,
): Authorizations {
  const kept = new Map<string, { readonly header: string; readonly until: number }>();

  return {
    known(upstream, scope) {
      const found = kept.get(keyOf(upstream, scope));
      return found && found.until > clock.now() ? found.header : undefined;
    },
    async answerTo(answer, upstream, scope) {
      const challenge = readChallenge(answer.headers["www-authenticate"]);
      if (!challenge) return undefined;
      const got = challenge.scheme === "basic" ? basic(upstream) : await bearer(challenge, upstream, scope);
      if (!got) return undefined;
      if (kept.size >= MOST_KNOWN) kept.clear();
      kept.set(keyOf(upstream, scope), { header: got.header, until: clock.now() + Math.max(0, got.seconds - EARLY_S) * 1000 });
      return got.header;
    },
  };

  function basic({ credentials, url }: Upstream): { header: string; seconds: number } | undefined {
    return credentials && { header: basicHeader(credentials, new URL(url)), seconds: LIFETIME_S };
  }

  /** Source: distribution's "Token Authentication Specification". */
  async function bearer(
    { realm, service, scope }: Challenge & { readonly scheme: "bearer" },
    { credentials, url }: Upstream,
    wanted: string,
  ): Promise<{ header: string; seconds: number } | undefined> {
    const at = new URL(realm);
    if (at.protocol !== "https:" && at.protocol !== new URL(url).protocol)
      throw new RequestFailed(`${new URL(url).host} wants a token of ${at.host}, which has no TLS`, true);
    if (credentials && !mayHave(new URL(url).origin, at.origin))
      throw new RequestFailed(`${new URL(url).host} wants its credentials to be shown at ${at.host}, which is another host`, true);
    if (service !== undefined) at.searchParams.set("service", service);
    if (scope ?? wanted) at.searchParams.set("scope", scope ?? wanted);
    const answer = await requests.send(at, "GET", {}, credentials ? { authorization: basicHeader(credentials, at) } : {});
    const text = await readBounded(answer, LARGEST_TOKEN);
    if (answer.statusCode === 401 || answer.statusCode === 403) return undefined;
    const { token, access_token: other, expires_in: seconds } = readObject(text);
    const bare = typeof token === "string" ? token : other;
    if (answer.statusCode !== 200 || typeof bare !== "string" || !/^[\x21-\x7e]+$/.test(bare))
      throw new RequestFailed(`${at.host} gave no token, but status ${answer.statusCode}`);
    return { header: `Bearer ${bare}`, seconds: typeof seconds === "number" ? seconds : LIFETIME_S };
  }
}

/** Credentials go over TLS, or stay on this machine. */
function basicHeader({ username, password }: UpstreamCredentials, to: URL): string {
  if (to.protocol !== "https:" && !isLoopback(to.hostname))
    throw new RequestFailed(`credentials are not sent to ${to.host} without TLS`, true);
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function keyOf({ url, credentials }: Upstream, scope: string): string {
  const who = credentials ? createHash("sha256").update(`${credentials.username}\0${credentials.password}`).digest("hex") : "";
  return `${url}\n${scope}\n${who}`;
}

function readObject(text: Buffer | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text?.toString() ?? "");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Not what was asked for, which the caller tells.
    return {};
  }
}
