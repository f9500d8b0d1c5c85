import type { AffectedPackage, RangeEvent } from "../../domain/vulnerability.ts";

/** Negative where `a` is older than `b`. */
export type VersionOrder = (a: string, b: string) => number;

/**
 * Whether a version is affected: named outright, or inside one of the ranges. Source: OSV schema, "Evaluation": events in the order of
 * their versions switch a range on (`introduced`) and off (`fixed`, and after `last_affected`).
 */
export function isAffected(version: string, affected: Pick<AffectedPackage, "versions" | "ranges">, order: VersionOrder): boolean {
  return affected.versions.includes(version) || affected.ranges.some((range) => isInside(version, range, order));
}

/** The oldest version after this one that has a fix; `undefined` where none is known. */
export function fixedIn(version: string, { ranges }: Pick<AffectedPackage, "ranges">, order: VersionOrder): string | undefined {
  const inside = ranges.filter((range) => isInside(version, range, order));
  const later = (inside.length > 0 ? inside : ranges)
    .flatMap((range) => range.flatMap((event) => ("fixed" in event ? [event.fixed] : [])))
    .filter((fixed) => order(fixed, version) > 0);
  return later.toSorted(order)[0];
}

function isInside(version: string, range: readonly RangeEvent[], order: VersionOrder): boolean {
  let inside = false;
  for (const event of range.toSorted((a, b) => compareEvents(a, b, order)))
    if ("introduced" in event) inside = startsBy(event.introduced, version, order) || inside;
    else if ("fixed" in event) inside = order(version, event.fixed) < 0 && inside;
    else inside = order(version, event.lastAffected) <= 0 && inside;
  return inside;
}

function startsBy(introduced: string, version: string, order: VersionOrder): boolean {
  return introduced === BEGINNING || order(version, introduced) >= 0;
}

/** Before every version there is. */
const BEGINNING = "0";

/** At the same version, a range begins before it ends. */
function compareEvents(a: RangeEvent, b: RangeEvent, order: VersionOrder): number {
  const [left, right] = [versionOf(a), versionOf(b)];
  const beginnings = Number(right === BEGINNING) - Number(left === BEGINNING);
  if (beginnings !== 0) return beginnings;
  return order(left, right) || Number("introduced" in b) - Number("introduced" in a);
}

function versionOf(event: RangeEvent): string {
  return "introduced" in event ? event.introduced : "fixed" in event ? event.fixed : event.lastAffected;
}
