import { runSimulation, type Simulation } from "@cloud-copilot/iam-simulate";
import { compilePolicyText, type CompiledPolicy } from "../../../src/decide/iam/compile-policy.ts";
import { decideAccess } from "../../../src/decide/iam/evaluate.ts";
import type { PolicyUse } from "../../../src/decide/iam/policy-document.ts";
import type { PolicyCase, RandomStatement } from "./random-case.ts";

/** What became of a request. */
export type Verdict = "allowed" | "denied" | "not allowed";

const documentOf = (statements: readonly RandomStatement[]): object => ({ Version: "2012-10-17", Statement: statements });

/** What the product decides. */
export function ours(one: PolicyCase): Verdict {
  const keys = new Map(Object.entries(one.keys).map(([key, value]) => [key.toLowerCase(), value]));
  const decision = decideAccess({
    request: {
      principal: one.principal,
      action: one.action,
      resource: one.resource,
      resourceAccount: one.resourceAccount,
      context: (key) => keys.get(key),
    },
    identity: [compiled(one.identity, "identity")],
    ...(one.boundary ? { boundary: compiled(one.boundary, "identity") } : {}),
    ...(one.session ? { session: [compiled(one.session, "identity")] } : {}),
    ...(one.resourcePolicy ? { resource: compiled(one.resourcePolicy, "resource") } : {}),
    resourceDecides: one.action.startsWith("kms:"),
  });
  if (decision.allowed) return "allowed";
  return decision.explicit ? "denied" : "not allowed";
}

function compiled(statements: readonly RandomStatement[], use: PolicyUse): CompiledPolicy {
  const made = compilePolicyText(JSON.stringify(documentOf(statements)), use);
  if ("refusal" in made) throw new Error(`${made.refusal} ${JSON.stringify(statements)}`);
  return made.policy;
}

/** What the independent simulator decides. Organizations, whose policies it knows too, allow everything. */
export async function theirs(one: PolicyCase): Promise<Verdict> {
  const everything = {
    orgIdentifier: "root",
    policies: [{ name: "all", policy: documentOf([{ Effect: "Allow", Action: ["*"], Resource: ["*"] }]) }],
  };
  const simulation: Simulation = {
    request: {
      principal: one.principal.names[0] ?? "",
      action: one.action,
      resource: { resource: one.resource, accountId: one.resourceAccount },
      contextVariables: Object.fromEntries(
        Object.entries(one.keys).map(([key, value]) => [key, typeof value === "string" ? value : [...value]]),
      ),
    },
    identityPolicies: [{ name: "identity", policy: documentOf(one.identity) }],
    serviceControlPolicies: [everything],
    resourceControlPolicies: [],
    sessionPolicy: one.session && documentOf(one.session),
    resourcePolicy: one.resourcePolicy && documentOf(one.resourcePolicy),
    ...(one.boundary ? { permissionBoundaryPolicies: [{ name: "boundary", policy: documentOf(one.boundary) }] } : {}),
  };
  const answer = await runSimulation(simulation, { simulationMode: "Strict" });
  if (answer.resultType === "error") throw new Error(`the simulator takes no such case: ${JSON.stringify([answer.errors, one])}`);
  if (answer.resultType === "wildcard") throw new Error(`the simulator takes it for a wildcard: ${one.resource}`);
  if (answer.overallResult === "Allowed") return "allowed";
  return answer.overallResult === "ExplicitlyDenied" ? "denied" : "not allowed";
}
