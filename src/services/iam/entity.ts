import {
  EntityAlreadyExistsException,
  InvalidInputException,
  LimitExceededException,
  MalformedPolicyDocumentException,
  NoSuchEntityException,
  type Tag,
} from "@aws-sdk/client-iam";
import { arn } from "../../domain/arn.ts";
import { policies, roleKey, roles, type PolicyRecord, type RoleRecord } from "../../state/iam.ts";
import { AwsError } from "../aws-error.ts";
import { brokenConstraints, lengthWithin, matches, type Violation } from "../constraints.ts";
import { because, defined, operationsOf, type OperationContext, type RequestScope } from "../operation.ts";
import { compareKeys, paginate } from "../pagination.ts";

export const operation = operationsOf<typeof import("@aws-sdk/client-iam")>();

/** An ARN of IAM: its region is empty. */
export function iamArn({ account }: { readonly account: string }, resource: string): string {
  return arn("iam", { account, region: "" }, resource);
}

export const onRole =
  (action: string) =>
  ({ RoleName }: { RoleName?: string | undefined }, at: RequestScope) => ({
    action: `iam:${action}`,
    resource: iamArn(at, `role/${RoleName ?? "*"}`),
  });

export const onPolicy =
  (action: string) =>
  ({ PolicyArn }: { PolicyArn?: string | undefined }) => ({ action: `iam:${action}`, resource: PolicyArn ?? "*" });

export function refuse(...violations: readonly Violation[]): void {
  const broken = brokenConstraints(...violations);
  if (broken) throw new AwsError("ValidationError", broken);
}

export function nameRules(member: string, name: string | undefined, most: number): readonly Violation[] {
  return [lengthWithin(member, name, 1, most), matches(member, name, /^[\w+=,.@-]+$/, "[\\w+=,.@-]+")];
}

export function pathRules(path: string | undefined): readonly Violation[] {
  return [
    lengthWithin("path", path, 1, 512),
    matches("path", path, /^(\/|\/[\u0021-\u007e]+\/)$/, "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)"),
  ];
}

export function requireRole({ state, account }: OperationContext, name: string): RoleRecord {
  const role = state.table(roles).get(roleKey(account, name));
  if (!role) throw new NoSuchEntityException(because(`The role with name ${name} cannot be found.`));
  return role;
}

/** A policy of the account. AWS's own ones are not kept here: their names can be attached, and not read. */
export function requirePolicy({ state }: OperationContext, policyArn: string): PolicyRecord {
  const policy = state.table(policies).get(policyArn);
  if (!policy) throw new NoSuchEntityException(because(`Policy ${policyArn} was not found.`));
  return policy;
}

export function isAwsManaged(policyArn: string): boolean {
  return /^arn:aws[\w-]*:iam::aws:policy\/.+$/.test(policyArn);
}

/** Only that it is a JSON object with statements; what they mean is not looked at yet. */
export function refuseDocument(document: string): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(document);
  } catch {
    throw new MalformedPolicyDocumentException(because("This policy contains invalid Json"));
  }
  if (typeof parsed !== "object" || parsed === null || !("Statement" in parsed))
    throw new MalformedPolicyDocumentException(because("Syntax errors in policy."));
}

const MOST_TAGS = 50;

export function refuseTags(tags: readonly Tag[]): void {
  for (const { Key = "", Value = "" } of tags) {
    if (Key.length < 1 || Key.length > 128 || Value.length > 256)
      throw new InvalidInputException(because(`The tag '${Key}' is not valid: a key has 1 to 128 characters, a value up to 256.`));
    if (Key.startsWith("aws:")) throw new InvalidInputException(because("Tag keys that begin with aws: are reserved."));
  }
  if (new Set(tags.map(({ Key }) => Key?.toLowerCase())).size !== tags.length)
    throw new InvalidInputException(because("Duplicate tag keys found. Please note that Tag keys are case insensitive."));
  if (tags.length > MOST_TAGS)
    throw new LimitExceededException(because(`The number of tags has reached the maximum limit of ${MOST_TAGS}.`));
}

export function alreadyExists(what: string): EntityAlreadyExistsException {
  return new EntityAlreadyExistsException(because(what));
}

/** A page as IAM gives it: with `IsTruncated` and a `Marker`. */
export function listed<T>(
  items: readonly T[],
  key: (item: T) => string,
  { Marker, MaxItems }: { Marker?: string | undefined; MaxItems?: number | undefined },
  { secrets }: OperationContext,
) {
  if (MaxItems !== undefined && (MaxItems < 1 || MaxItems > 1000))
    throw new AwsError(
      "ValidationError",
      `1 validation error detected: Value '${MaxItems}' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and 1000`,
    );
  const page = paginate(
    [...items].sort((a, b) => compareKeys(key(a), key(b))),
    key,
    { token: Marker, limit: MaxItems ?? 100 },
    secrets,
  );
  if (!page) throw new AwsError("ValidationError", `Invalid Marker: ${Marker ?? ""}`);
  return { items: page.items, more: { IsTruncated: page.nextToken !== undefined, ...defined({ Marker: page.nextToken }) } };
}
