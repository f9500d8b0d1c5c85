import { denialText } from "../decide/iam/denial.ts";
import type { Principal } from "../domain/principal.ts";
import type { WholeState } from "../state/state.ts";
import { decide, NO_ORIGIN, type AskedPermission, type RequestOrigin } from "./authorize.ts";

/** AWS's sentence about what a principal may not do; `undefined` where it may. */
export function denialOf(
  parts: { readonly state: WholeState; readonly now: number },
  principal: Principal,
  asked: AskedPermission,
  origin: RequestOrigin = NO_ORIGIN,
): string | undefined {
  const decision = decide(parts, principal, asked, origin);
  const { action, resource } = asked;
  return decision.allowed ? undefined : denialText({ principalArn: principal.arn, action, resource, decision });
}
