import { userBehind } from "../state/bearers.ts";
import type { FederatedUserPrincipal, Principal } from "../domain/principal.ts";
import type { WholeState } from "../state/state.ts";

type Members = Readonly<Record<string, unknown>>;

/**
 * The `userIdentity` of a record.
 * Source: CloudTrail User Guide, "CloudTrail userIdentity element".
 */
export function userIdentity(state: WholeState, principal: Principal): Members {
  const { account: accountId, arn, userId: principalId, accessKeyId } = principal;
  const caller = { principalId, arn, accountId, accessKeyId };
  switch (principal.kind) {
    case "root":
      return { type: "Root", ...caller, ...ownSession(principal) };
    case "user":
      return { type: "IAMUser", ...caller, userName: principal.userName, ...ownSession(principal) };
    case "role-session": {
      const { roleArn, roleName, session } = principal;
      const sessionIssuer = { type: "Role", principalId: principalId.split(":")[0], arn: roleArn, accountId, userName: roleName };
      return { type: "AssumedRole", ...caller, sessionContext: { sessionIssuer, ...federation(principal), ...attributes(session) } };
    }
    case "federated-user": {
      const { userName, session } = principal;
      const sessionIssuer =
        userName === undefined
          ? { type: "Root", principalId: accountId, arn: arn.replace(/:sts::.*$/, `:iam::${accountId}:root`), accountId }
          : { type: "IAMUser", ...userFacts(state, principal), accountId, userName };
      return { type: "FederatedUser", ...caller, sessionContext: { sessionIssuer, ...attributes(session) } };
    }
    case "anonymous":
      return { type: "Unknown" };
  }
}

/** Of a session that is no role's: GetSessionToken. Its issuer is the caller itself. */
function ownSession({ session }: Principal): Members {
  return session ? { sessionContext: { sessionIssuer: {}, ...attributes(session) } } : {};
}

function attributes({ issuedAt, mfa, sourceIdentity }: NonNullable<Principal["session"]>): Members {
  return {
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    attributes: { creationDate: seconds(issuedAt), mfaAuthenticated: String(mfa === true) },
  };
}

/** Who vouched for a session of AssumeRoleWithWebIdentity. */
function federation({ session }: Principal): Members {
  const federatedProvider = session?.context["aws:FederatedProvider"];
  return federatedProvider === undefined ? {} : { webIdFederationData: { federatedProvider, attributes: {} } };
}

function userFacts(state: WholeState, principal: FederatedUserPrincipal): Members {
  const user = userBehind(state, principal);
  return user ? { principalId: user.id, arn: user.arn } : {};
}

let latest = { second: -1, text: "" };

/** CloudTrail's times: ISO 8601 without fractions. Thousands of records fall into one second: its text is made once. */
export function seconds(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== latest.second) latest = { second, text: `${new Date(second * 1000).toISOString().slice(0, 19)}Z` };
  return latest.text;
}
