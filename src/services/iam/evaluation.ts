import { InvalidInputException, type EvaluationResult, type Statement as MatchedStatement } from "@aws-sdk/client-iam";
import { compilePolicyText, type CompiledPolicy } from "../../decide/iam/compile-policy.ts";
import { decideAccess } from "../../decide/iam/evaluate.ts";
import { matchedStatements } from "../../decide/iam/matched-statements.ts";
import type { PolicyUse, Span } from "../../decide/iam/policy-document.ts";
import type { KeyValue } from "../../decide/iam/policy-variables.ts";
import { contextKeysOf } from "../../decide/iam/required-policy-keys.ts";
import type { AccessView } from "../../decide/iam/view.ts";
import type { PrincipalView } from "../../decide/iam/principal-view.ts";
import { parseArn } from "../../domain/arn.ts";
import { because } from "../operation.ts";
import type { SourcePolicy } from "./principal-source.ts";

/** A policy ready to be tried, with its text for the positions of its statements. */
export interface TriedPolicy extends SourcePolicy {
  readonly compiled: CompiledPolicy;
}

/** Everything that one simulation takes into account, whatever the action and the resource. */
export interface Simulation {
  readonly principal: PrincipalView;
  readonly identity: readonly TriedPolicy[];
  readonly boundary?: TriedPolicy;
  readonly resource?: TriedPolicy;
  /** The account that owns resources whose ARNs do not say it. */
  readonly owner: string;
  /** Condition keys, in lower case. */
  readonly keys: ReadonlyMap<string, KeyValue>;
}

/** @throws InvalidInputException where it is no policy. Source: IAM API, "SimulateCustomPolicy" */
export function tried(policy: SourcePolicy, use: PolicyUse): TriedPolicy {
  const made = compilePolicyText(policy.document, use);
  if ("refusal" in made) throw new InvalidInputException(because(`${policy.id}: ${made.refusal}`));
  return { ...policy, compiled: made.policy };
}

/** What would become of one action on one resource; `*` is all resources, or none that the action has. */
export function evaluate(simulation: Simulation, action: string, resource: string): EvaluationResult {
  const view = viewOf(simulation, action, resource);
  const decision = decideAccess(view);
  const verdict = decision.allowed ? "allowed" : decision.explicit ? "explicitDeny" : "implicitDeny";
  // What decided: the statements that deny where one does, otherwise those that allow.
  const effect = verdict === "explicitDeny" ? "Deny" : "Allow";
  const matching = matchedStatements(view).filter(({ statement, source }) => statement.effect === effect && source !== "boundary");
  const matched = matching.flatMap(({ source, policy, statement }) => {
    const from = source === "resource" ? simulation.resource : simulation.identity[policy];
    return from ? [shownStatement(from, statement.span)] : [];
  });
  const missing = missingKeys(simulation);
  const boundary = boundaryDetail(simulation, view);
  const specific = {
    EvalResourceName: resource,
    EvalResourceDecision: verdict,
    MatchedStatements: matched,
    MissingContextValues: missing,
    ...boundary,
  } as const;
  return {
    EvalActionName: action,
    EvalResourceName: resource,
    EvalDecision: verdict,
    MatchedStatements: matched,
    MissingContextValues: missing,
    ...boundary,
    ...(resource === "*" ? {} : { ResourceSpecificResults: [specific] }),
  };
}

function viewOf(simulation: Simulation, action: string, resource: string): AccessView {
  const { principal, identity, boundary, resource: policy, owner, keys } = simulation;
  const account = parseArn(resource)?.account ?? "";
  return {
    request: {
      principal,
      action,
      resource,
      resourceAccount: /^\d{12}$/.test(account) ? account : owner,
      context: (key) => keys.get(key),
    },
    identity: identity.map(({ compiled }) => compiled),
    ...(boundary ? { boundary: boundary.compiled } : {}),
    ...(policy ? { resource: policy.compiled } : {}),
  };
}

/** Whether the boundary by itself would allow; told only where there is one. */
function boundaryDetail({ boundary }: Simulation, view: AccessView) {
  if (!boundary) return {};
  const { resource: _policy, boundary: _boundary, ...rest } = view;
  const { resourceAccount } = view.request;
  const alone = {
    ...rest,
    identity: [boundary.compiled],
    request: { ...view.request, principal: { ...view.request.principal, account: resourceAccount } },
  };
  return { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: decideAccess(alone).allowed } };
}

/** The keys that the policies ask for, and that neither the caller nor the request gave. */
function missingKeys({ identity, boundary, resource, keys }: Simulation): string[] {
  const all = [...identity, ...(boundary ? [boundary] : []), ...(resource ? [resource] : [])];
  const asked = new Map(all.flatMap(({ compiled }) => contextKeysOf(compiled.document)).map((key) => [key.toLowerCase(), key]));
  return [...asked].flatMap(([key, written]) => (keys.has(key) ? [] : [written]));
}

/**
 * Where a statement stands, as IAM counts: from just behind what comes before it, a bracket or a comma, to just behind its closing brace.
 * Source: the examples of "simulate-principal-policy".
 */
function shownStatement({ id, type, document }: TriedPolicy, { start, end }: Span): MatchedStatement {
  const lines = document.split("\n");
  const before = [...lines.slice(0, start.line - 1), (lines[start.line - 1] ?? "").slice(0, start.column - 1)].join("\n").trimEnd();
  const line = before.split("\n").length;
  const column = before.length - before.lastIndexOf("\n");
  return {
    SourcePolicyId: id,
    SourcePolicyType: type,
    StartPosition: { Line: line, Column: column },
    EndPosition: { Line: end.line, Column: end.column + 1 },
  };
}
