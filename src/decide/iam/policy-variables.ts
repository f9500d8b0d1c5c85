import { globOf, type Glob, type Piece } from "../../domain/wildcard.ts";

// Source: IAM User Guide, "IAM policy elements: Variables and tags".

/** Text of a policy with its variables found: `home/${aws:username}/*`. */
export interface Template {
  readonly parts: readonly TemplatePart[];
  /** Whether it has no variables, and so says the same of every request. */
  readonly fixed: boolean;
}

type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  /** `${*}`, `${?}` and `${$}`: the character itself. */
  | { readonly kind: "escape"; readonly text: string }
  /** The key as it is written, and the default of `${key, 'default'}`. */
  | { readonly kind: "variable"; readonly key: string; readonly fallback?: string };

/** What a request has for a condition key: a text of a key that has one value at most, a list of one that is multivalued. */
export type KeyValue = string | readonly string[];

/** The value of a condition key, given in lower case; `undefined` where the request has no such key. */
export type KeyValues = (key: string) => KeyValue | undefined;

const PLACEHOLDER = /\$\{([^{}]*)\}/g;
const WITH_DEFAULT = /^([^,]*[^,\s])\s*,\s*'([^']*)'\s*$/;

/** Finds the variables of a text; a `${` without its brace is text. Where the policy's version knows no variables, all of it is. */
export function parseTemplate(text: string, variables: boolean): Template {
  if (!variables || !text.includes("${")) return { parts: [{ kind: "text", text }], fixed: true };
  const parts: TemplatePart[] = [];
  let at = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    if (match.index > at) parts.push({ kind: "text", text: text.slice(at, match.index) });
    parts.push(placeholder(match[1] as string));
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ kind: "text", text: text.slice(at) });
  return { parts, fixed: parts.every((part) => part.kind !== "variable") };
}

/** The text with every variable in place; `undefined` where the request does not have one of them. */
export function resolveText(template: Template, values: KeyValues): string | undefined {
  let text = "";
  for (const part of template.parts) {
    const value = part.kind === "variable" ? valueOf(part, values) : part.text;
    if (value === undefined) return undefined;
    text += value;
  }
  return text;
}

/** The text as a pattern. A `*` or `?` within the value of a variable stands for itself. */
export function resolveGlob(template: Template, values: KeyValues): Glob | undefined {
  const pieces: Piece[] = [];
  for (const part of template.parts) {
    const text = part.kind === "variable" ? valueOf(part, values) : part.text;
    if (text === undefined) return undefined;
    pieces.push({ text, literal: part.kind !== "text" });
  }
  return globOf(pieces);
}

/** The values of a request without keys: for templates that are fixed. */
export const NO_VALUES: KeyValues = () => undefined;

/** The keys that the variables of a text name, as they are written. */
export function variablesOf(template: Template): readonly string[] {
  return template.parts.flatMap((part) => (part.kind === "variable" ? [part.key] : []));
}

function placeholder(inside: string): TemplatePart {
  if (inside === "*" || inside === "?" || inside === "$") return { kind: "escape", text: inside };
  const [, key, fallback] = WITH_DEFAULT.exec(inside) ?? [];
  return key !== undefined && fallback !== undefined
    ? { kind: "variable", key: key.trim(), fallback }
    : { kind: "variable", key: inside.trim() };
}

/** A multivalued key is no variable, however many values it has. Source: IAM User Guide, "Request information that you can use". */
function valueOf({ key, fallback }: TemplatePart & { kind: "variable" }, values: KeyValues): string | undefined {
  const found = values(key.toLowerCase());
  return typeof found === "string" ? found : fallback;
}
