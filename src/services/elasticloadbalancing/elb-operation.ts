import type { Tag } from "@aws-sdk/client-elastic-load-balancing-v2";
import { operationsOf, requestTagList, type ConditionContext, type Permission } from "../operation.ts";
import { AwsError } from "../aws-error.ts";

export const operation = operationsOf<typeof import("@aws-sdk/client-elastic-load-balancing-v2")>();

/** Describing has no resources in IAM: it is allowed for all or for none. */
export function permission(operationName: string, resource: string | readonly string[] = "*", context: ConditionContext = {}): Permission {
  return { action: `elasticloadbalancing:${operationName}`, resource, context };
}

/** Creating something with tags takes the permission to tag it, too. */
export function creation(
  operationName: string,
  {
    on,
    created,
    tags = [],
    context = {},
  }: {
    /** What the right to create is asked on, and the ARN of what is created as far as it is known. */
    readonly on: string;
    readonly created: string;
    readonly tags: readonly Tag[] | undefined;
    readonly context?: ConditionContext;
  },
): readonly Permission[] {
  const given = tagKeys(tags);
  const tagging = permission("AddTags", created, { ...given, "elasticloadbalancing:CreateAction": operationName });
  return [permission(operationName, on, { ...given, ...context }), ...(tags.length > 0 ? [tagging] : [])];
}

export function tagKeys(tags: readonly Tag[] | undefined): ConditionContext {
  return requestTagList(tags);
}

export function invalid(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

/** Refuses a value that is none of the enumeration's. @param path as AWS names the member, such as `ipAddressType` */
export function checkEnum(value: string | undefined, path: string, values: readonly string[]): void {
  if (value === undefined || values.includes(value)) return;
  throw invalid(
    `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: Member must satisfy enum value set: [${values.join(", ")}]`,
  );
}

/** Refuses a number out of its range. @param path as AWS names the member, such as `pageSize` */
export function checkRange(value: number | undefined, path: string, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  const bound = value < least ? `greater than or equal to ${least}` : `less than or equal to ${most}`;
  throw invalid(`1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: Member must have value ${bound}`);
}
