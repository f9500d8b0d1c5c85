import type { Member, Shape } from "../schema.ts";

/** CloudTrail's own words in the place of a value that must not be shown. */
export const HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS";

export interface ShownMembers {
  /** As CloudTrail writes parameters: names begin in lower case, blobs are left out, times are ISO 8601. */
  readonly shown: unknown;
  /** The texts that were hidden, to be kept out of messages too. */
  readonly hidden: readonly string[];
}

/**
 * What an audit record shows of a request or a response. Hidden are the members that AWS's models mark as sensitive, and those that hold a
 * secret although the models do not say so.
 */
export function shownMembers(shape: Shape | undefined, value: unknown): ShownMembers {
  const hidden: string[] = [];
  const shown = shape === undefined || value === undefined ? null : showShape(shape, value, hidden);
  // Nothing given is shown as nothing.
  const empty = typeof shown === "object" && shown !== null && Object.keys(shown).length === 0;
  return { shown: empty ? null : (shown ?? null), hidden };
}

/** In lower case. */
const SECRET_MEMBERS: ReadonlySet<string> = new Set([
  "authenticationcode",
  "authenticationcode1",
  "authenticationcode2",
  "authorizationtoken",
  "clientsecret",
  "importtoken",
  "newpassword",
  "oldpassword",
  "password",
  "plaintext",
  "plaintextkey",
  "privatekey",
  "privatekeyplaintext",
  "proxypassword",
  "randompassword",
  "samlassertion",
  "secretaccesskey",
  "secretbinary",
  "secretstring",
  "sessiontoken",
  "tokencode",
  "webidentitytoken",
]);

/** The lines of PutLogEvents: contents, which AWS's trail does not show either. */
const LOG_EVENTS = "logevents";

function showMember(name: string, member: Member, value: unknown, hidden: string[]): unknown {
  const lower = name.toLowerCase();
  if (member.shape.kind === "blob" || lower === LOG_EVENTS) return undefined;
  if (member.sensitive || SECRET_MEMBERS.has(lower)) {
    collectTexts(value, hidden);
    return HIDDEN;
  }
  return showShape(member.shape, value, hidden);
}

function showShape(shape: Shape, value: unknown, hidden: string[]): unknown {
  if (value === null || value === undefined) return undefined;
  switch (shape.kind) {
    case "structure":
    case "union": {
      const shown: Record<string, unknown> = {};
      for (const [name, given] of Object.entries(value)) {
        const member = shape.byName.get(name);
        if (given === undefined || given === null || !member) continue;
        const one = showMember(name, member, given, hidden);
        if (one !== undefined) shown[lowerCamel(name)] = one;
      }
      return shown;
    }
    case "list":
      return (value as readonly unknown[]).map((item) => showMember("", shape.item, item, hidden));
    case "map":
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, showMember(key, shape.value, item, hidden)] as const));
    case "blob":
      return undefined;
    case "timestamp":
      return value instanceof Date ? value.toISOString() : undefined;
    case "bigint":
    case "bigdecimal":
      return String(value as bigint);
    default:
      return value;
  }
}

function lowerCamel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** Short texts are left alone: `true` or `1` in a message is no secret, and taking them out would garble it. */
const SHORTEST_HIDDEN = 4;

function collectTexts(value: unknown, texts: string[]): void {
  if (typeof value === "string") {
    if (value.length >= SHORTEST_HIDDEN) texts.push(value);
  } else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    for (const one of Object.values(value)) collectTexts(one, texts);
  }
}

/** A message without the texts that were hidden elsewhere. */
export function withoutHidden(message: string, hidden: readonly string[]): string {
  // The longest first: a shorter one may be part of it.
  return [...hidden].sort((a, b) => b.length - a.length).reduce((text, secret) => text.replaceAll(secret, HIDDEN), message);
}
