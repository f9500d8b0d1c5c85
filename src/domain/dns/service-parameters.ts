import { parseAddress } from "../cidr.ts";
import { readAddress6 } from "./address6.ts";
import type { NameProblem } from "./name.ts";
import { readStrings } from "./strings.ts";

/** A parameter of a service binding (RFC 9460). */
export interface ServiceParameter {
  readonly key: number;
  /** Its value on the wire. */
  readonly octets: readonly number[];
  /** As it was written. */
  readonly text: string;
}

/** RFC 9460, section 14.3.2. */
const KEYS = ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint"];

const INVALID: NameProblem = { problem: "SVCBRRDATAInvalidParameter (Value has a service parameter that is not valid)" };

/** Reads what follows the target of an SVCB or HTTPS record: parameters in whatever order, each once, in the order of their keys. */
export function readParameters(text: string): readonly ServiceParameter[] | NameProblem {
  const read: ServiceParameter[] = [];
  for (const [field, name = "", value] of text.matchAll(/([^\s=]+)(?:=("(?:[^"\\]|\\.)*"|\S*))?/g)) {
    const key = keyOf(name);
    const octets = key === undefined ? undefined : octetsOf(key, value);
    if (key === undefined || !octets || read.some((other) => other.key === key)) return INVALID;
    read.push({ key, octets, text: field });
  }
  const sorted = read.toSorted((a, b) => a.key - b.key);
  const mandatory = sorted.find(({ key }) => key === 0)?.octets ?? [];
  // What must be understood has to be there (RFC 9460, section 8).
  const needed = pairs(mandatory);
  return needed.every((key) => key !== 0 && sorted.some((one) => one.key === key)) ? sorted : INVALID;
}

function keyOf(name: string): number | undefined {
  const known = KEYS.indexOf(name);
  if (known >= 0) return known;
  const number = /^key(0|[1-9]\d{0,4})$/.exec(name)?.[1];
  return number !== undefined && Number(number) < 65_535 ? Number(number) : undefined;
}

function octetsOf(key: number, written: string | undefined): readonly number[] | undefined {
  const text = written === undefined ? "" : plain(written);
  if (text === undefined) return undefined;
  const items = text.split(",");
  switch (KEYS[key]) {
    case "mandatory":
      return each(items, (item) => {
        const named = keyOf(item);
        return named === undefined ? undefined : two(named);
      });
    case "alpn":
      return each(items, (item) => (item.length > 0 && item.length < 256 ? [item.length, ...codes(item)] : undefined));
    case "no-default-alpn":
      return written === undefined ? [] : undefined;
    case "port":
      return /^\d{1,5}$/.test(text) && Number(text) < 65_536 ? two(Number(text)) : undefined;
    case "ipv4hint":
      return each(items, (item) => (parseAddress(item) === undefined ? undefined : item.split(".").map(Number)));
    case "ipv6hint":
      return each(items, (item) => readAddress6(item)?.flatMap(two));
    case "ech":
      return base64(text);
    default:
      return codes(text);
  }
}

function plain(written: string): string | undefined {
  if (!written.startsWith('"')) return written;
  const strings = readStrings(written);
  return "problem" in strings ? undefined : strings.join("");
}

function each(items: readonly string[], octets: (item: string) => readonly number[] | undefined): readonly number[] | undefined {
  const all = items.map(octets);
  return all.every((one) => one !== undefined) ? all.flat() : undefined;
}

const two = (number: number): readonly number[] => [number >> 8, number & 255];
const codes = (text: string): readonly number[] => [...text].map((character) => character.charCodeAt(0) & 255);

function pairs(octets: readonly number[]): readonly number[] {
  return octets.flatMap((octet, at) => (at % 2 === 0 ? [octet * 256 + (octets[at + 1] ?? 0)] : []));
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** RFC 4648, section 4; there is nothing of the machine's in here that reads it. */
function base64(text: string): readonly number[] | undefined {
  if (!/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) || text === "") return undefined;
  const bits = [...text.replace(/=+$/, "")].map((character) => ALPHABET.indexOf(character).toString(2).padStart(6, "0")).join("");
  return (bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2));
}
