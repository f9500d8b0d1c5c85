import { scopeKey } from "../../domain/scope.ts";
import {
  InvalidNextTokenException,
  InvalidParameterException,
  type APIErrorType,
  type SecretValueEntry,
} from "@aws-sdk/client-secrets-manager";
import { secrets as secretsTable, type SecretRecord } from "../../state/secrets.ts";
import { AwsError } from "../aws-error.ts";
import { lengthWithin, within } from "../constraints.ts";
import { denialFor } from "../decide-for.ts";
import { because, type OperationContext, type Permission } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { paginate } from "../pagination.ts";
import { passes, refuseFilters } from "./filters.ts";
import { onSecret, operation, refuse, requireLiveSecret } from "./secret.ts";
import { revealed } from "./values.ts";

const MOST = 20;
const getPermission = onSecret("GetSecretValue", () => ({ "secretsmanager:VersionStage": "AWSCURRENT" }));

/** The current values of many secrets. One that cannot be read is told of among the errors, and hinders no other. */
export const batchGetSecretValue = operation("BatchGetSecretValue", {
  authorize: ({ Filters }): readonly Permission[] => [
    { action: "secretsmanager:BatchGetSecretValue", resource: "*" },
    ...(Filters?.length ? [{ action: "secretsmanager:ListSecrets", resource: "*" }] : []),
  ],
  run({ SecretIdList: ids, Filters, MaxResults, NextToken }, context) {
    const invalid = (text: string): InvalidParameterException => new InvalidParameterException(because(text));
    if ((ids === undefined) === (Filters === undefined))
      throw invalid("Either 'SecretIdList' or 'Filters' must be provided, but not both.");
    if (ids !== undefined && (MaxResults !== undefined || NextToken !== undefined))
      throw invalid("'Filters' not specified. 'Filters' must also be specified when 'MaxResults' or 'NextToken' is provided.");
    refuse(lengthWithin("secretIdList", ids, 1, MOST), within("maxResults", MaxResults, 1, MOST));
    refuseFilters(Filters ?? []);
    const page = ids ? { items: ids, nextToken: undefined } : matching(context, Filters ?? [], MaxResults ?? MOST, NextToken);
    const values: SecretValueEntry[] = [];
    const errors: APIErrorType[] = [];
    for (const id of page.items) {
      const read = readOne(context, id);
      if ("ErrorCode" in read) errors.push(read);
      else values.push(read);
    }
    return { SecretValues: values, Errors: errors, ...defined({ NextToken: page.nextToken }) };
  },
});

function matching(
  { state, account, region, secrets }: OperationContext,
  filters: Parameters<typeof refuseFilters>[0],
  limit: number,
  token: string | undefined,
) {
  const key = (secret: SecretRecord): string => secret.arn;
  const found = state
    .table(secretsTable)
    .by("scope", scopeKey({ account, region }))
    .filter((secret) => secret.deletionDate === undefined && filters.every((filter) => passes(secret, filter)))
    .sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const page = paginate(found, key, { token, limit }, secrets);
  if (!page) throw new InvalidNextTokenException(because("Invalid token."));
  return { items: page.items.map(({ arn }) => arn), nextToken: page.nextToken };
}

function readOne(context: OperationContext, id: string): SecretValueEntry | (APIErrorType & { readonly ErrorCode: string }) {
  try {
    const { action, resource, context: keys } = getPermission({ SecretId: id }, context);
    const asked = { action, resource: String(resource), ...(keys ? { context: keys } : {}) };
    const denial = denialFor(context, asked);
    if (denial !== undefined) throw new AwsError("AccessDeniedException", denial);
    return revealed(context, requireLiveSecret(context, id));
  } catch (refusal) {
    // What the SDK models and what we refuse ourselves is an answer for this secret; anything else is a defect.
    if (!isAnswer(refusal)) throw refusal;
    return { SecretId: id, ErrorCode: refusal.name, Message: refusal.message };
  }
}

function isAnswer(thrown: unknown): thrown is Error {
  return thrown instanceof Error && "$fault" in thrown ? true : thrown instanceof AwsError;
}
