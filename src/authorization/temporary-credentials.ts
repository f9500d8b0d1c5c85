import { accessKeyId } from "../domain/access-key-id.ts";
import { parseArn } from "../domain/arn.ts";
import type { Principal, RoleSessionPrincipal, SessionFacts } from "../domain/principal.ts";
import type { Ids } from "../ports/ids.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import type { RoleRecord } from "../state/iam.ts";
import { mintSessionToken, type TemporaryCredentials } from "./session-token.ts";

/** A principal that has no key yet. */
export type Keyless<P extends Principal> = P extends Principal ? Omit<P, "accessKeyId"> : never;

/** Issues a key of its own to a session. Nothing is recorded: the token says everything. */
export function issueCredentials(
  { secrets, ids }: { readonly secrets: SecretBox; readonly ids: Ids },
  principal: Keyless<Principal> & { readonly session: SessionFacts },
): TemporaryCredentials {
  const key = accessKeyId("ASIA", principal.account, ids.hex(20));
  const secretAccessKey = ids.alphanumeric(40);
  const keyed = { ...principal, accessKeyId: key } as Principal;
  return { accessKeyId: key, secretAccessKey, sessionToken: mintSessionToken(secrets, { secretAccessKey, principal: keyed }) };
}

/** Who a role's session is. Source: IAM User Guide, "Principal key values". */
export function roleSession(role: RoleRecord, sessionName: string, session: SessionFacts): Keyless<RoleSessionPrincipal> {
  const { account, id, arn: roleArn, name: roleName } = role;
  return {
    kind: "role-session",
    account,
    arn: `arn:${parseArn(roleArn)?.partition ?? "aws"}:sts::${account}:assumed-role/${roleName}/${sessionName}`,
    userId: `${id}:${sessionName}`,
    roleArn,
    roleName,
    session,
  };
}

/** When a session begins and ends. Whole seconds, as AWS tells them: what was revoked in the same second is revoked. */
export function sessionTimes(now: number, durationSeconds: number): Pick<SessionFacts, "issuedAt" | "expiresAt"> {
  const issuedAt = Math.floor(now / 1000) * 1000;
  return { issuedAt, expiresAt: issuedAt + durationSeconds * 1000 };
}
