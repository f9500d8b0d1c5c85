/**
 * Who came with an identity provider's token instead of a signature: only the response says it, since only then the token was checked, and is
 * proved. The trail is that of the role's account.
 * Source: CloudTrail User Guide, "Values for AWS STS APIs with SAML and web identity federation".
 */
export function webIdentity(
  input: unknown,
  output: unknown,
): { readonly account: string | undefined; readonly proved: boolean; readonly identity: Readonly<Record<string, unknown>> } {
  const { RoleArn } = (input ?? {}) as { readonly RoleArn?: unknown };
  const account = typeof RoleArn === "string" ? /^arn:[^:]+:iam::(\d{12}):/.exec(RoleArn)?.[1] : undefined;
  const { Provider, Audience, SubjectFromWebIdentityToken: subject } = (output ?? {}) as Readonly<Record<string, string | undefined>>;
  if (subject === undefined) return { account, proved: false, identity: { type: "WebIdentityUser" } };
  const principalId = [Provider, Audience, subject].filter((part) => part !== undefined).join(":");
  return { account, proved: true, identity: { type: "WebIdentityUser", principalId, userName: subject, identityProvider: Provider } };
}
