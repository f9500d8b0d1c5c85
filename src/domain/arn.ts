import { partitionOf, type Scope } from "./scope.ts";

/** The parts of `arn:partition:service:region:account:resource`. */
export interface Arn extends Scope {
  readonly partition: string;
  readonly service: string;
  /** All that follows the account: `cluster/production`, `secret:db-AbCdEf`. */
  readonly resource: string;
}

/** Builds an ARN in the scope's partition. Global services pass an empty region. */
export function arn(service: string, scope: Scope, resource: string): string {
  return `arn:${partitionOf(scope.region)}:${service}:${scope.region}:${scope.account}:${resource}`;
}

/** Parses an ARN; `undefined` where the text is not one. */
export function parseArn(text: string): Arn | undefined {
  const match = /^arn:([^:]+):([^:]+):([^:]*):([^:]*):(.+)$/s.exec(text);
  if (!match) return undefined;
  const [, partition, service, region, account, resource] = match as unknown as [string, string, string, string, string, string];
  return { partition, service, region, account, resource };
}

/** The last path segment of an ARN's resource, or the text itself where it is a bare name. */
export function nameFromArn(arnOrName: string): string {
  const resource = parseArn(arnOrName)?.resource ?? arnOrName;
  return resource.slice(resource.lastIndexOf("/") + 1);
}
