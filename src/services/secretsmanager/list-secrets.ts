import { InvalidNextTokenException, InvalidParameterException, type Filter } from "@aws-sdk/client-secrets-manager";
import { isGone, secrets as secretsTable, type SecretRecord } from "../../state/secrets.ts";
import { lengthWithin, oneOf, within } from "../constraints.ts";
import { because, defined } from "../operation.ts";
import { compareKeys, descendingKey, paginate } from "../pagination.ts";
import { operation, refuse } from "./secret.ts";
import { shown } from "./secrets.ts";
import { stagesByVersion } from "./versions.ts";

const FILTERS = ["description", "name", "tag-key", "tag-value", "primary-region", "owning-service", "all"];
const SORTS = ["created-date", "last-accessed-date", "last-changed-date", "name"];

export const listSecrets = operation("ListSecrets", {
  authorize: () => ({ action: "secretsmanager:ListSecrets", resource: "*" }),
  run(input, context) {
    const { Filters = [], SortBy = "created-date", SortOrder = "desc" } = input;
    refuse(
      within("maxResults", input.MaxResults, 1, 100),
      oneOf("sortBy", SortBy, SORTS),
      oneOf("sortOrder", SortOrder, ["asc", "desc"]),
      lengthWithin("filters", Filters, 0, 10),
      ...Filters.map(({ Key }, at) => oneOf(`filters.${at + 1}.member.key`, Key, FILTERS)),
    );
    for (const { Key, Values } of Filters)
      if (!Key || !Values?.length) throw new InvalidParameterException(because("Invalid filter: a key and at least one value are needed."));
    const { state, account, region, now, secrets } = context;
    const key = (secret: SecretRecord): string => {
      const ascending = `${sortKey(secret, SortBy)}\n${secret.arn}`;
      return SortOrder === "asc" ? ascending : descendingKey(ascending);
    };
    const found = state
      .table(secretsTable)
      .by("scope", `${account}/${region}`)
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

/** Values are alternatives; `!` before one turns it round. Source: Secrets Manager API, Filter. */
function passes(secret: SecretRecord, { Key, Values = [] }: Filter): boolean {
  const negative = Values.filter((value) => value.startsWith("!"));
  const positive = Values.filter((value) => !value.startsWith("!"));
  if (negative.some((value) => holds(secret, Key ?? "", value.slice(1)))) return false;
  return positive.length === 0 || positive.some((value) => holds(secret, Key ?? "", value));
}

function holds(secret: SecretRecord, key: string, value: string): boolean {
  const startsLike = (text = ""): boolean => text.toLowerCase().startsWith(value.toLowerCase());
  const hasWord = (text = ""): boolean =>
    text
      .toLowerCase()
      .split(/[\s/_+=.@-]+/)
      .some((word) =>
        value
          .toLowerCase()
          .split(/\s+/)
          .some((part) => word.startsWith(part)),
      );
  switch (key) {
    case "name":
      return secret.name.startsWith(value);
    case "description":
      return hasWord(secret.description);
    case "tag-key":
      return secret.tags.some((tag) => tag.Key?.startsWith(value));
    case "tag-value":
      return secret.tags.some((tag) => tag.Value?.startsWith(value));
    case "all":
      return (
        hasWord(secret.name) ||
        startsLike(secret.name) ||
        hasWord(secret.description) ||
        secret.tags.some((tag) => startsLike(tag.Key) || startsLike(tag.Value))
      );
    default:
      // Neither replicas nor secrets of other services exist here.
      return false;
  }
}
