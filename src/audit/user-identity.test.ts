import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { ANONYMOUS, type Principal, type SessionFacts } from "../domain/principal.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { userIdentity } from "./user-identity.ts";

const account = "123456789012";
const session: SessionFacts = {
  issuedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  expiresAt: Date.UTC(2026, 0, 2, 4),
  policyArns: [],
  tags: [],
  transitiveTagKeys: [],
  context: {},
};
const attributes = { creationDate: "2026-01-02T03:04:05Z", mfaAuthenticated: "false" };
const roleSession: Principal = {
  kind: "role-session",
  account,
  arn: `arn:aws:sts::${account}:assumed-role/deployer/ci`,
  userId: "AROAEXAMPLE:ci",
  accessKeyId: "ASIAEXAMPLE",
  roleArn: `arn:aws:iam::${account}:role/deployer`,
  roleName: "deployer",
  session,
};
const issuer = {
  type: "Role",
  principalId: "AROAEXAMPLE",
  arn: `arn:aws:iam::${account}:role/deployer`,
  accountId: account,
  userName: "deployer",
};

test.each<[string, Principal, object]>([
  ["a role's session has its role as issuer", roleSession, { type: "AssumedRole", sessionContext: { sessionIssuer: issuer, attributes } }],
  [
    "one that came through an identity provider says which",
    { ...roleSession, session: { ...session, context: { "aws:FederatedProvider": "arn:aws:iam::123456789012:oidc-provider/a.example" } } },
    { sessionContext: { webIdFederationData: { federatedProvider: "arn:aws:iam::123456789012:oidc-provider/a.example", attributes: {} } } },
  ],
  [
    "a source identity is told",
    { ...roleSession, session: { ...session, sourceIdentity: "ada", mfa: true } },
    { sessionContext: { sourceIdentity: "ada", attributes: { mfaAuthenticated: "true" } } },
  ],
  [
    "a user with temporary credentials has a session",
    { kind: "user", account, arn: `arn:aws:iam::${account}:user/ada`, userId: "AIDA1", userName: "ada", accessKeyId: "ASIA2", session },
    { type: "IAMUser", userName: "ada", principalId: "AIDA1", sessionContext: { attributes } },
  ],
  [
    "a federated user of root has root as issuer",
    {
      kind: "federated-user",
      account,
      arn: `arn:aws:sts::${account}:federated-user/bo`,
      userId: `${account}:bo`,
      accessKeyId: "ASIA3",
      session,
    },
    { type: "FederatedUser", sessionContext: { sessionIssuer: { type: "Root", accountId: account } } },
  ],
  ["nobody is nobody", ANONYMOUS, { type: "Unknown" }],
])("%s", (_, principal, expected) => {
  expect(userIdentity(new JournaledState(memoryJournal()), principal)).toMatchObject(expected);
});
