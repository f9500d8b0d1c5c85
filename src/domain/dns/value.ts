import { readAddress6 } from "./address6.ts";
import { parseAddress } from "../cidr.ts";
import { readName, type NameProblem } from "./name.ts";
import type { RecordType } from "./record-type.ts";
import { readParameters, type ServiceParameter } from "./service-parameters.ts";
import { readStrings } from "./strings.ts";

/** What a record's value says, ready for the wire. Names are as `readName` gives them. */
export type RecordData =
  | { readonly type: "A" | "AAAA"; readonly address: string }
  | { readonly type: "CNAME" | "NS" | "PTR"; readonly target: string }
  | { readonly type: "MX"; readonly preference: number; readonly exchange: string }
  | { readonly type: "TXT" | "SPF"; readonly strings: readonly string[] }
  | { readonly type: "SRV"; readonly priority: number; readonly weight: number; readonly port: number; readonly target: string }
  | { readonly type: "CAA"; readonly flags: number; readonly tag: string; readonly value: string }
  | {
      readonly type: "SOA";
      readonly mname: string;
      readonly rname: string;
      readonly serial: number;
      readonly refresh: number;
      readonly retry: number;
      readonly expire: number;
      readonly minimum: number;
    }
  | {
      readonly type: "NAPTR";
      readonly order: number;
      readonly preference: number;
      readonly flags: string;
      readonly services: string;
      readonly regexp: string;
      readonly replacement: string;
    }
  | { readonly type: "DS"; readonly keyTag: number; readonly algorithm: number; readonly digestType: number; readonly digest: string }
  | { readonly type: "SSHFP"; readonly algorithm: number; readonly hash: number; readonly fingerprint: string }
  | { readonly type: "TLSA"; readonly usage: number; readonly selector: number; readonly matching: number; readonly certificate: string }
  | {
      readonly type: "SVCB" | "HTTPS";
      readonly priority: number;
      readonly target: string;
      readonly parameters: readonly ServiceParameter[];
    };

/** What one field of a value is read by: the value, or why there is none. */
type Read<T> = T | NameProblem;

/**
 * Reads the value of a record as `ResourceRecord.Value` gives it, in the form of master files; or tells what is wrong, in Route 53's words:
 * `ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)`.
 * Source: Amazon Route 53 Developer Guide, "Supported DNS record types".
 */
export function readValue(type: RecordType, text: string): RecordData | NameProblem {
  if (type === "TXT" || type === "SPF") {
    const strings = readStrings(text);
    return isProblem(strings) ? strings : { type, strings };
  }
  // Characters of other scripts belong into no field but the strings above.
  if (!/^[ -~]*$/.test(text)) return { problem: "UnsupportedCharacter (Value contains unsupported characters)" };
  switch (type) {
    case "A":
      return parseAddress(text) === undefined
        ? { problem: "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)" }
        : { type, address: text };
    case "AAAA":
      return readAddress6(text) === undefined
        ? { problem: "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)" }
        : { type, address: text };
    case "CNAME":
    case "NS":
    case "PTR":
      return built(readName(text), (target) => ({ type, target }));
    case "NAPTR":
      return naptr(text);
    case "CAA":
      return caa(text);
    case "SVCB":
    case "HTTPS":
      return binding(type, text);
    default:
      return ofFields(type, text.trim().split(/ +/));
  }
}

function ofFields(
  type: Exclude<RecordType, "TXT" | "SPF" | "A" | "AAAA" | "CNAME" | "NS" | "PTR" | "NAPTR" | "CAA" | "SVCB" | "HTTPS">,
  fields: readonly string[],
): RecordData | NameProblem {
  const number = (at: number, most: number): Read<number> => readNumber(type, fields[at] ?? "", most);
  const name = (at: number): Read<string> => readName(fields[at] ?? "");
  switch (type) {
    case "MX":
      if (fields.length !== 2) return { problem: "MXRRDATANotTwoFields (MX record doesn't have 2 fields)" };
      return all([number(0, 65_535), name(1)], ([preference, exchange]) => ({ type, preference, exchange }));
    case "SRV":
      if (fields.length !== 4) return { problem: "SRVRRDATANotFourFields (SRV record doesn't have 4 fields)" };
      return all([number(0, 65_535), number(1, 65_535), number(2, 65_535), name(3)], ([priority, weight, port, target]) => ({
        type,
        priority,
        weight,
        port,
        target,
      }));
    case "SOA":
      if (fields.length !== 7) return { problem: "SOARRDATANotSevenFields (SOA record doesn't have 7 fields)" };
      return all(
        [name(0), name(1), number(2, MOST_32), number(3, MOST_31), number(4, MOST_31), number(5, MOST_31), number(6, MOST_31)],
        ([mname, rname, serial, refresh, retry, expire, minimum]) => ({ type, mname, rname, serial, refresh, retry, expire, minimum }),
      );
    case "DS":
      if (fields.length !== 4) return { problem: "DSRRDATANotFourFields (DS record doesn't have 4 fields)" };
      return all([number(0, 65_535), number(1, 255), number(2, 255), readHex(fields[3])], ([keyTag, algorithm, digestType, digest]) => ({
        type,
        keyTag,
        algorithm,
        digestType,
        digest,
      }));
    case "SSHFP":
      if (fields.length !== 3) return { problem: "SSHFPRRDATANotThreeFields (SSHFP record doesn't have 3 fields)" };
      return all([number(0, 255), number(1, 255), readHex(fields[2])], ([algorithm, hash, fingerprint]) =>
        fingerprint.length === 2 * (FINGERPRINTS[hash] ?? 0)
          ? { type, algorithm, hash, fingerprint }
          : { problem: "SSHFPRRDATAInvalidFingerprint (Value is not a fingerprint of its type)" },
      );
    case "TLSA":
      if (fields.length !== 4) return { problem: "TLSARRDATANotFourFields (TLSA record doesn't have 4 fields)" };
      return all([number(0, 255), number(1, 255), number(2, 255), readHex(fields[3])], ([usage, selector, matching, certificate]) => ({
        type,
        usage,
        selector,
        matching,
        certificate,
      }));
  }
}

/** Octets of a fingerprint by its type: SHA-1 and SHA-256 (RFC 4255, RFC 6594). */
const FINGERPRINTS: Readonly<Record<number, number>> = { 1: 20, 2: 32 };

const MOST_31 = 2 ** 31 - 1;
const MOST_32 = 2 ** 32 - 1;

/** One of priority zero stands for another name, and has no parameters. */
function binding(type: "SVCB" | "HTTPS", text: string): RecordData | NameProblem {
  const [, priority = "", target = "", rest = ""] = /^(\S+) +(\S+)(.*)$/.exec(text.trim()) ?? [];
  if (target === "") return { problem: `${type}RRDATATooFewFields (${type} record doesn't have 2 fields)` };
  return all([readNumber(type, priority, 65_535), readName(target), readParameters(rest)], ([read, name, parameters]) =>
    read === 0 && parameters.length > 0
      ? { problem: `${type}RRDATAParametersOfAlias (${type} record of priority 0 has parameters)` }
      : { type, priority: read, target: name, parameters },
  );
}

function caa(text: string): RecordData | NameProblem {
  const match = /^(\S+) +(\S+) +(\S.*)$/.exec(text.trim());
  if (!match) return { problem: "CAARRDATANotThreeFields (CAA record doesn't have 3 fields)" };
  const [, flags = "", tag = "", value = ""] = match;
  if (!/^[a-zA-Z0-9]{1,15}$/.test(tag)) return { problem: "CAARRDATAInvalidTag (Value is not a valid CAA tag)" };
  const strings = readStrings(value);
  if (isProblem(strings)) return strings;
  const [only, ...more] = strings;
  if (only === undefined || more.length > 0) return { problem: "CAARRDATANotThreeFields (CAA record doesn't have 3 fields)" };
  return built(readNumber("CAA", flags, 255), (read) => ({ type: "CAA", flags: read, tag, value: only }));
}

function naptr(text: string): RecordData | NameProblem {
  const match = /^(\S+) +(\S+) +("(?:[^"\\]|\\.)*") +("(?:[^"\\]|\\.)*") +("(?:[^"\\]|\\.)*") +(\S+)$/.exec(text.trim());
  if (!match) return { problem: "NAPTRRRDATANotSixFields (NAPTR record doesn't have 6 fields)" };
  const string = (at: number): Read<string> => {
    const strings = readStrings(match[at] ?? "");
    return isProblem(strings) ? strings : (strings[0] ?? "");
  };
  return all(
    [
      readNumber("NAPTR", match[1] ?? "", 65_535),
      readNumber("NAPTR", match[2] ?? "", 65_535),
      string(3),
      string(4),
      string(5),
      readName(match[6] ?? ""),
    ],
    ([order, preference, flags, services, regexp, replacement]) => ({
      type: "NAPTR",
      order,
      preference,
      flags,
      services,
      regexp,
      replacement,
    }),
  );
}

function readNumber(type: RecordType, text: string, most: number): Read<number> {
  return /^\d{1,10}$/.test(text) && Number(text) <= most
    ? Number(text)
    : { problem: `${type}RRDATAInvalidNumber (Value is not a number from 0 to ${most})` };
}

function readHex(text: string | undefined): Read<string> {
  return text !== undefined && /^([0-9a-fA-F]{2})+$/.test(text)
    ? text.toLowerCase()
    : { problem: "InvalidHexadecimal (Value is not a sequence of octets in hexadecimal)" };
}

export function isProblem(read: unknown): read is NameProblem {
  return typeof read === "object" && read !== null && "problem" in read;
}

function built<T, R>(read: Read<T>, build: (value: T) => R): R | NameProblem {
  return isProblem(read) ? read : build(read);
}

/** All the fields, or the problem of the first that has one. */
function all<T extends readonly unknown[], R>(fields: { readonly [K in keyof T]: Read<T[K]> }, build: (values: T) => R): R | NameProblem {
  return fields.find(isProblem) ?? build(fields as unknown as T);
}

/** The value of a record as it is shown, in the form of master files: names with the dot at their end, strings in quotation marks. */
export function writeValue(data: RecordData): string {
  switch (data.type) {
    case "A":
    case "AAAA":
      return data.address;
    case "CNAME":
    case "NS":
    case "PTR":
      return data.target;
    case "MX":
      return `${data.preference} ${data.exchange}`;
    case "TXT":
    case "SPF":
      return data.strings.map(quoted).join(" ");
    case "SRV":
      return `${data.priority} ${data.weight} ${data.port} ${data.target}`;
    case "CAA":
      return `${data.flags} ${data.tag} ${quoted(data.value)}`;
    case "SOA":
      return [data.mname, data.rname, data.serial, data.refresh, data.retry, data.expire, data.minimum].join(" ");
    case "NAPTR":
      return [data.order, data.preference, quoted(data.flags), quoted(data.services), quoted(data.regexp), data.replacement].join(" ");
    case "DS":
      return `${data.keyTag} ${data.algorithm} ${data.digestType} ${data.digest}`;
    case "SSHFP":
      return `${data.algorithm} ${data.hash} ${data.fingerprint}`;
    case "SVCB":
    case "HTTPS":
      return [data.priority, data.target, ...data.parameters.map(({ text }) => text)].join(" ");
    case "TLSA":
      return `${data.usage} ${data.selector} ${data.matching} ${data.certificate}`;
  }
}

/** Octets beyond printable ASCII in octal. */
function quoted(text: string): string {
  const escaped = text.replace(/["\\]/g, "\\$&").replace(/[^ -~]/g, (octet) => `\\${octet.charCodeAt(0).toString(8).padStart(3, "0")}`);
  return `"${escaped}"`;
}
