import type { PolicyDocument, Statement } from "../../decide/iam/policy-document.ts";

/** Keys that, held to fixed values, keep the public out. Source: Amazon S3 User Guide, 'The meaning of "public"', which names them. */
const NARROWING = new Set([
  "aws:principalaccount",
  "aws:principalarn",
  "aws:principalorgid",
  "aws:principalorgpaths",
  "aws:sourceaccount",
  "aws:sourcearn",
  "aws:sourceip",
  "aws:sourceowner",
  "aws:sourcevpc",
  "aws:sourcevpce",
  "aws:userid",
  "aws:username",
  "kms:calleraccount",
]);
const HOLDING = /^(?:ForAnyValue:)?(?:StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike|IpAddress)$/;

/** Whether a policy lets in principals whom nobody chose: an Allow for everybody that no condition narrows down. */
export function isPublic({ statements }: PolicyDocument): boolean {
  return statements.some((statement) => statement.effect === "Allow" && isForEverybody(statement) && !isNarrowed(statement));
}

function isForEverybody({ principal }: Statement): boolean {
  return principal !== undefined && (principal.everyone || principal.aws.includes("*"));
}

function isNarrowed({ conditions }: Statement): boolean {
  return conditions.some(
    ({ operator, key, values }) =>
      HOLDING.test(operator) &&
      NARROWING.has(key.toLowerCase()) &&
      values.length > 0 &&
      values.every((value) => !/^[*?]+$/.test(value) && !value.includes("${") && value !== "0.0.0.0/0" && value !== "::/0"),
  );
}
