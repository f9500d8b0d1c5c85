import { jointPolicy } from "../../authorization/facts/joint-policy.ts";
import { mayBeNamed } from "../../authorization/named-principals.ts";
import { parsePolicy } from "../../decide/iam/parse-policy.ts";
import type { PolicyDocument, Statement } from "../../decide/iam/policy-document.ts";
import type { Scope } from "../../domain/scope.ts";
import { registries, registryKey } from "../../state/ecr-registries.ts";
import type { AccountView } from "../../state/state.ts";
import { decideFor } from "../decide-for.ts";
import type { OperationContext } from "../operation.ts";
import { invalid, mustHaveLength } from "./ecr-operation.ts";

/** Source: ECR API Reference: `policyText` has at most 10240 characters. */
const LONGEST = 10_240;

/**
 * The policy of a repository means that repository, so that it names no resource.
 * Source: Amazon ECR User Guide, "Private repository policies". @throws InvalidParameterException
 */
export function checkRepositoryPolicy(state: AccountView, scope: Scope, text: string, member = "PolicyText"): void {
  check(state, scope, text, member, "repository", ({ resource }) => resource === undefined);
}

/** The policy of a registry names the repositories that it is about. @throws InvalidParameterException */
export function checkRegistryPolicy(state: AccountView, scope: Scope, text: string): void {
  check(state, scope, text, "PolicyText", "registry", ({ resource }) => resource !== undefined);
}

function check(
  state: AccountView,
  { account }: Scope,
  text: string,
  member: string,
  what: string,
  suits: (statement: Statement) => boolean,
): void {
  mustHaveLength(member, text, 0, LONGEST);
  const parsed = parsePolicy(text, "resource");
  const good = "policy" in parsed && parsed.policy.statements.every(suits) && namesEcr(parsed.policy);
  if (!good) throw invalid(member, `Invalid ${what} policy provided`);
  if (!namesKnown(state, account, parsed.policy)) throw invalid(member, "Principal not found");
}

function namesEcr({ statements }: PolicyDocument): boolean {
  return statements.flatMap(({ action }) => action.patterns).every((pattern) => pattern === "*" || /^ecr:/i.test(pattern));
}

function namesKnown(state: AccountView, account: string, { statements }: PolicyDocument): boolean {
  return statements.flatMap(({ principal }) => principal?.aws ?? []).every((name) => mayBeNamed(state.whole, account, name));
}

/**
 * Refuses a policy under which the caller could not set another one. Source: ECR API Reference, `SetRepositoryPolicy`, `force`.
 * @throws InvalidParameterException
 */
export function checkLockout(context: OperationContext, scope: Scope, repositoryArn: string, text: string): void {
  const tryPolicy = jointPolicy(context.state.table(registries).get(registryKey(scope))?.policy, text) ?? text;
  const asked = { action: "ecr:SetRepositoryPolicy", resource: repositoryArn, tryPolicy, tryPolicyDecides: false };
  if (!decideFor(context, asked).allowed)
    throw invalid(
      "PolicyText",
      "The policy would prevent you from setting another policy in the future. Set it with force if you mean that.",
    );
}
