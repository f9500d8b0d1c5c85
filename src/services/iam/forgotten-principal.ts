import { parsePolicy } from "../../decide/iam/parse-policy.ts";
import { roles } from "../../state/iam.ts";
import type { State } from "../../state/state.ts";

/**
 * Puts a principal's unique id in the place of its ARN in every trust policy, as AWS does when the principal is deleted: another that is
 * made later under the same name is somebody else, and is not trusted. To be called within the commit that deletes.
 * Source: IAM User Guide, "AWS JSON policy elements: Principal".
 */
export function forgetPrincipal(state: State, { arn, id }: { readonly arn: string; readonly id: string }): void {
  for (const role of [...state.table(roles).values()]) {
    if (!names(role.assumeRolePolicy, arn)) continue;
    state.table(roles).put({ ...role, assumeRolePolicy: replaced(role.assumeRolePolicy, arn, id) });
  }
}

function names(policy: string, arn: string): boolean {
  const parsed = parsePolicy(policy, "trust");
  return "policy" in parsed && parsed.policy.statements.some(({ principal }) => principal?.aws.includes(arn));
}

function replaced(policy: string, arn: string, id: string): string {
  return JSON.stringify(
    JSON.parse(policy, (key, value: unknown) => {
      if (key !== "Principal" && key !== "NotPrincipal") return value;
      if (typeof value !== "object" || value === null || !("AWS" in value)) return value;
      const names = [value.AWS].flat().map((name) => (name === arn ? id : name));
      return { ...value, AWS: names.length === 1 ? names[0] : names };
    }),
  );
}
