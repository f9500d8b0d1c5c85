import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Credentials } from "../authorization/credentials.ts";
import type { Principal } from "../domain/principal.ts";
import { canonicalRequest } from "./canonical-request.ts";
import type { CredentialScope } from "./credential-scope.ts";
import type { WireHead, WireRequest } from "./protocols/protocol.ts";
import { ALGORITHM, formatAmzDate, readClaim, type Claim } from "./signature-claim.ts";
import type { SignatureRefusal } from "./signature-refusal.ts";

export interface VerifiedSignature {
  readonly principal: Principal;
  readonly scope: CredentialScope;
}

/** A signed header request is good for this long before and after its time. Source: AWS General Reference, SigV4. */
const REPLAY_WINDOW_MS = 5 * 60_000;

/** What is left to check of a request when its body is there. */
export type HeadCheck = { readonly claim: Claim } | { readonly refusal: SignatureRefusal };

/**
 * Looks at a signature as far as it can be without the body: whoever is refused here need not send it. Costs what reading the headers costs.
 * The checks come in the order of AWS's.
 */
export function checkHead(head: WireHead, credentials: Pick<Credentials, "find">, now: number): HeadCheck {
  const claim = readClaim(head);
  if ("refusal" in claim) return claim;
  const refusal = lapsed(claim, now) ?? unsignedHeader(head, claim);
  if (refusal) return { refusal };
  const { kind } = credentials.find(claim.accessKeyId, claim.sessionToken, now);
  return kind === "unknown" ? { refusal: { kind: "unknown-key" } } : { claim };
}

/**
 * Verifies Signature Version 4, in the Authorization header or presigned in the URL.
 * Source: AWS IAM User Guide, "Create a signed AWS API request".
 *
 * A session that is over is told so only to who signed rightly.
 */
export function verifySignature(
  request: WireRequest,
  head: HeadCheck,
  credentials: Pick<Credentials, "find">,
  now: number,
): VerifiedSignature | { readonly refusal: SignatureRefusal } {
  if ("refusal" in head) return head;
  const { claim } = head;
  const { scope } = claim;
  // Asked again: bodies take time, and the key may be gone since the head was looked at.
  const key = credentials.find(claim.accessKeyId, claim.sessionToken, now);
  if (key.kind === "unknown") return { refusal: { kind: "unknown-key" } };
  const canonical = createHash("sha256").update(canonicalRequest(request, claim.signedHeaders), "latin1").digest("hex");
  const scopeText = `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
  const toSign = [ALGORITHM, formatAmzDate(claim.signedAt), scopeText, canonical].join("\n");
  const expected = createHmac("sha256", signingKey(key.secretAccessKey, scope)).update(toSign, "latin1").digest();
  if (!timingSafeEqual(Buffer.from(claim.signature, "hex"), expected)) return { refusal: { kind: "mismatch" } };
  if (key.kind === "expired") return { refusal: { kind: "expired-token" } };
  return { principal: key.principal, scope };
}

/**
 * Headers that say what is asked, of whom and by whom must be signed: the host, and all of AWS's own. `Content-Type` is none of them, since
 * a service has one protocol here and it chooses nothing. Source: AWS IAM User Guide, "Create a signed AWS API request", canonical headers.
 */
function unsignedHeader({ headers }: WireHead, { signedHeaders }: Claim): SignatureRefusal | undefined {
  const signed = new Set(signedHeaders);
  const mustBe = (name: string): SignatureRefusal => ({
    kind: "invalid",
    detail: `${name} must be a 'SignedHeader' in the AWS Authorization.`,
  });
  if (!signed.has("host")) return mustBe("'Host' or ':authority'");
  for (const name in headers) if (name.startsWith("x-amz-") && !signed.has(name)) return mustBe(`'${name.slice(0, 64)}'`);
  return undefined;
}

function lapsed({ signedAt, expires }: Claim, now: number): SignatureRefusal | undefined {
  if (signedAt > now + REPLAY_WINDOW_MS) return { kind: "clock-skew", detail: skew("not yet current", signedAt, now, "later") };
  if (expires !== undefined) return now > signedAt + expires * 1000 ? { kind: "expired" } : undefined;
  if (signedAt < now - REPLAY_WINDOW_MS) return { kind: "clock-skew", detail: skew("expired", signedAt, now, "earlier") };
  return undefined;
}

function skew(what: string, signedAt: number, now: number, than: "earlier" | "later"): string {
  const limit = formatAmzDate(than === "earlier" ? now - REPLAY_WINDOW_MS : now + REPLAY_WINDOW_MS);
  return `Signature ${what}: ${formatAmzDate(signedAt)} is ${than === "earlier" ? "now earlier" : "still later"} than ${limit} (${formatAmzDate(now)} ${than === "earlier" ? "-" : "+"} 5 min.)`;
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
