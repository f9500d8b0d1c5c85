import type { ArnParts } from "./arn-pattern.ts";
import type { CompiledPolicy } from "./compile-policy.ts";
import type { CompiledStatement } from "./compile-statement.ts";
import type { Naming } from "./principals.ts";
import type { AccessRequest } from "./view.ts";

/** A request with its resource taken apart once for all policies. */
export interface Asked {
  readonly request: AccessRequest;
  readonly parts: ArnParts;
  readonly bounded: boolean;
}

/** What a set of policies says: a deny wins over every allow among them. */
export type Verdict = "deny" | "allow" | "nothing";

export function verdictOf(policies: readonly CompiledPolicy[], asked: Asked): Verdict {
  let verdict: Verdict = "nothing";
  for (const policy of policies) {
    const { deny, allow } = policy.relevant(asked.request.action, asked.request.resource, asked.parts);
    if (deny.some((statement) => applies(statement, asked))) return "deny";
    if (verdict === "nothing" && allow.some((statement) => applies(statement, asked))) verdict = "allow";
  }
  return verdict;
}

/** What a resource's policy says, with the most direct naming among the statements that allow. */
export type ResourceVerdict = "deny" | "nothing" | Naming;

const DIRECTNESS: readonly Naming[] = ["direct", "limited", "account"];

export function resourceVerdict(policy: CompiledPolicy | undefined, asked: Asked): ResourceVerdict {
  if (!policy) return "nothing";
  const { deny, allow } = policy.relevant(asked.request.action, asked.request.resource, asked.parts);
  if (deny.some((statement) => applies(statement, asked))) return "deny";
  const namings = allow.map((statement) => namingOf(statement, asked));
  return DIRECTNESS.find((naming) => namings.includes(naming)) ?? "nothing";
}

/** Whether a statement applies, to be asked only of a policy's relevant ones. */
export function applies(statement: CompiledStatement, asked: Asked): boolean {
  return namingOf(statement, asked) !== undefined;
}

function namingOf(statement: CompiledStatement, { request, parts, bounded }: Asked): Naming | undefined {
  const naming = statement.principal ? statement.principal(request.principal, bounded) : "direct";
  if (naming === undefined || !statement.concerns(parts, request.context)) return undefined;
  return statement.conditionsHold(request.context) ? naming : undefined;
}
