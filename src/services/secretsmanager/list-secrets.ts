import { scopeKey } from "../../domain/scope.ts";
import { InvalidNextTokenException } from "@aws-sdk/client-secrets-manager";
import { isGone, secrets as secretsTable, type SecretRecord } from "../../state/secrets.ts";
import { oneOf, within } from "../constraints.ts";
import { because } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { compareKeys, descendingKey, paginate } from "../pagination.ts";
import { passes, refuseFilters } from "./filters.ts";
import { operation, refuse } from "./secret.ts";
import { shown } from "./shown.ts";
import { stagesByVersion } from "./versions.ts";

const SORTS = ["created-date", "last-accessed-date", "last-changed-date", "name"];

export const listSecrets = operation("ListSecrets", {
  authorize: () => ({ action: "secretsmanager:ListSecrets", resource: "*" }),
  run(input, context) {
    const { Filters = [], SortBy = "created-date", SortOrder = "asc" } = input;
    refuse(within("maxResults", input.MaxResults, 1, 100), oneOf("sortBy", SortBy, SORTS), oneOf("sortOrder", SortOrder, ["asc", "desc"]));
    refuseFilters(Filters);
    const { state, account, region, now, secrets } = context;
    const key = (secret: SecretRecord): string => {
      const ascending = `${sortKey(secret, SortBy)}\n${secret.arn}`;
      return SortOrder === "asc" ? ascending : descendingKey(ascending);
    };
    const found = state
      .table(secretsTable)
      .by("scope", scopeKey({ account, region }))
      .filter((secret) => !isGone(secret, now) && (input.IncludePlannedDeletion === true || secret.deletionDate === undefined))
      .filter((secret) => Filters.every((filter) => passes(secret, filter)))
      .sort((a, b) => compareKeys(key(a), key(b)));
    const page = paginate(found, key, { token: input.NextToken, limit: input.MaxResults ?? 100 }, secrets);
    if (!page) throw new InvalidNextTokenException(because("Invalid token."));
    return {
      SecretList: page.items.map((secret) => ({ ...shown(secret), SecretVersionsToStages: stagesByVersion(secret) })),
      ...defined({ NextToken: page.nextToken }),
    };
  },
});

function sortKey(secret: SecretRecord, by: string): string {
  if (by === "name") return secret.name;
  const at = by === "created-date" ? secret.createdAt : by === "last-changed-date" ? secret.lastChangedAt : (secret.lastAccessedAt ?? 0);
  return String(at).padStart(16, "0");
}
