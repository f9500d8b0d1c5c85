import { MalformedRequestError } from "../malformed.ts";
import type { WireRequest } from "./protocol.ts";

/** How many parameters a request may carry. */
export const MOST_PARAMETERS = 20_000;

const AMPERSAND = 38;
const EQUALS = 61;

/**
 * Finds the first value of each of some parameters, in a form and then in the URL, and reads nothing else: what must be known before it is
 * known who asks. At most `looked` parameters of the form are looked at, each at the cost of finding its end.
 */
export function findParameters(
  { body, url }: Pick<WireRequest, "body" | "url">,
  names: readonly string[],
  looked = MOST_PARAMETERS,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const longest = 3 * Math.max(...names.map((name) => name.length));
  for (let at = 0, count = 0; at < body.length && count < looked && found.size < names.length; count += 1) {
    const next = body.indexOf(AMPERSAND, at);
    const end = next < 0 ? body.length : next;
    const equals = equalsSign(body, at, Math.min(end, at + longest + 1));
    const nameEnd = equals ?? end;
    if (nameEnd - at <= longest) {
      const name = decoded(body.subarray(at, nameEnd));
      if (names.includes(name) && !found.has(name)) found.set(name, decoded(body.subarray(nameEnd + 1, end)));
    }
    at = end + 1;
  }
  for (const name of names) {
    const value = url.searchParams.get(name);
    if (value !== null && !found.has(name)) found.set(name, value);
  }
  return found;
}

function equalsSign(body: Buffer, from: number, to: number): number | undefined {
  for (let at = from; at < to; at += 1) if (body[at] === EQUALS) return at;
  return undefined;
}

/** As `URLSearchParams` decodes a name or a value. */
function decoded(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  return /[%+]/.test(text) ? (new URLSearchParams(`v=${text}`).get("v") ?? "") : text;
}

/**
 * The parameters of a Query request: from the form in the body, and from the URL where it was sent by GET. They are counted before they are read.
 * @throws MalformedRequestError for too many
 */
export function formParameters({ body, url }: Pick<WireRequest, "body" | "url">): URLSearchParams {
  let count = 0;
  for (let at = body.indexOf(AMPERSAND); at >= 0; at = body.indexOf(AMPERSAND, at + 1))
    if (++count >= MOST_PARAMETERS) throw new MalformedRequestError("syntax", "", "The request has too many parameters.");
  const parameters = new URLSearchParams(body.toString("utf8"));
  for (const [name, value] of url.searchParams) if (!name.startsWith("X-Amz-")) parameters.append(name, value);
  return parameters;
}
