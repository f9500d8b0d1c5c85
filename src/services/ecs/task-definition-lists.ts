import { keyInScope, scopeKey } from "../../domain/scope.ts";
import { families, taskDefinitions } from "../../state/ecs.ts";
import { compareKeys, paginate } from "../pagination.ts";
import { invalid, mustBeOneOf, operation } from "./ecs-operation.ts";
import { lastRevision } from "./find-task-definition.ts";

export const listTaskDefinitions = operation("ListTaskDefinitions", {
  authorize: () => ({ action: "ecs:ListTaskDefinitions", resource: "*" }),
  run({ familyPrefix, status = "ACTIVE", sort = "ASC", nextToken, maxResults = 100 }, { state, secrets, account, region }) {
    mustBeOneOf("status", status, ["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"]);
    mustBeOneOf("sort", sort, ["ASC", "DESC"]);
    if (maxResults < 1 || maxResults > 100) throw invalid("maxResults must be between 1 and 100.");
    const table = state.table(taskDefinitions);
    // `familyPrefix` is a whole family name, whatever it is called.
    const records =
      familyPrefix === undefined
        ? table.by("scope", scopeKey({ account, region }))
        : table.by("family", keyInScope({ account, region }, familyPrefix));
    const items = records
      .filter((record) => record.status === status)
      .map(({ arn, family, revision }) => ({ arn, key: sortKey(family, revision, sort) }));
    items.sort((a, b) => compareKeys(a.key, b.key));
    const page = paginate(items, (item) => item.key, { token: nextToken, limit: maxResults }, secrets);
    if (!page) throw invalid("Invalid token.");
    return { taskDefinitionArns: page.items.map((item) => item.arn), nextToken: page.nextToken };
  },
});

/** Sorts as text by family, then by the number of the revision. Descending order is ascending order of complements. */
function sortKey(family: string, revision: number, sort: string): string {
  const name = `${family}\u0000`;
  if (sort !== "DESC") return name + String(revision).padStart(10, "0");
  const flipped = [...name].map((character) => String.fromCodePoint(0xff - (character.codePointAt(0) ?? 0))).join("");
  return flipped + String(9_999_999_999 - revision);
}

export const listTaskDefinitionFamilies = operation("ListTaskDefinitionFamilies", {
  authorize: () => ({ action: "ecs:ListTaskDefinitionFamilies", resource: "*" }),
  run({ familyPrefix = "", status = "ACTIVE", nextToken, maxResults = 100 }, context) {
    const { state, secrets, account, region } = context;
    mustBeOneOf("status", status, ["ACTIVE", "INACTIVE", "ALL"]);
    if (maxResults < 1 || maxResults > 100) throw invalid("maxResults must be between 1 and 100.");
    const hasActive = (family: string): boolean => {
      for (let revision = lastRevision(state, context, family); revision > 0; revision--)
        if (state.table(taskDefinitions).get(context.arn("ecs", `task-definition/${family}:${revision}`))?.status === "ACTIVE") return true;
      return false;
    };
    const names = [...state.table(families).values()]
      .filter((family) => family.account === account && family.region === region && family.family.startsWith(familyPrefix))
      .map(({ family }) => family)
      .filter((family) => status === "ALL" || hasActive(family) === (status === "ACTIVE"))
      .sort(compareKeys);
    const page = paginate(names, (name) => name, { token: nextToken, limit: maxResults }, secrets);
    if (!page) throw invalid("Invalid token.");
    return { families: [...page.items], nextToken: page.nextToken };
  },
});
