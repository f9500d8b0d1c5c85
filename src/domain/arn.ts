import { PARTITIONS, partitionOf } from "./partition.ts";
import { isRegion, type Scope } from "./scope.ts";

/** The parts of `arn:partition:service:region:account:resource`. */
export interface Arn extends Scope {
  readonly partition: string;
  readonly service: string;
  /** All that follows the account: `cluster/production`, `secret:db-AbCdEf`. */
  readonly resource: string;
}

/** Builds an ARN in the scope's partition. */
export function arn(service: string, scope: Scope, resource: string): string {
  return `arn:${partitionOf(scope.region)}:${service}:${scope.region}:${scope.account}:${resource}`;
}

/** Builds an ARN of a service that has no regions (IAM, STS), in the partition of the region that was asked. */
export function globalArn(service: string, scope: Scope, resource: string): string {
  return `arn:${partitionOf(scope.region)}:${service}::${scope.account}:${resource}`;
}

/**
 * Parses an ARN; `undefined` where the text is not one, to the letter: a partition that there is, a region of that partition or none, an
 * account of twelve digits, `aws` or none, and a resource without white space. What is nearly an ARN names nothing.
 * Source: AWS General Reference, "Amazon Resource Names (ARNs)".
 */
export function parseArn(text: string): Arn | undefined {
  const match = /^arn:([a-z-]+):([a-z0-9-]+):([a-z0-9-]*):(\d{12}|aws|):([^\s\p{Cc}]+)$/u.exec(text);
  if (!match) return undefined;
  const [, partition, service, region, account, resource] = match as unknown as [string, string, string, string, string, string];
  if (!PARTITIONS.includes(partition)) return undefined;
  if (region !== "" && !(isRegion(region) && partitionOf(region) === partition)) return undefined;
  return { partition, service, region, account, resource };
}

/** What a text says that it is: an ARN, which then has to be a good one, or a name. Letters in either case, since `ARN:` is no name. */
export function claimsToBeArn(text: string): boolean {
  return /^\s*arn:/i.test(text);
}

/** The last path segment of an ARN's resource, or the text itself where it is a bare name. */
export function nameFromArn(arnOrName: string): string {
  const resource = parseArn(arnOrName)?.resource ?? arnOrName;
  return resource.slice(resource.lastIndexOf("/") + 1);
}
