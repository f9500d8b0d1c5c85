import { expect, test } from "vitest";
import { allow, policy } from "./cases/case.ts";
import { parsePolicy } from "./parse-policy.ts";
import { contextKeysOf } from "./required-policy-keys.ts";

function keysOf(document: object): readonly string[] {
  const parsed = parsePolicy(JSON.stringify(document), "resource");
  if ("refusal" in parsed) throw new Error(parsed.refusal);
  return contextKeysOf(parsed.policy);
}

test("the keys of conditions and of variables, each once and as it is first written", () => {
  const document = policy(
    allow("s3:*", ["arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/${aws:userid, 'anonymous'}", "arn:aws:s3:::${*}"], {
      Principal: "*",
      Condition: {
        StringEquals: { "aws:ResourceTag/team": "${aws:PrincipalTag/team}", "AWS:UserName": "Bob" },
        Null: { "aws:TokenIssueTime": "true" },
      },
    }),
  );
  expect(keysOf(document)).toEqual(["aws:username", "aws:userid", "aws:ResourceTag/team", "aws:PrincipalTag/team", "aws:TokenIssueTime"]);
});

test("a policy of the old version has no variables", () => {
  expect(keysOf({ Version: "2008-10-17", Statement: [allow("s3:*", "arn:aws:s3:::b/${aws:username}", { Principal: "*" })] })).toEqual([]);
});
