import type { Principal } from "../domain/principal.ts";

/** Why a session may not call an operation: its token counts for nothing there, or its kind may not. */
export type SessionLimit = "unknown-token" | "session-credentials";

/**
 * What sessions may not do by their kind, whatever policies say. Those of GetSessionToken reach IAM only with a multi-factor code, and of
 * STS what tells who they are or makes them a role; those of GetFederationToken reach nothing of IAM, and of STS only the former. Those of the
 * console's sign-in reach IAM, as at AWS's console, and of STS what those of GetSessionToken do.
 * Source: IAM User Guide, "Compare AWS STS credentials".
 */
export function limitOfSession({ kind, session }: Principal, service: string, operation: string): SessionLimit | undefined {
  if (session === undefined || kind === "role-session" || kind === "anonymous") return undefined;
  const federated = kind === "federated-user";
  if (service === "iam") return federated || (session.mfa !== true && session.console !== true) ? "unknown-token" : undefined;
  if (service !== "sts" || operation === "GetCallerIdentity") return undefined;
  return federated || operation !== "AssumeRole" ? "session-credentials" : undefined;
}
