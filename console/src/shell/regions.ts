/** The regions of AWS that have all of what is here; any other that is in an address works as well. Source: AWS General Reference. */
export const REGIONS: readonly (readonly [id: string, name: string])[] = [
  ["us-east-1", "US East (N. Virginia)"],
  ["us-east-2", "US East (Ohio)"],
  ["us-west-1", "US West (N. California)"],
  ["us-west-2", "US West (Oregon)"],
  ["ap-south-1", "Asia Pacific (Mumbai)"],
  ["ap-northeast-1", "Asia Pacific (Tokyo)"],
  ["ap-northeast-2", "Asia Pacific (Seoul)"],
  ["ap-southeast-1", "Asia Pacific (Singapore)"],
  ["ap-southeast-2", "Asia Pacific (Sydney)"],
  ["ca-central-1", "Canada (Central)"],
  ["eu-central-1", "Europe (Frankfurt)"],
  ["eu-west-1", "Europe (Ireland)"],
  ["eu-west-2", "Europe (London)"],
  ["eu-west-3", "Europe (Paris)"],
  ["eu-north-1", "Europe (Stockholm)"],
  ["sa-east-1", "South America (São Paulo)"],
];

export const DEFAULT_REGION = "us-east-1";

const KEY = "airfield.region";

/** The region that was looked at last in this browser. */
export function rememberedRegion(): string {
  return localStorage.getItem(KEY) ?? DEFAULT_REGION;
}

export function rememberRegion(region: string): void {
  localStorage.setItem(KEY, region);
}

export function isRegion(text: string | undefined): text is string {
  return text !== undefined && /^[a-z]{2}(-[a-z]+)+-\d{1,2}$/.test(text);
}
