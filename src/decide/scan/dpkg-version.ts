import { compareDigits } from "./digits.ts";

/**
 * Debian's order of versions: negative where `a` is older. Source: Debian Policy 5.6.12: epochs as numbers, then upstream versions, then
 * revisions; an absent epoch or revision is like `0`.
 */
export function compareDpkgVersions(a: string, b: string): number {
  const [left, right] = [dpkgVersionParts(a), dpkgVersionParts(b)];
  return (
    compareDigits(left.epoch, right.epoch) || compareTexts(left.upstream, right.upstream) || compareTexts(left.revision, right.revision)
  );
}

/** The parts of `[epoch:]upstream[-revision]`; an upstream version may have hyphens itself. */
export function dpkgVersionParts(version: string): { readonly epoch: string; readonly upstream: string; readonly revision: string } {
  const trimmed = version.trim();
  const [, epoch = "0", rest = ""] = /^(?:(\d+):)?(.*)$/s.exec(trimmed) ?? [];
  const hyphen = rest.lastIndexOf("-");
  return hyphen < 0
    ? { epoch, upstream: rest, revision: "" }
    : { epoch, upstream: rest.slice(0, hyphen), revision: rest.slice(hyphen + 1) };
}

/** Runs without digits and runs of digits take turns; those by `weight`, these by value. */
function compareTexts(a: string, b: string): number {
  const [left, right] = [runs(a), runs(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [one, other] = [left[at] ?? "", right[at] ?? ""];
    const order = at % 2 === 0 ? compareRuns(one, other) : compareDigits(one, other);
    if (order !== 0) return order;
  }
  return 0;
}

/** Even places hold runs without digits, odd ones digits. */
function runs(text: string): readonly string[] {
  return text.split(/(\d+)/);
}

function compareRuns(a: string, b: string): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = weight(a[at]) - weight(b[at]);
    if (order !== 0) return order;
  }
  return 0;
}

/** A tilde comes before everything, even the end; letters come before all else. */
function weight(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === "~") return -1;
  const code = character.charCodeAt(0);
  return /[A-Za-z]/.test(character) ? code : code + 256;
}
