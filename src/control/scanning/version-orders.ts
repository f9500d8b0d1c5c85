import { compare, valid } from "semver";
import { compareApkVersions } from "../../decide/scan/apk-version.ts";
import type { VersionOrder } from "../../decide/scan/affected.ts";
import { compareDpkgVersions } from "../../decide/scan/dpkg-version.ts";
import { ecosystemFamily } from "../../domain/vulnerability.ts";
import { comparePythonVersions } from "../../decide/scan/python-version.ts";

const ORDERS: Readonly<Record<string, VersionOrder>> = {
  Debian: compareDpkgVersions,
  Ubuntu: compareDpkgVersions,
  Alpine: compareApkVersions,
  Wolfi: compareApkVersions,
  Chainguard: compareApkVersions,
  npm: compareNpmVersions,
  PyPI: comparePythonVersions,
};

/** How an ecosystem orders versions. */
export function versionOrder(ecosystem: string): VersionOrder | undefined {
  const family = ecosystemFamily(ecosystem);
  return Object.hasOwn(ORDERS, family) ? ORDERS[family] : undefined;
}

/** What is no version, as a package of one's own may have it, comes before all that are. */
function compareNpmVersions(a: string, b: string): number {
  const [left, right] = [valid(a, { loose: true }), valid(b, { loose: true })];
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  return compare(left, right);
}
