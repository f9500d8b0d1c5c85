import { dnsSuffixOf } from "../../domain/partition.ts";
import type { Scope } from "../../domain/scope.ts";

/** The domains that ECR's host names end in, by partition. The dual-stack names below `on.aws` and the FIPS names are not among them. */
export const ECR_DOMAINS = ["amazonaws.com", "amazonaws.com.cn"] as const;

/** The host name of an account's registry in a region, as AWS has it. */
export function ecrHostName({ account, region }: Scope): string {
  return `${account}.dkr.ecr.${region}.${dnsSuffixOf(region)}`;
}
