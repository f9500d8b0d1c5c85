import { createHash } from "node:crypto";

/** A section of a configuration: its head, and its lines below. */
export function section([head, ...lines]: readonly string[]): string {
  return [head, ...lines.map((line) => `    ${line}`)].join("\n");
}

/** Of the section from which those of requests take what they do not say themselves. */
export const REQUEST_DEFAULTS = "usual";

/** A section of lines that several backends share, and the name by which they take it. Equal lines give equal names. */
export function sharedDefaults(lines: readonly string[]): { readonly name: string; readonly text: string } {
  const name = `d_${createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 16)}`;
  return { name, text: section([`defaults ${name} from ${REQUEST_DEFAULTS}`, ...lines]) };
}

export function milliseconds(seconds: number): string {
  return `${Math.round(seconds * 1000)}ms`;
}
