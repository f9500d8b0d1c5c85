import type { ArnParts } from "./arn-pattern.ts";
import { compileStatement, type CompiledStatement } from "./compile-statement.ts";
import { parsePolicy, readPolicy } from "./parse-policy.ts";
import type { PolicyDocument, PolicyUse, PrincipalElement, Statement } from "./policy-document.ts";

/** A policy made ready for many decisions. Opaque: only this folder looks inside. */
export interface CompiledPolicy {
  readonly document: PolicyDocument;
  /** The statements whose action and resource fit, as far as that can be told before the request's keys are known. */
  readonly relevant: (action: string, resource: string, parts: ArnParts) => RelevantStatements;
}

export interface RelevantStatements {
  readonly deny: readonly CompiledStatement[];
  readonly allow: readonly CompiledStatement[];
}

/** How many pairs of action and resource a policy remembers. */
const REMEMBERED = 512;

export function compilePolicy(document: PolicyDocument): CompiledPolicy {
  const statements = document.statements.map((statement) => compileStatement(statement, document.version === "2012-10-17"));
  const byAction = new Map<string, { readonly all: readonly CompiledStatement[]; readonly byResource: Map<string, RelevantStatements> }>();
  let remembered = 0;
  return {
    document,
    relevant(action, resource, parts) {
      let ofAction = byAction.get(action);
      const known = ofAction?.byResource.get(resource);
      if (known) return known;
      if (++remembered > REMEMBERED) {
        byAction.clear();
        remembered = 1;
        ofAction = undefined;
      }
      if (!ofAction) {
        const lower = action.toLowerCase();
        ofAction = { all: statements.filter((statement) => statement.onAction(lower)), byResource: new Map() };
        byAction.set(action, ofAction);
      }
      const fitting = ofAction.all.filter((statement) => statement.mayConcern(parts));
      const made = {
        deny: fitting.filter(({ statement }) => statement.effect === "Deny"),
        allow: fitting.filter(({ statement }) => statement.effect === "Allow"),
      };
      ofAction.byResource.set(resource, made);
      return made;
    },
  };
}

/** Reads, checks and compiles a policy that is tried. Nothing is remembered here. */
export function compilePolicyText(text: string, use: PolicyUse): { readonly policy: CompiledPolicy } | { readonly refusal: string } {
  const parsed = parsePolicy(text, use);
  return "refusal" in parsed ? parsed : { policy: compilePolicy(parsed.policy) };
}

/**
 * Compiles a policy that was checked when it was kept, by the rules of that day. Text that is no policy at all denies everything to
 * everybody: nobody can tell what it denied. Whoever keeps policies keeps the outcome too: nothing is remembered here.
 */
export function compileKeptPolicy(text: string, use: PolicyUse): CompiledPolicy {
  const read = readPolicy(text, use);
  return compilePolicy("refusal" in read ? DENIES_EVERYTHING[use === "identity" ? "identity" : "resource"] : read.policy);
}

const NOWHERE = { line: 1, column: 1 };
const DENY: Statement = {
  effect: "Deny",
  action: { negated: false, patterns: ["*"] },
  resource: { negated: false, patterns: ["*"] },
  conditions: [],
  span: { start: NOWHERE, end: NOWHERE },
};
const EVERYBODY: PrincipalElement = { negated: false, everyone: true, aws: [], service: [], federated: [], canonicalUser: [] };
const DENIES_EVERYTHING: Readonly<Record<"identity" | "resource", PolicyDocument>> = {
  identity: { version: "2012-10-17", statements: [DENY] },
  resource: { version: "2012-10-17", statements: [{ ...DENY, principal: EVERYBODY }] },
};
