import { OPERATORS, parseOperator } from "../conditions/operators.ts";
import type { ConditionElement, PolicyUse, Statement } from "../policy-document.ts";
import { actionRefusal } from "./action-syntax.ts";
import type { ReadStatement } from "./read-statements.ts";
import { LEGACY_ERROR, SYNTAX_ERROR } from "./refusals.ts";
import { failsLegacyParsing, resourceRefusal } from "./resource-syntax.ts";

/** Checks in IAM's order: one kind of mistake in all statements before the next kind. */
export function checkStatements(read: readonly ReadStatement[], use: PolicyUse): string | undefined {
  const statements = read.map(({ statement }) => statement);
  return (
    legacyRefusal(read, use) ??
    sidRefusal(statements, use) ??
    first(statements, ({ resource }) => first(resource?.patterns ?? [], (pattern) => resourceRefusal(pattern, use))) ??
    first(statements, ({ action }) => first(action.patterns, actionRefusal)) ??
    first(statements, (statement) => missingRefusal(statement, use))
  );
}

/** IAM takes an operator that it does not know as long as no key stands below it. */
export function operatorRefusal(statements: readonly Statement[], use: PolicyUse): string | undefined {
  const unknown = statements.flatMap(({ conditions }) => conditions).find(({ operator }) => !parseOperator(operator));
  if (unknown === undefined) return undefined;
  return use === "trust" ? `Invalid Condition type : ${unknown.operator}` : SYNTAX_ERROR;
}

function legacyRefusal(read: readonly ReadStatement[], use: PolicyUse): string | undefined {
  return first(read, ({ writtenEffect, statement: { effect, resource, conditions } }) => {
    const wrongCase = writtenEffect !== effect;
    const shortArn = use === "identity" && resource?.patterns.some(failsLegacyParsing) === true;
    return wrongCase || shortArn || conditions.some(hasWrongValue) ? LEGACY_ERROR : undefined;
  });
}

/** A value that the operator could never compare with anything. */
function hasWrongValue({ operator, values }: ConditionElement): boolean {
  const name = parseOperator(operator)?.name;
  if (name === "Null") return !values.every((value) => /^(true|false)$/i.test(value));
  const known = name === undefined ? undefined : OPERATORS.get(name);
  return known !== undefined && !values.every((value) => known.accepts(value) || (known.variables && value.includes("${")));
}

function sidRefusal(statements: readonly Statement[], use: PolicyUse): string | undefined {
  // An empty Sid counts as none.
  const sids = statements.map(({ sid }) => sid).filter((sid) => sid !== undefined && sid !== "");
  if (use === "identity" && sids.some((sid) => !/^[0-9A-Za-z]*$/.test(sid as string))) {
    return "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*";
  }
  return new Set(sids).size < sids.length ? "Statement IDs (SID) in a single policy must be unique." : undefined;
}

function missingRefusal({ action, resource }: Statement, use: PolicyUse): string | undefined {
  if (action.patterns.length === 0) return "Policy statement must contain actions.";
  const lacking = use === "identity" ? (resource?.patterns.length ?? 0) === 0 : resource?.patterns.length === 0;
  return lacking ? "Policy statement must contain resources." : undefined;
}

function first<T>(items: readonly T[], check: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const refusal = check(item);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
