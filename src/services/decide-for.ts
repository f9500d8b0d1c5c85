import type { Decision } from "../decide/iam/view.ts";
import { denialText } from "../decide/iam/denial.ts";
import { decide, type AskedPermission } from "../authorization/authorize.ts";
import type { OperationContext } from "./operation.ts";

/**
 * What policies say of something that an operation finds out to be needed only while it runs. What they allow in another account can be
 * seen from then on, and nothing else of it.
 */
export function decideFor({ state, now, principal, origin }: OperationContext, asked: AskedPermission): Decision {
  const decision = decide({ state: state.whole, now }, principal, asked, origin);
  // A policy that is only tried opens nothing.
  if (decision.allowed && asked.tryPolicy === undefined) state.open(asked.resource);
  return decision;
}

/** AWS's sentence where the caller may not; `undefined` where it may. */
export function denialFor(context: OperationContext, asked: AskedPermission): string | undefined {
  const decision = decideFor(context, asked);
  const { action, resource } = asked;
  return decision.allowed ? undefined : denialText({ principalArn: context.principal.arn, action, resource, decision });
}
