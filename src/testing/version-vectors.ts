import { readFileSync } from "node:fs";
import { versionPairs, type VersionPair } from "./version-pairs.ts";

const FOLDER = new URL("../decide/scan/vectors/", import.meta.url);

export function linesOf(file: string): readonly string[] {
  return readFileSync(new URL(file, FOLDER), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** 10,000 pairs of Debian versions; `dpkg-outcomes.txt` says of each what `dpkg --compare-versions` says. */
export function dpkgPairs(): readonly VersionPair[] {
  const pieces = ["~", "~rc1", "~~", "+", "+b1", ".", "-", "0", "00", "9", "10", "a", "Z", "1:", "+deb12u1", "-1", "dfsg"];
  // What dpkg takes without a warning, see Debian Policy 5.6.12.
  const isVersion = (text: string): boolean => /^(\d{1,9}:)?\d[A-Za-z0-9.+~-]*$/.test(text) && !text.endsWith("-");
  return versionPairs(12, 10_000, linesOf("dpkg-versions.txt"), pieces, isVersion);
}

/** 10,000 pairs of Alpine versions; `apk-outcomes.txt` says of each what an independent implementation says. */
export function apkPairs(): readonly VersionPair[] {
  const versions = [...new Set(linesOf("apk-published.txt").flatMap((line) => line.split(/ [<=>] /)))].filter(isApkVersion);
  const pieces = ["_alpha", "_rc1", "_p2", "_git20240101", "_pre3", "-r1", "-r10", ".", ".1", ".10", "a", "c", "0", "9", "_beta", "_cvs"];
  return versionPairs(319, 10_000, versions, pieces, isApkVersion);
}

/** Without what `apk` 2, which the other implementation follows, orders another way than `apk` 3: zeros in front, and pre-releases of a zero. */
function isApkVersion(text: string): boolean {
  const wellFormed = /^\d{1,9}(\.\d{1,9})*[a-z]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)\d{0,9})*(-r\d+)?$/.test(text);
  return wellFormed && !/\.0\d/.test(text) && !/\.0_(alpha|beta|pre|rc)/.test(text);
}

/** One of `<`, `=` and `>` a pair. */
export function outcomesOf(file: string): string {
  return linesOf(file).join("");
}

export function outcome(order: number): string {
  return order < 0 ? "<" : order > 0 ? ">" : "=";
}
