import { parseCredentialScope, type CredentialScope } from "./credential-scope.ts";
import type { WireHead } from "./protocols/protocol.ts";
import type { SignatureRefusal } from "./signature-refusal.ts";

export const ALGORITHM = "AWS4-HMAC-SHA256";
const LONGEST_PRESIGN_S = 7 * 24 * 3600;

/** What a request says of its own signature, before anything is checked. */
export interface Claim {
  readonly accessKeyId: string;
  readonly scope: CredentialScope;
  /** In lower case. */
  readonly signedHeaders: readonly string[];
  /** 64 hexadecimal digits. */
  readonly signature: string;
  /** Milliseconds since the Unix epoch. */
  readonly signedAt: number;
  readonly sessionToken: string | undefined;
  /** Seconds that a presigned URL is good for; `undefined` for a signed header. */
  readonly expires: number | undefined;
}

type Reading<T> = T | { readonly refusal: SignatureRefusal };

/**
 * Reads the claim out of the `Authorization` header or the query. Linear in the length of the headers. A parameter that comes twice is no
 * parameter: whoever reads the first would see another request than who reads the last. Source of texts and their order: answers of AWS's
 * services, as "Common Errors" of their API references name them.
 */
export function readClaim(head: WireHead): Reading<Claim> {
  const header = head.headers["authorization"];
  const query = head.url.searchParams;
  const presigned = query.has("X-Amz-Algorithm");
  if (header !== undefined && presigned)
    return invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.");
  if (presigned) return readPresigned(query);
  if (header === undefined || !header.startsWith("AWS4-")) return { refusal: { kind: "missing" } };
  return readHeader(head, header);
}

/** The scope that a request says it is signed for, as far as it says so; not verified. */
export function claimedScope({ headers, url }: Pick<WireHead, "headers" | "url">): CredentialScope | undefined {
  const header = headers["authorization"];
  const credential = header === undefined ? url.searchParams.get("X-Amz-Credential") : parametersOf(header).get("Credential")?.[0];
  return credential == null ? undefined : parseCredentialScope(credential);
}

function readHeader({ headers }: WireHead, header: string): Reading<Claim> {
  const algorithm = header.split(/[\s,]/, 1)[0] ?? "";
  if (algorithm !== ALGORITHM) return incomplete(`Unsupported AWS 'algorithm': '${algorithm.slice(0, 64)}' (only ${ALGORITHM} for now). `);
  const parameters = parametersOf(header);
  const odd = parameters.get(NAMELESS)?.[0];
  if (odd !== undefined)
    return incomplete(`'${odd.slice(0, 64)}' not a valid key=value pair (missing equal-sign) in Authorization header.`);
  const wrong: string[] = [];
  for (const name of ["Credential", "Signature", "SignedHeaders"])
    if (parameters.get(name)?.length !== 1 || parameters.get(name)?.[0] === "")
      wrong.push(`Authorization header requires '${name}' parameter.`);
  const date = headers["x-amz-date"] ?? headers["date"];
  if (date === undefined) wrong.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  const [credential = "", signature = "", signedHeaders = ""] = ["Credential", "Signature", "SignedHeaders"].map(
    (name) => parameters.get(name)?.[0],
  );
  if (wrong.length > 0 || date === undefined) return incomplete(wrong.join(" "));
  // HTTP's own header has HTTP's own format, and was taken for a time in ISO 8601 as well, from the first clients on.
  const signedAt = parseAmzDate(date) ?? (headers["x-amz-date"] === undefined ? parseHttpDate(date) : undefined);
  return claimOf({
    credential,
    signature,
    signedHeaders,
    signedAt,
    date,
    sessionToken: headers["x-amz-security-token"],
    expires: undefined,
  });
}

function readPresigned(query: URLSearchParams): Reading<Claim> {
  const one = (name: string): string | undefined => {
    const all = query.getAll(name);
    return all.length === 1 && all[0] !== "" ? all[0] : undefined;
  };
  const names = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"];
  const [algorithm, credential, signature, signedHeaders, date] = names.map(one);
  const wrong = names.filter((name) => one(name) === undefined).map((name) => `AWS query-string parameters must include '${name}'.`);
  if (credential === undefined || signature === undefined || signedHeaders === undefined || date === undefined || wrong.length > 0)
    return incomplete(`${wrong.join(" ")} Re-examine the query-string parameters.`);
  if (algorithm !== ALGORITHM)
    return incomplete(`Unsupported AWS 'algorithm': '${(algorithm ?? "").slice(0, 64)}' (only ${ALGORITHM} for now). `);
  if (query.getAll("X-Amz-Expires").length > 1 || query.getAll("X-Amz-Security-Token").length > 1)
    return incomplete("'X-Amz-Expires' and 'X-Amz-Security-Token' may be given once.");
  const expiresText = query.get("X-Amz-Expires") ?? "900";
  const expires = Number(expiresText);
  if (!/^\d{1,6}$/.test(expiresText) || expires > LONGEST_PRESIGN_S)
    return incomplete(`X-Amz-Expires must be between 0 and ${LONGEST_PRESIGN_S} seconds`);
  const sessionToken = query.get("X-Amz-Security-Token") ?? undefined;
  return claimOf({ credential, signature, signedHeaders, signedAt: parseAmzDate(date), date, sessionToken, expires });
}

interface Parts {
  readonly credential: string;
  readonly signature: string;
  readonly signedHeaders: string;
  readonly signedAt: number | undefined;
  /** As it was sent. */
  readonly date: string;
  readonly sessionToken: string | undefined;
  readonly expires: number | undefined;
}

function claimOf({ credential, signature, signedHeaders, signedAt, date, sessionToken, expires }: Parts): Reading<Claim> {
  if (signedAt === undefined)
    return incomplete(`Date must be in ISO-8601 'basic format'. Got '${date.slice(0, 64)}'. See http://en.wikipedia.org/wiki/ISO_8601`);
  if (!/^[0-9a-f]{64}$/.test(signature)) return incomplete("Authorization header requires 'Signature' parameter.");
  const scope = parseCredentialScope(credential);
  if (!scope)
    return incomplete(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential.slice(0, 256)}'`,
    );
  const day = formatAmzDate(signedAt).slice(0, 8);
  if (day !== scope.date)
    return invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scope.date.slice(0, 16)}' != '${day}', from '${formatAmzDate(signedAt)}'.`,
    );
  const names = signedHeaders.toLowerCase().split(";");
  return { accessKeyId: scope.accessKeyId, scope, signedHeaders: names, signature, signedAt, sessionToken, expires };
}

/** What is told of a part without an equals sign. */
const NAMELESS = "";

/** `Credential=…, SignedHeaders=…, Signature=…` after the algorithm, separated by commas or spaces. All values of each name. */
function parametersOf(header: string): ReadonlyMap<string, readonly string[]> {
  const parameters = new Map<string, string[]>();
  for (const part of header.split(/[\s,]+/).slice(1)) {
    if (part === "") continue;
    const at = part.indexOf("=");
    const name = at < 0 ? NAMELESS : part.slice(0, at);
    const value = part.slice(at + 1);
    const known = parameters.get(name);
    if (known) known.push(value);
    else parameters.set(name, [value]);
  }
  return parameters;
}

const incomplete = (detail: string) => ({ refusal: { kind: "incomplete", detail } }) as const;
const invalid = (detail: string) => ({ refusal: { kind: "invalid", detail } }) as const;

/** Parses `20260102T030405Z` to milliseconds since the Unix epoch. */
function parseAmzDate(text: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  // A 31st of February is no date, whatever day Date makes of it.
  return formatAmzDate(time) === text ? time : undefined;
}

/** Parses `Fri, 02 Jan 2026 03:04:05 GMT`. Source: RFC 9110, section 5.6.7, IMF-fixdate; the name of the day is not looked at. */
function parseHttpDate(text: string): number | undefined {
  const match = /^[A-Za-z]{3}, (\d{2} [A-Za-z]{3} \d{4} \d{2}:\d{2}:\d{2}) GMT$/.exec(text);
  const time = match ? Date.parse(`${match[1]} GMT`) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** `20260102T030405Z` */
export function formatAmzDate(ms: number): string {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? "" : time.toISOString().replace(/[-:]|\.\d{3}/g, "");
}
