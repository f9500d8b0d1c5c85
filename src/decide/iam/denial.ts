import type { Decision } from "./view.ts";

export interface Denial {
  readonly principalArn: string;
  /** Such as `ecs:RunTask`. */
  readonly action: string;
  /** An ARN, or `*` where the action has no resource. */
  readonly resource: string;
  readonly decision: Decision & { readonly allowed: false };
}

/**
 * AWS's sentence of a refusal: "User: arn:… is not authorized to perform: ecs:RunTask on resource: arn:… because no identity-based policy
 * allows the ecs:RunTask action". Source: IAM User Guide, "Troubleshoot access denied error messages"; where services differ from it,
 * what they answer.
 */
export function denialText({ principalArn, action, resource, decision }: Denial): string {
  // STS tells an outsider nothing of a role, not even whether it is there.
  if (action === "sts:AssumeRoleWithWebIdentity") return `Not authorized to perform ${action}`;
  const vendor = action.slice(0, action.indexOf(":"));
  const where = vendor === "ec2" && resource === "*" ? "" : ` on resource: ${resource}`;
  const sentence = `User: ${principalArn} is not authorized to perform: ${action}${where}`;
  const unexplained = action === "sts:AssumeRole" && !decision.explicit;
  return unexplained ? sentence : `${sentence} ${reason(action, decision)}`;
}

function reason(action: string, { explicit, by }: Denial["decision"]): string {
  if (!explicit) return `because no ${by} allows the ${action} action`;
  return `with an explicit deny in ${by.startsWith("i") ? "an" : "a"} ${by}`;
}
