import { compareDigits } from "./digits.ts";

/**
 * Python's order of versions: negative where `a` is older. Source: PEP 440: epoch, release, then development releases, pre-releases, the
 * release itself, post-releases, and local versions. What is no version comes before all that are.
 */
export function comparePythonVersions(a: string, b: string): number {
  const [left, right] = [read(a), read(b)];
  if (!left || !right) return Number(left !== undefined) - Number(right !== undefined);
  return (
    compareDigits(left.epoch, right.epoch) ||
    compareLists(left.release, right.release, compareReleaseParts) ||
    left.phase - right.phase ||
    compareDigits(left.pre, right.pre) ||
    compareOptional(left.post, right.post, -1) ||
    compareOptional(left.dev, right.dev, 1) ||
    compareLocal(left.local, right.local)
  );
}

interface PythonVersion {
  readonly epoch: string;
  readonly release: readonly string[];
  /** Of the pre-release: 0 for a development release of none, then alpha, beta, candidate, and 4 for the release. */
  readonly phase: number;
  readonly pre: string;
  readonly post: string | undefined;
  readonly dev: string | undefined;
  readonly local: readonly string[];
}

const VERSION =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/;

const PHASES: Readonly<Record<string, number>> = { a: 1, alpha: 1, b: 2, beta: 2, c: 3, rc: 3, pre: 3, preview: 3 };

function read(text: string): PythonVersion | undefined {
  const found = VERSION.exec(text.trim().toLowerCase());
  if (!found) return undefined;
  const [, epoch = "0", release = "", phase, pre = "", shortPost, postWord, postNumber = "", devWord, dev = "", local = ""] = found;
  const post = shortPost ?? (postWord === undefined ? undefined : postNumber);
  const beforeAll = phase === undefined && post === undefined && devWord !== undefined;
  return {
    epoch,
    release: release.split("."),
    phase: beforeAll ? 0 : phase === undefined ? 4 : (PHASES[phase] ?? 4),
    pre,
    post,
    dev: devWord === undefined ? undefined : dev,
    local: local === "" ? [] : local.split(/[-_.]/),
  };
}

/** @param absent what it means to have none where the other has one */
function compareOptional(a: string | undefined, b: string | undefined, absent: 1 | -1): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? absent : -absent;
  return compareDigits(a, b);
}

/** Missing parts of a release count as zeros. */
function compareReleaseParts(a: string | undefined, b: string | undefined): number {
  return compareDigits(a ?? "0", b ?? "0");
}

function compareLocal(a: readonly string[], b: readonly string[]): number {
  return compareLists(a, b, (left, right) => {
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const [leftNumber, rightNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
    if (leftNumber && rightNumber) return compareDigits(left, right);
    // Numbers come after words.
    if (leftNumber !== rightNumber) return leftNumber ? 1 : -1;
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

function compareLists(
  a: readonly string[],
  b: readonly string[],
  order: (left: string | undefined, right: string | undefined) => number,
): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const found = order(a[at], b[at]);
    if (found !== 0) return found;
  }
  return 0;
}
