import { expect, test } from "vitest";
import { ACCOUNT, allow, deny, grant, policy, user } from "./cases/case.ts";
import { compilePolicyText, type CompiledPolicy } from "./compile-policy.ts";
import { matchedStatements } from "./matched-statements.ts";

function compiled(document: object, use: "identity" | "resource" = "identity"): CompiledPolicy {
  const made = compilePolicyText(JSON.stringify(document, undefined, 2), use);
  if ("refusal" in made) throw new Error(made.refusal);
  return made.policy;
}

test("statements that apply are told with their policy and their place, in the order in which they are written", () => {
  const found = matchedStatements({
    request: {
      principal: user("Bob"),
      action: "s3:GetObject",
      resource: "arn:aws:s3:::a/x",
      resourceAccount: ACCOUNT,
      context: (key) => (key === "aws:securetransport" ? ["true"] : undefined),
    },
    identity: [
      compiled(policy(allow("ec2:*"))),
      compiled(
        policy(
          deny("s3:*", "*", { Condition: { Bool: { "aws:SecureTransport": "false" } } }),
          allow("s3:*"),
          deny("s3:Get*", "arn:aws:s3:::a/*"),
        ),
      ),
    ],
    boundary: compiled(policy(allow("*"))),
    session: [compiled(policy(allow("s3:Put*")))],
    resource: compiled(policy(grant({ AWS: `arn:aws:iam::${ACCOUNT}:user/Alice` }, "s3:*"), grant({ AWS: ACCOUNT }, "s3:*")), "resource"),
  });
  expect(found.map(({ source, policy: index, statement }) => [source, index, statement.effect, statement.span.start.line])).toEqual([
    ["identity", 1, "Allow", 14],
    ["identity", 1, "Deny", 19],
    ["boundary", 0, "Allow", 4],
    ["resource", 0, "Allow", 12],
  ]);
});
