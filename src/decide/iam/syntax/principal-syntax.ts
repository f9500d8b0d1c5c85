import type { PolicyUse, PrincipalElement, Statement } from "../policy-document.ts";

const ACCOUNT = /^\d{12}$/;
const IAM_ARN = /^arn:aws[a-z-]*:iam::\d{12}:(root|(user|role)\/[^*?\s]+)$/;
const STS_ARN = /^arn:aws[a-z-]*:sts::\d{12}:(assumed-role\/[^/*?\s]+\/[^/*?\s]+|federated-user\/[^*?\s]+)$/;
/** `AIDA…` of a user, `AROA…` of a role: what an ARN in a policy becomes when its bearer is deleted. */
const UNIQUE_ID = /^A[A-Z]{3}[A-Z0-9]{12,124}$/;
const SERVICE = /^[a-z0-9][a-z0-9.-]*\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal|api\.aws)$/;
const FEDERATED = /^(arn:aws[a-z-]*:iam::\d{12}:(oidc-provider|saml-provider)\/\S+|[a-z0-9-]+(\.[a-z0-9-]+)+)$/i;

/**
 * Whether statements name principals where they have to and where they may, and in a form that can name one. `NotPrincipal` says who is
 * spared by a deny, and nothing else. Source: IAM User Guide, "AWS JSON policy elements: NotPrincipal".
 */
export function checkPrincipals(statements: readonly Statement[], use: PolicyUse): string | undefined {
  if (use === "identity") {
    return statements.some(({ principal }) => principal) ? "Policy document should not specify a principal." : undefined;
  }
  for (const { principal, effect } of statements) {
    if (principal?.negated === true && effect === "Allow") return "Allow with NotPrincipal is not allowed.";
    const refusal = principal ? principalRefusal(principal) : "Missing required field Principal";
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function principalRefusal({ everyone, aws, service, federated, canonicalUser }: PrincipalElement): string | undefined {
  if (!everyone && aws.length + service.length + federated.length + canonicalUser.length === 0) return "Missing required field Principal";
  return (
    wrong("AWS", aws, (name) => name === "*" || [ACCOUNT, IAM_ARN, STS_ARN, UNIQUE_ID].some((form) => form.test(name))) ??
    wrong("SERVICE", service, (name) => SERVICE.test(name)) ??
    wrong("FEDERATED", federated, (name) => FEDERATED.test(name)) ??
    wrong("CANONICAL_USER", canonicalUser, (name) => /^[0-9a-f]{64}$/.test(name))
  );
}

function wrong(kind: string, names: readonly string[], isRight: (name: string) => boolean): string | undefined {
  const name = names.find((one) => !isRight(one));
  return name === undefined ? undefined : `Invalid principal in policy: "${kind}":"${name}"`;
}
