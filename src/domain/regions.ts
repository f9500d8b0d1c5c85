import { partitionOf } from "./partition.ts";

/**
 * The regions that every account has enabled, and what people call them. Here every well-formed region name works; these are those that a
 * client is told of. Source: AWS Regions and Availability Zones, "AWS Regions".
 */
const LONG_NAMES: ReadonlyMap<string, string> = new Map([
  ["ap-northeast-1", "Asia Pacific (Tokyo)"],
  ["ap-northeast-2", "Asia Pacific (Seoul)"],
  ["ap-northeast-3", "Asia Pacific (Osaka)"],
  ["ap-south-1", "Asia Pacific (Mumbai)"],
  ["ap-southeast-1", "Asia Pacific (Singapore)"],
  ["ap-southeast-2", "Asia Pacific (Sydney)"],
  ["ca-central-1", "Canada (Central)"],
  ["eu-central-1", "Europe (Frankfurt)"],
  ["eu-north-1", "Europe (Stockholm)"],
  ["eu-west-1", "Europe (Ireland)"],
  ["eu-west-2", "Europe (London)"],
  ["eu-west-3", "Europe (Paris)"],
  ["sa-east-1", "South America (Sao Paulo)"],
  ["us-east-1", "US East (N. Virginia)"],
  ["us-east-2", "US East (Ohio)"],
  ["us-west-1", "US West (N. California)"],
  ["us-west-2", "US West (Oregon)"],
  ["cn-north-1", "China (Beijing)"],
  ["cn-northwest-1", "China (Ningxia)"],
  ["us-gov-east-1", "AWS GovCloud (US-East)"],
  ["us-gov-west-1", "AWS GovCloud (US-West)"],
]);

/** The regions that are seen from a region: those of its partition, and itself. */
export function regionsSeenFrom(region: string): readonly string[] {
  const known = [...LONG_NAMES.keys()].filter((one) => partitionOf(one) === partitionOf(region));
  return known.includes(region) ? known : [...known, region];
}

/** Of a region that AWS has not, its name. */
export function longNameOf(region: string): string {
  return LONG_NAMES.get(region) ?? region;
}
