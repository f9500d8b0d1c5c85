import { policyOf, type RecordSet } from "../../domain/dns/record-set.ts";

/** Of the answers that a multivalue record has at once. Source: Route 53 Developer Guide, "Multivalue answer routing". */
const MOST_AT_ONCE = 8;

export interface Choice {
  readonly isHealthy: (set: RecordSet) => boolean;
  readonly region: string;
  /** The locations of a CIDR collection that the client is in, the one of the longest prefix first. */
  readonly locationsIn: (collectionId: string) => readonly string[];
  readonly chance: number;
}

/**
 * Which of the record sets of one name and type are the answer: one, or up to eight of a multivalue record; none where none is meant for the client.
 * Where none is healthy, all count as healthy. Nobody's place is known here, so that records for places give way to their default, and those for
 * regions to the client's own region, or the first.
 * Source: Route 53 Developer Guide, "How Amazon Route 53 chooses records when health checking is configured", and the pages on each policy.
 */
export function chosen(sets: readonly RecordSet[], choice: Choice): readonly RecordSet[] {
  const [first] = sets;
  if (!first) return [];
  switch (policyOf(first)) {
    case "simple":
      return [first];
    case "weighted":
      return one(weighted(sets, choice));
    case "latency":
      return one(healthyFirst(byRegion(sets, choice.region), choice));
    case "failover":
      return one(healthyFirst(sets.toSorted(primaryFirst), choice));
    case "geolocation":
      return one(sets.find(({ geoLocation }) => geoLocation?.CountryCode === "*"));
    case "IP-based":
      return one(healthyFirst(byLocation(sets, choice), choice));
    case "multivalue answer": {
      const healthy = sets.filter(choice.isHealthy);
      return rotated(healthy.length > 0 ? healthy : sets, choice.chance).slice(0, MOST_AT_ONCE);
    }
  }
}

function one(set: RecordSet | undefined): readonly RecordSet[] {
  return set ? [set] : [];
}

/** Those without weight are chosen where nothing that has some is healthy, or nothing has any. */
function weighted(sets: readonly RecordSet[], { isHealthy, chance }: Choice): RecordSet | undefined {
  const healthy = sets.filter(isHealthy);
  const counting = healthy.length > 0 ? healthy : sets;
  const total = counting.reduce((sum, { weight = 0 }) => sum + weight, 0);
  if (total === 0) return rotated(counting, chance)[0];
  let left = chance * total;
  return counting.find(({ weight = 0 }) => (left -= weight) < 0);
}

function healthyFirst(sets: readonly RecordSet[], { isHealthy }: Choice): RecordSet | undefined {
  return sets.find(isHealthy) ?? sets[0];
}

function byRegion(sets: readonly RecordSet[], own: string): readonly RecordSet[] {
  const distance = ({ region }: RecordSet): string => (region === own ? "" : (region ?? ""));
  return sets.toSorted((a, b) => (distance(a) < distance(b) ? -1 : 1));
}

/** Those that are meant for the client: the nearest location's, and at last the one for everybody. Source: Route 53 Developer Guide, "IP-based routing". */
function byLocation(sets: readonly RecordSet[], { locationsIn }: Choice): readonly RecordSet[] {
  const [first] = sets;
  const locations = [...locationsIn(first?.cidrRouting?.CollectionId ?? ""), "*"];
  return locations.flatMap((location) => sets.find(({ cidrRouting }) => cidrRouting?.LocationName === location) ?? []);
}

function primaryFirst(a: RecordSet, b: RecordSet): number {
  return (a.failover === "PRIMARY" ? 0 : 1) - (b.failover === "PRIMARY" ? 0 : 1);
}

function rotated(sets: readonly RecordSet[], chance: number): readonly RecordSet[] {
  const by = Math.floor(chance * sets.length);
  return [...sets.slice(by), ...sets.slice(0, by)];
}
