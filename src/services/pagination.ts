import type { SecretBox } from "../ports/secret-box.ts";
import { createHmac, timingSafeEqual } from "node:crypto";

/** One page of a sorted list, with the token of the next. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken: string | undefined;
}

/**
 * Cuts a page out of items that are sorted by `key`. A token names the last key that was shown, so that pages neither repeat nor
 * skip items when others come or go between requests; it is signed, and one that we did not make gives `undefined`.
 */
export function paginate<T>(
  items: readonly T[],
  key: (item: T) => string,
  request: { readonly token: string | undefined; readonly limit: number },
  secrets: SecretBox,
): Page<T> | undefined {
  const signing = secrets.derive("pagination");
  let rest = items;
  if (request.token !== undefined) {
    const after = readToken(request.token, signing);
    if (after === undefined) return undefined;
    rest = items.filter((item) => key(item) > after);
  }
  const page = rest.slice(0, request.limit);
  const last = page.at(-1);
  return { items: page, nextToken: rest.length > page.length && last ? writeToken(key(last), signing) : undefined };
}

function sign(text: string, signing: Uint8Array): Buffer {
  return createHmac("sha256", signing).update(text).digest().subarray(0, 16);
}

function writeToken(key: string, signing: Uint8Array): string {
  return Buffer.concat([sign(key, signing), Buffer.from(key)]).toString("base64url");
}

function readToken(token: string, signing: Uint8Array): string | undefined {
  const bytes = Buffer.from(token, "base64url");
  const key = bytes.subarray(16).toString();
  const signature = bytes.subarray(0, 16);
  return signature.length === 16 && timingSafeEqual(signature, sign(key, signing)) ? key : undefined;
}

/** Orders texts by code unit, as the page tokens do. */
export function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The key under which items page in descending order of `key`: it orders the other way round. */
export function descendingKey(key: string): string {
  let text = "";
  for (let at = 0; at < key.length; at++) text += (0xffff - key.charCodeAt(at)).toString(16).padStart(4, "0");
  // What continues a text comes before it: the end counts as higher than every digit.
  return `${text}g`;
}
