import type { WireRequest } from "./protocols/protocol.ts";

/**
 * What Signature Version 4 signs of a request: one text with one byte a character, since headers may hold any bytes.
 * Source: AWS IAM User Guide, "Create a signed AWS API request", step 1.
 */
export function canonicalRequest(request: WireRequest, signedHeaders: readonly string[]): string {
  const { path, query } = splitTarget(request.target);
  const headers = signedHeaders.map((name) => `${name}:${(request.headers[name] ?? "").trim().replace(/ {2,}/g, " ")}\n`).join("");
  return [request.method, canonicalPath(path), canonicalQuery(query), headers, signedHeaders.join(";"), request.bodyHash].join("\n");
}

function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf("?");
  return mark < 0 ? { path: target, query: "" } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** Dots and empty segments are taken away, and the rest is encoded once more, although it is encoded: every service but S3 does so. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") segments.pop();
    else segments.push(encodeBytes(segment));
  }
  if (segments.length === 0) return "/";
  return `/${segments.join("/")}${path.endsWith("/") ? "/" : ""}`;
}

/** All parameters but the signature, in the order of their encoded names, then values. */
function canonicalQuery(query: string): string {
  const pairs: (readonly [string, string])[] = [];
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const name = encodeBytes(decodeBytes(at < 0 ? pair : pair.slice(0, at)));
    if (name !== "X-Amz-Signature") pairs.push([name, encodeBytes(decodeBytes(at < 0 ? "" : pair.slice(at + 1)))]);
  }
  pairs.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

/** Percent-decodes to one character a byte; a `+` is a space, and what is no escape stays. */
function decodeBytes(text: string): string {
  return text.replaceAll("+", " ").replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Percent-encodes all bytes but the unreserved characters of RFC 3986. */
function encodeBytes(text: string): string {
  return text.replace(/[^A-Za-z0-9_.~-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}
