import { issueCredentials, roleSession, sessionTimes } from "../../authorization/temporary-credentials.ts";
import type { SessionFacts } from "../../domain/principal.ts";
import type { RoleRecord } from "../../state/iam.ts";
import type { OperationContext } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { packedPolicySize, refuseHugeToken } from "./packed-policy-size.ts";
import { credentialsView } from "./sts-operation.ts";

interface AssumedRole {
  readonly role: RoleRecord;
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly facts: Omit<SessionFacts, "issuedAt" | "expiresAt">;
}

/** Issues the credentials of an assumed role, and tells of them what AssumeRole and its siblings answer alike. */
export function answerAssumedRole(context: OperationContext, { role, sessionName, durationSeconds, facts }: AssumedRole) {
  const PackedPolicySize = packedPolicySize(facts);
  const session = { ...facts, ...sessionTimes(context.now, durationSeconds) };
  const principal = roleSession(role, sessionName, session);
  const issued = issueCredentials(context, principal);
  refuseHugeToken(issued);
  return {
    Credentials: credentialsView(issued, session.expiresAt),
    AssumedRoleUser: { AssumedRoleId: principal.userId, Arn: principal.arn },
    ...defined({ PackedPolicySize, SourceIdentity: facts.sourceIdentity }),
  };
}
