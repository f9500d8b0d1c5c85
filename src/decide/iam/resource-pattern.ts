import { globMatches, parseGlob, type Glob } from "../../domain/wildcard.ts";
import { arnMatches, isFixed, parseArnPattern, type ArnParts, type ArnPattern } from "./arn-pattern.ts";
import { NO_VALUES, parseTemplate, resolveGlob, type KeyValues, type Template } from "./policy-variables.ts";

/**
 * The pattern of a statement's `Resource`. It is compared part by part, as the one of a condition; besides, a `*` that ends a segment, one
 * of the texts between colons, may stand for more segments: `arn:aws:logs:*:log-group:/ecs/web:*` is that group in every region of every
 * account. Partition and service stay in their places: the latter may not be a wildcard.
 * Source: IAM User Guide, "IAM JSON policy elements: Resource", "Using wildcards in resource ARNs".
 */
export interface ResourcePattern {
  readonly inPlace: ArnPattern;
  /** The pattern read once more, where one of its stars may go past a colon. */
  readonly expanded?: Expanded;
}

interface Expanded {
  readonly partition: Glob;
  readonly service: Glob;
  /** Segments of region and account. One that ends with a star may take in those behind it. */
  readonly between: readonly { readonly glob: Glob; readonly expands: boolean }[];
  /** All that follows, with whatever colons. */
  readonly rest: Template;
}

export function parseResourcePattern(text: string, variables: boolean): ResourcePattern {
  const expanded = text === "*" ? undefined : expandedPattern(text, variables);
  return { inPlace: parseArnPattern(text, variables ? "resource" : "none"), ...(expanded ? { expanded } : {}) };
}

/** Whether a pattern says the same of every request. */
export function isFixedResource({ inPlace, expanded }: ResourcePattern): boolean {
  return isFixed(inPlace) && (expanded?.rest.fixed ?? true);
}

/**
 * Whether a pattern takes an ARN; `undefined` where it has a variable that the request does not have. Takes time in proportion to the
 * ARN's length, times its colons where a star goes past them.
 */
export function resourceMatches(pattern: ResourcePattern, parts: ArnParts, values: KeyValues): boolean | undefined {
  const inPlace = arnMatches(pattern.inPlace, parts, values);
  if (inPlace !== false || !pattern.expanded || !parts) return inPlace;
  return expandedMatches(pattern.expanded, parts, values);
}

function expandedPattern(text: string, variables: boolean): Expanded | undefined {
  const [, partition, service, ...segments] = text.split(":");
  // Region and account, or what stands in their places: the last segment of a pattern that is cut short is its rest.
  const between = segments.slice(0, Math.min(2, segments.length - 1));
  if (partition === undefined || service === undefined || !between.some((segment) => segment.endsWith("*"))) return undefined;
  return {
    partition: parseGlob(partition),
    service: parseGlob(service),
    between: between.map((segment) => ({ glob: parseGlob(segment), expands: segment.endsWith("*") })),
    rest: parseTemplate(segments.slice(between.length).join(":"), variables && segments.length > 2),
  };
}

function expandedMatches(
  { partition, service, between, rest }: Expanded,
  parts: readonly string[],
  values: KeyValues,
): boolean | undefined {
  const glob = rest.fixed ? resolveGlob(rest, NO_VALUES) : resolveGlob(rest, values);
  if (glob === undefined) return undefined;
  if (!globMatches(partition, parts[1] as string) || !globMatches(service, parts[2] as string)) return false;
  const segments = parts.slice(3).join(":").split(":");
  let places: readonly number[] = [0];
  for (const segment of between) places = placesBehind(segment, segments, places);
  return places.some((place) => place < segments.length && globMatches(glob, segments.slice(place).join(":")));
}

/** Where the next segment of a pattern may begin, when this one may begin at any of some places, given in rising order. */
function placesBehind(
  { glob, expands }: Expanded["between"][number],
  segments: readonly string[],
  places: readonly number[],
): readonly number[] {
  const fits = (place: number): boolean => place < segments.length && globMatches(glob, segments[place] as string);
  if (!expands) return places.filter(fits).map((place) => place + 1);
  const first = places.find(fits);
  return first === undefined ? [] : segments.slice(first).map((_segment, index) => first + index + 1);
}
