export interface AvailabilityZone {
  /** Such as `us-east-1a`. */
  readonly name: string;
  /** The same place for every account: `use1-az1`. */
  readonly id: string;
}

/**
 * The letters of the zones where they are not a, b and c. AWS maps letters to places anew for each account; here a is always the first.
 * Source: AWS Regions and Availability Zones, "AWS Availability Zones".
 */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ["us-east-1", "abcdef"],
  ["us-west-2", "abcd"],
  ["ap-northeast-1", "abcd"],
  ["ap-northeast-2", "abcd"],
  ["ca-central-1", "abd"],
  ["cn-north-1", "abd"],
]);

/** The zones of a region, three or more. */
export function availabilityZones(region: string): readonly AvailabilityZone[] {
  return [...(LETTERS.get(region) ?? "abc")].map((letter) => ({
    name: `${region}${letter}`,
    id: `${regionInZoneIds(region)}-az${letter.charCodeAt(0) - "a".charCodeAt(0) + 1}`,
  }));
}

/** `us-east-1` → `use1`, `ap-southeast-2` → `apse2`, `us-gov-west-1` → `usgw1`: the first letter of each word. */
function regionInZoneIds(region: string): string {
  const [area = "", ...rest] = region.split("-");
  const words = rest.join(" ").replaceAll(/(north|south)(east|west)/g, "$1 $2");
  return `${area}${words.split(" ").map(firstOrNumber).join("")}`;
}

const firstOrNumber = (word: string): string => (/^\d/.test(word) ? word : word.slice(0, 1));
