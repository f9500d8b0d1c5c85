/** A part of AWS with accounts and names of its own. */
interface Partition {
  readonly name: string;
  /** How the names of its regions begin. */
  readonly regions: string;
  /** What the host names of its services end with. */
  readonly dnsSuffix: string;
}

const AWS: Partition = { name: "aws", regions: "", dnsSuffix: "amazonaws.com" };
const OTHERS: readonly Partition[] = [
  { name: "aws-cn", regions: "cn-", dnsSuffix: "amazonaws.com.cn" },
  { name: "aws-us-gov", regions: "us-gov-", dnsSuffix: "amazonaws.com" },
];

/** The names of all partitions that are here. */
export const PARTITIONS: readonly string[] = [AWS, ...OTHERS].map(({ name }) => name);

const find = (region: string): Partition => OTHERS.find(({ regions }) => region.startsWith(regions)) ?? AWS;

/** The partition of a region: `aws`, `aws-cn` or `aws-us-gov`. */
export function partitionOf(region: string): string {
  return find(region).name;
}

/** `amazonaws.com`, and in China `amazonaws.com.cn`. */
export function dnsSuffixOf(region: string): string {
  return find(region).dnsSuffix;
}
