import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Credentials } from "../authorization/credentials.ts";
import type { Principal } from "../domain/principal.ts";
import { parseCredentialScope, type CredentialScope } from "./credential-scope.ts";
import type { WireRequest } from "./protocols/protocol.ts";

/** Why a signature was refused. Each protocol has its own code for it. */
export type SignatureRefusal =
  | { readonly kind: "missing" }
  | { readonly kind: "incomplete"; readonly detail: string }
  | { readonly kind: "unknown-key" }
  | { readonly kind: "expired-token" }
  | { readonly kind: "mismatch" }
  | { readonly kind: "clock-skew"; readonly detail: string }
  | { readonly kind: "expired" };

export interface VerifiedSignature {
  readonly principal: Principal;
  readonly scope: CredentialScope;
}

/** A signed header request is good for this long before and after its time. Source: AWS General Reference, SigV4. */
const REPLAY_WINDOW_MS = 5 * 60_000;
const LONGEST_PRESIGN_S = 7 * 24 * 3600;
const ALGORITHM = "AWS4-HMAC-SHA256";

/** What the request says of its own signature, before anything is checked. */
interface Claim {
  readonly accessKeyId: string;
  readonly scope: CredentialScope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly date: string;
  readonly sessionToken: string | undefined;
  /** Seconds that a presigned URL is good for; `undefined` for a signed header. */
  readonly expires: number | undefined;
}

/**
 * Verifies Signature Version 4, in the Authorization header or presigned in the URL.
 * Source: AWS IAM User Guide, "Create a signed AWS API request".
 *
 * A session that is over is told so only to who signed rightly.
 */
export function verifySignature(
  request: WireRequest,
  credentials: Pick<Credentials, "find">,
  now: number,
): VerifiedSignature | { readonly refusal: SignatureRefusal } {
  const claim = readClaim(request);
  if ("refusal" in claim) return claim;
  const found = credentials.find(claim.accessKeyId, claim.sessionToken, now);
  if (found.kind === "unknown") return { refusal: { kind: "unknown-key" } };
  const signed = parseAmzDate(claim.date);
  if (signed === undefined || claim.date.slice(0, 8) !== claim.scope.date)
    return {
      refusal: { kind: "incomplete", detail: "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP" },
    };

  const canonical = createHash("sha256").update(canonicalRequest(request, claim)).digest("hex");
  const { date, region, service } = claim.scope;
  const toSign = `${ALGORITHM}\n${claim.date}\n${date}/${region}/${service}/aws4_request\n${canonical}`;
  const expected = createHmac("sha256", signingKey(found.secretAccessKey, claim.scope)).update(toSign).digest();
  const given = Buffer.from(claim.signature, "hex");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { refusal: { kind: "mismatch" } };

  const lapse = lapsed(claim, signed, now);
  if (lapse) return { refusal: lapse };
  if (found.kind === "expired") return { refusal: { kind: "expired-token" } };
  return { principal: found.principal, scope: claim.scope };
}

function lapsed(claim: Claim, signed: number, now: number): SignatureRefusal | undefined {
  if (claim.expires !== undefined) {
    if (now > signed + claim.expires * 1000) return { kind: "expired" };
    return signed > now + REPLAY_WINDOW_MS ? { kind: "clock-skew", detail: skew("not yet current", claim.date, now, "later") } : undefined;
  }
  if (signed < now - REPLAY_WINDOW_MS) return { kind: "clock-skew", detail: skew("expired", claim.date, now, "earlier") };
  if (signed > now + REPLAY_WINDOW_MS) return { kind: "clock-skew", detail: skew("not yet current", claim.date, now, "later") };
  return undefined;
}

function skew(what: string, date: string, now: number, than: "earlier" | "later"): string {
  const limit = formatAmzDate(than === "earlier" ? now - REPLAY_WINDOW_MS : now + REPLAY_WINDOW_MS);
  return `Signature ${what}: ${date} is ${than === "earlier" ? "now earlier" : "still later"} than ${limit} (${formatAmzDate(now)} ${than === "earlier" ? "-" : "+"} 5 min.)`;
}

function readClaim(request: WireRequest): Claim | { readonly refusal: SignatureRefusal } {
  const header = request.headers["authorization"];
  if (header?.startsWith(ALGORITHM)) return readHeaderClaim(request, header);
  const query = request.url.searchParams;
  if (query.get("X-Amz-Algorithm") === ALGORITHM) return readPresignedClaim(query);
  return { refusal: { kind: "missing" } };
}

function readHeaderClaim(request: WireRequest, header: string): Claim | { readonly refusal: SignatureRefusal } {
  const parts = new Map(
    header
      .slice(ALGORITHM.length)
      .split(",")
      .map((part) => part.trim())
      .map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)] as const),
  );
  return claimOf(parts.get("Credential"), parts.get("SignedHeaders"), parts.get("Signature"), request.headers["x-amz-date"], {
    sessionToken: request.headers["x-amz-security-token"],
    expires: undefined,
  });
}

function readPresignedClaim(query: URLSearchParams): Claim | { readonly refusal: SignatureRefusal } {
  const expires = Number(query.get("X-Amz-Expires") ?? "900");
  if (!Number.isInteger(expires) || expires < 0 || expires > LONGEST_PRESIGN_S)
    return { refusal: { kind: "incomplete", detail: `X-Amz-Expires must be between 0 and ${LONGEST_PRESIGN_S} seconds` } };
  const value = (name: string): string | undefined => query.get(name) ?? undefined;
  return claimOf(value("X-Amz-Credential"), value("X-Amz-SignedHeaders"), value("X-Amz-Signature"), value("X-Amz-Date"), {
    sessionToken: value("X-Amz-Security-Token"),
    expires,
  });
}

function claimOf(
  credential: string | undefined,
  signedHeaders: string | undefined,
  signature: string | undefined,
  date: string | undefined,
  rest: Pick<Claim, "sessionToken" | "expires">,
): Claim | { readonly refusal: SignatureRefusal } {
  const incomplete = (detail: string) => ({ refusal: { kind: "incomplete", detail } }) as const;
  if (!credential) return incomplete("Authorization header requires 'Credential' parameter.");
  if (!signature || !/^[0-9a-f]{64}$/.test(signature)) return incomplete("Authorization header requires 'Signature' parameter.");
  if (!signedHeaders) return incomplete("Authorization header requires 'SignedHeaders' parameter.");
  if (!date) return incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  const scope = parseCredentialScope(credential);
  if (!scope) return incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.");
  const headers = signedHeaders.split(";");
  if (!headers.includes("host")) return incomplete("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  return { accessKeyId: scope.accessKeyId, scope, signedHeaders: headers, signature, date, ...rest };
}

function canonicalRequest(request: WireRequest, claim: Claim): string {
  const headers = claim.signedHeaders.map((name) => `${name}:${(request.headers[name] ?? "").trim().replace(/ +/g, " ")}\n`).join("");
  const presigned = claim.expires !== undefined;
  const payload =
    presigned && request.body.length === 0 && claim.scope.service === "s3"
      ? "UNSIGNED-PAYLOAD"
      : createHash("sha256").update(request.body).digest("hex");
  return [
    request.method,
    canonicalPath(request.url.pathname),
    canonicalQuery(request.url),
    headers,
    claim.signedHeaders.join(";"),
    payload,
  ].join("\n");
}

/** Every service but S3 encodes the already encoded path once more. */
function canonicalPath(pathname: string): string {
  return pathname.split("/").map(encodeStrict).join("/");
}

function canonicalQuery(url: URL): string {
  const pairs = url.search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const at = pair.indexOf("=");
      const name = at < 0 ? pair : pair.slice(0, at);
      return [decode(name), at < 0 ? "" : decode(pair.slice(at + 1))] as const;
    })
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [encodeStrict(name), encodeStrict(value)] as const);
  pairs.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

function encodeStrict(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Signing keys are good for a day; deriving one costs four HMACs, so the recent ones are kept. */
const signingKeys = new Map<string, Buffer>();
const MOST_SIGNING_KEYS = 1000;

function signingKey(secret: string, { date, region, service }: CredentialScope): Buffer {
  const id = `${createHash("sha256").update(secret).digest("base64")}/${date}/${region}/${service}`;
  const known = signingKeys.get(id);
  if (known) return known;
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), "aws4_request");
  if (signingKeys.size >= MOST_SIGNING_KEYS) signingKeys.clear();
  signingKeys.set(id, key);
  return key;
}

/** Parses `20260102T030405Z` to milliseconds since the Unix epoch. */
function parseAmzDate(text: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function formatAmzDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, "");
}
