import { globMatches, parseGlob } from "../../../domain/wildcard.ts";
import type { PolicyUse } from "../policy-document.ts";

const PARTITIONS = ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];

const IAM_PATHS = [
  "user/",
  "federated-user/",
  "role/",
  "group/",
  "instance-profile/",
  "mfa/",
  "server-certificate/",
  "policy/",
  "sms-mfa/",
  "saml-provider/",
  "oidc-provider/",
  "report/",
  "access-report/",
];

/** What AWS says of a resource that is neither an ARN nor `*`. An ARN that is cut short is filled up with `*`. */
export function resourceRefusal(resource: string, use: PolicyUse): string | undefined {
  if (resource === "*") return undefined;
  const [prefix, ...rest] = resource.split(":");
  if (rest.length === 0) return notAnArn(resource);
  const filled = [...rest, "*", "*", "*", "*"].slice(0, Math.max(5, rest.length));
  const [partition = "", vendor = "", region = "", account = "", ...path] = filled;
  if (!isPartition(partition)) return `Partition "${partition}" is not valid for resource "arn:${filled.join(":")}".`;
  if (prefix !== "arn") return notAnArn(resource);
  if (use !== "identity") return undefined;
  if (/[*?]/.test(vendor)) return "Resource vendor must be fully qualified and cannot contain regexes.";
  if (vendor === "iam") return iamRefusal(resource, region, path.join(":"));
  // Buckets and objects have neither region nor account; access points have both.
  if (vendor === "s3" && region !== "" && region !== "*" && account === "") {
    return `Resource ${resource} can not contain region information.`;
  }
  return undefined;
}

/**
 * Whether IAM's older parser stumbles: an ARN of a known partition that has no service, or a region and no resource. A star at its end
 * stands for all that is missing. Source: IAM User Guide, "Using wildcards in resource ARNs".
 */
export function failsLegacyParsing(resource: string): boolean {
  const parts = resource.split(":");
  const [prefix, partition = "", service] = parts;
  if (prefix !== "arn" || !isPartition(partition)) return false;
  return service === "" || ((parts.length === 4 || parts.length === 5) && !resource.endsWith("*"));
}

function iamRefusal(resource: string, region: string, path: string): string | undefined {
  if (region !== "" && region !== "*") return `IAM resource ${resource} cannot contain region information.`;
  if (path === "*" || path.startsWith("${") || IAM_PATHS.some((one) => path.startsWith(one))) return undefined;
  return `IAM resource path must either be "*" or start with ${IAM_PATHS.join(", ")}.`;
}

function isPartition(text: string): boolean {
  const glob = parseGlob(text);
  return PARTITIONS.some((partition) => globMatches(glob, partition));
}

function notAnArn(resource: string): string {
  return `Resource ${resource} must be in ARN format or "*".`;
}
