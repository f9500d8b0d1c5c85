import type { ArnParts } from "./arn-pattern.ts";
import { compileCondition } from "./conditions/compile-condition.ts";
import { anyOf } from "./conditions/operator.ts";
import type { PatternList, Statement } from "./policy-document.ts";
import { NO_VALUES, type KeyValues } from "./policy-variables.ts";
import { compilePrincipal, type PrincipalTest } from "./principals.ts";
import { isFixedResource, parseResourcePattern, resourceMatches } from "./resource-pattern.ts";
import { globMatches, parseGlob } from "../../domain/wildcard.ts";

/** A statement taken apart into its tests. One applies where all of them say so. */
export interface CompiledStatement {
  readonly statement: Statement;
  /** The action in lower case: actions are compared without case. */
  readonly onAction: (action: string) => boolean;
  /** False where the resource cannot fit, whatever values the request's keys have. */
  readonly mayConcern: (resource: ArnParts) => boolean;
  /** Whether the resource fits, to be asked only after `mayConcern`. */
  readonly concerns: (resource: ArnParts, values: KeyValues) => boolean;
  readonly conditionsHold: (values: KeyValues) => boolean;
  /** Absent in the policies of identities. */
  readonly principal?: PrincipalTest;
}

export function compileStatement(statement: Statement, variables: boolean): CompiledStatement {
  const conditions = statement.conditions.map((condition) => compileCondition(condition, variables));
  return {
    statement,
    onAction: compileActions(statement.action),
    ...compileResources(statement.resource, variables),
    conditionsHold: (values) => conditions.every((holds) => holds(values)),
    ...(statement.principal ? { principal: compilePrincipal(statement.principal, statement.effect) } : {}),
  };
}

function compileActions({ negated, patterns }: PatternList): CompiledStatement["onAction"] {
  const globs = patterns.map((pattern) => parseGlob(pattern.toLowerCase()));
  return (action) => globs.some((glob) => globMatches(glob, action)) !== negated;
}

/** A statement without resource, of a trust policy or of a repository's, is about the resource that has the policy. */
function compileResources(list: PatternList | undefined, variables: boolean): Pick<CompiledStatement, "mayConcern" | "concerns"> {
  if (!list) return { mayConcern: () => true, concerns: () => true };
  const patterns = list.patterns.map((pattern) => parseResourcePattern(pattern, variables));
  const fixed = patterns.filter(isFixedResource);
  const open = patterns.filter((pattern) => !isFixedResource(pattern));
  const inFixed = (parts: ArnParts): boolean => fixed.some((pattern) => resourceMatches(pattern, parts, NO_VALUES) === true);
  if (list.negated) {
    return {
      mayConcern: (parts) => !inFixed(parts),
      // A variable that the request does not have makes the statement invalid: it must not concern more than it would with it.
      concerns: (parts, values) => anyOf(open, (pattern) => resourceMatches(pattern, parts, values)) === false,
    };
  }
  return {
    mayConcern: (parts) => open.length > 0 || inFixed(parts),
    concerns: (parts, values) =>
      open.length === 0 || inFixed(parts) || open.some((pattern) => resourceMatches(pattern, parts, values) === true),
  };
}
