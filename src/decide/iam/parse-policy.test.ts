import { describe, expect, test } from "vitest";
import { parsePolicy } from "./parse-policy.ts";
import type { PolicyUse } from "./policy-document.ts";

const SYNTAX = "Syntax errors in policy.";
const LEGACY = "The policy failed legacy parsing";
const VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
const NOT_PRINCIPAL = "Has prohibited field NotPrincipal";
const OBJECT = "arn:aws:s3:::bucket/key";

const statement = (more: object = {}): object => ({ Effect: "Allow", Action: "s3:GetObject", Resource: OBJECT, ...more });
const document = (...statements: readonly unknown[]): object => ({ Version: "2012-10-17", Statement: statements });
const trust = (more: object = {}): object =>
  document({ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole", ...more });
const condition = (Condition: unknown): object => document(statement({ Condition }));

function refusalOf(given: unknown, use: PolicyUse = "identity"): string | undefined {
  const parsed = parsePolicy(typeof given === "string" ? given : JSON.stringify(given), use);
  return "refusal" in parsed ? parsed.refusal : undefined;
}

describe("a policy of an identity is refused", () => {
  test.each([
    ["that is no JSON", "This is not JSON", SYNTAX],
    ["that is empty", "", SYNTAX],
    ["that is cut off", JSON.stringify(document(statement())).slice(0, -2), SYNTAX],
    ["with something behind it", `${JSON.stringify(document(statement()))} x`, SYNTAX],
    ["with a trailing comma", '{"Version":"2012-10-17","Statement":[],}', SYNTAX],
    ["that is a list", [document(statement())], SYNTAX],
    [
      "with a key twice",
      '{"Version":"2012-10-17","Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}',
      SYNTAX,
    ],
    ["with Effect twice", '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}}', SYNTAX],
    ["without Version", { Statement: statement() }, "Policy document must be version 2012-10-17 or greater."],
    ["of the old version", { Version: "2008-10-17", Statement: statement() }, "Policy document must be version 2012-10-17 or greater."],
    ["of an unknown version", { Version: "2013-10-17", Statement: statement() }, SYNTAX],
    ["with a Version that is no text", { Version: 20121017, Statement: statement() }, SYNTAX],
    ["without statements", { Version: "2012-10-17" }, SYNTAX],
    ["with no statement in the list", document(), SYNTAX],
    ["with a text for a statement", document("afd"), SYNTAX],
    ["with an unknown element", { ...document(statement()), Extra: "x" }, SYNTAX],
    ["with an Id that is no text", { ...document(statement()), Id: {} }, SYNTAX],
    ["with an unknown element in a statement", document(statement({ Extra: "x" })), SYNTAX],
    ["with a Sid that is no text", document(statement({ Sid: [] })), SYNTAX],
    [
      "with a Sid of other characters",
      document(statement({ Sid: "a b" })),
      "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
    ],
    [
      "with a Sid twice",
      document(statement({ Sid: "a" }), { Sid: "a", Effect: "Allow" }),
      "Statement IDs (SID) in a single policy must be unique.",
    ],
    ["without Effect", document({ Action: "s3:GetObject", Resource: OBJECT }), SYNTAX],
    ["with an unknown Effect", document(statement({ Effect: "Perhaps" })), SYNTAX],
    ["with an Effect in another case", document(statement({ Effect: "denY" })), LEGACY],
    ["without Action", document({ Effect: "Allow", Resource: OBJECT }), "Policy statement must contain actions."],
    ["with no action in the list", document(statement({ Action: [] })), "Policy statement must contain actions."],
    ["with Action and NotAction", document(statement({ NotAction: "iam:x" })), SYNTAX],
    ["with an action that is no text", document(statement({ Action: {} })), SYNTAX],
    ["with an action in a list of lists", document(statement({ Action: [["s3:*"]] })), SYNTAX],
    ["with an action without vendor", document(statement({ Action: "GetObject" })), VENDOR],
    ["with an empty action", document({ Effect: "Allow", NotAction: "", Resource: OBJECT }), VENDOR],
    ["with a vendor that is none", document(statement({ Action: "a a:ListBucket" })), "Vendor a a is not valid"],
    ["with two colons in an action", document(statement({ Action: "s3:List:Bucket" })), "Actions/Condition can contain only one colon."],
    ["without Resource", document({ Effect: "Allow", Action: "s3:GetObject" }), "Policy statement must contain resources."],
    ["with no resource in the list", document(statement({ Resource: [] })), "Policy statement must contain resources."],
    ["with Resource and NotResource", document(statement({ NotResource: "*" })), SYNTAX],
    [
      "with a resource that is no ARN",
      document(statement({ Resource: "invalid resource" })),
      'Resource invalid resource must be in ARN format or "*".',
    ],
    ["with an empty resource", document(statement({ Resource: "" })), 'Resource  must be in ARN format or "*".'],
    [
      "with another prefix and a wrong partition",
      document(statement({ Resource: "a:b:c:d:e:f:g:h" })),
      'Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".',
    ],
    [
      "with a partition alone",
      document(statement({ Resource: "a:bsdfdsafsad" })),
      'Partition "bsdfdsafsad" is not valid for resource "arn:bsdfdsafsad:*:*:*:*".',
    ],
    [
      "with an ARN that lacks its first part",
      document(statement({ Resource: "aws:s3:::example_bucket" })),
      'Partition "s3" is not valid for resource "arn:s3:::example_bucket:*".',
    ],
    [
      "with a partition that a template left open",
      document(statement({ Resource: "arn:${ARN_PARTITION}:s3:::b" })),
      'Partition "${ARN_PARTITION}" is not valid for resource "arn:${ARN_PARTITION}:s3:::b".',
    ],
    [
      "with a wildcard for the vendor",
      document(statement({ Resource: "arn:aws:*:us-east-1:123456789012:x" })),
      "Resource vendor must be fully qualified and cannot contain regexes.",
    ],
    [
      "with an ARN that ends with its partition",
      document(statement({ Resource: "arn:aws" })),
      "Resource vendor must be fully qualified and cannot contain regexes.",
    ],
    ["with an ARN without resource", document(statement({ Resource: "arn:aws:s3::example_bucket" })), LEGACY],
    ["with an ARN without vendor", document(statement({ Resource: "arn:aws::fdsasf" })), LEGACY],
    [
      "with a region in an ARN of IAM",
      document(statement({ Resource: "arn:aws:iam:us-east-1::user/x" })),
      "IAM resource arn:aws:iam:us-east-1::user/x cannot contain region information.",
    ],
    [
      "with a path that IAM does not have",
      document(statement({ Resource: "arn:aws:iam:::example" })),
      'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.',
    ],
    [
      "with a region in an ARN of a bucket",
      document(statement({ Resource: "arn:aws:s3:us-east-1::b" })),
      "Resource arn:aws:s3:us-east-1::b can not contain region information.",
    ],
    ["with a principal", document(statement({ Principal: "*" })), "Policy document should not specify a principal."],
    ["with a NotPrincipal", document(statement({ NotPrincipal: { AWS: "*" } })), "Policy document should not specify a principal."],
    ["with a list of conditions", condition([{ StringEquals: { a: "b" } }]), SYNTAX],
    ["with a text for conditions", condition("a"), SYNTAX],
    ["with a text below an operator", condition({ StringEquals: "b" }), SYNTAX],
    ["with an object for a value", condition({ StringEquals: { a: {} } }), SYNTAX],
    ["with null for a value", condition({ StringEquals: { a: null } }), SYNTAX],
    ["with a list within the values", condition({ StringEquals: { a: [["b"]] } }), SYNTAX],
    ["with an unknown operator", condition({ x: { a: "1" } }), SYNTAX],
    ["with an operator in another case", condition({ stringequals: { a: "1" } }), SYNTAX],
    ["with two colons behind a set prefix", condition({ "ForAnyValue::StringEquals": { a: "1" } }), SYNTAX],
    ["with NullIfExists", condition({ NullIfExists: { a: "true" } }), SYNTAX],
    ["with a date that is none", condition({ DateGreaterThan: { a: "sdfdsf" } }), LEGACY],
    ["with a month that is none", condition({ DateLessThanEquals: { a: "234-13" } }), LEGACY],
    ["with an offset of one digit", condition({ DateLessThanEquals: { a: "2016-12-13t2:00:00.593194+1" } }), LEGACY],
    ["with too fine a fraction", condition({ DateLessThanEquals: { a: "2016-12-13t2:00:00.1999999999+10:59" } }), LEGACY],
    ["with an epoch that overflows", condition({ DateLessThan: { a: "9223372036854775808" } }), LEGACY],
    ["with a number that is none", condition({ NumericLessThan: { a: "ten" } }), LEGACY],
    ["with an address that is none", condition({ IpAddress: { "aws:SourceIp": "203.0.113.0/33" } }), LEGACY],
    ["with a Bool that is none", condition({ Bool: { a: "yes" } }), LEGACY],
    ["with a name where an ARN is meant", condition({ ArnEquals: { "ecs:cluster": "mycluster" } }), LEGACY],
    ["with a name among ARNs", condition({ ArnNotLike: { a: ["arn:aws:s3:::b", "b"] } }), LEGACY],
    ["with an empty text where an ARN is meant", condition({ "ForAnyValue:ArnLikeIfExists": { a: "" } }), LEGACY],
    ["with an ARN that is cut short within, and a star", document(statement({ Resource: "arn:aws:s3:*:example_bucket" })), LEGACY],
    ["with a variable for a number", condition({ NumericLessThan: { a: "${aws:EpochTime}" } }), LEGACY],
  ])("%s", (_name, given, refusal) => {
    expect(refusalOf(given)).toBe(refusal);
  });

  test.each([
    [
      "the version before the effect's case",
      { Statement: statement({ Effect: "denY" }) },
      "Policy document must be version 2012-10-17 or greater.",
    ],
    ["a date before missing actions", document({ Effect: "Allow", Condition: { DateGreaterThan: { a: "x" } } }), LEGACY],
    [
      "a date before the partition",
      document(statement({ Resource: "arn:error:s3:::b", Condition: { DateGreaterThan: { a: "x" } } })),
      LEGACY,
    ],
    ["the effect's case before equal Sids", document(statement({ Sid: "a", Effect: "aLLow" }), { Sid: "a", Effect: "Allow" }), LEGACY],
    [
      "a resource before an action",
      document(statement({ Action: "s:3:ListBucket", Resource: "sdfsadf" })),
      'Resource sdfsadf must be in ARN format or "*".',
    ],
    ["an action before a missing resource", document({ Effect: "Allow", Action: "invalid" }), VENDOR],
    ["a wrong statement before missing actions elsewhere", document({ Effect: "Deny" }, statement({ Action: "x" })), VENDOR],
  ])("for %s", (_name, given, refusal) => {
    expect(refusalOf(given)).toBe(refusal);
  });
});

describe("a policy of an identity may", () => {
  test.each([
    ["have one statement without a list", { Version: "2012-10-17", Statement: statement() }],
    ["have an Id", { ...document(statement()), Id: "sdfsdfsdf" }],
    ["have empty Sids", document(statement({ Sid: "" }), statement({ Sid: "" }))],
    ["have an action with blanks in its name", document(statement({ Action: "iam: asdf safdsf af " }))],
    ["have a vendor that is not known", document(statement({ Action: "aaaaaadsfdsafsadfsadfaaaaa:ListBucket" }))],
    ["have dots and dashes in a vendor", document(statement({ Action: ["s3-s:ListBucket", "s3.s:ListBucket"] }))],
    ["allow everything", document(statement({ Action: "*", Resource: "*" }))],
    ["have an ARN that ends with a star in the place of its account", document(statement({ Resource: "arn:aws:ecs:us-east-1:*" }))],
    [
      "have an ARN that ends with a star in the place of its region",
      document(statement({ Resource: ["arn:aws:ssm:*", "arn:aws:iam::*"] })),
    ],
    [
      "have such ARNs in NotResource",
      document({ Effect: "Deny", Action: "*", NotResource: ["arn:aws:ecs:us-east-1:1234*", "arn:aws:ssm:us-*"] }),
    ],
    ["have a star that stands for region and account", document(statement({ Resource: "arn:aws:logs:*:log-group:/ecs/red:*" }))],
    [
      "have stars, variables and short ARNs where ARNs are meant",
      condition({ ArnLike: { a: ["*", "arn:*", "arn:aws:ecs:*", "${aws:PrincipalArn}", "*:role/x"] } }),
    ],
    ["have an ARN that is cut short", document(statement({ Resource: "arn:aws:fdsasf" }))],
    ["have a resource of another service", document(statement({ Resource: "arn:aws:ec2:us-east-1::example_bucket" }))],
    ["have an access point with region", document(statement({ Resource: "arn:aws:s3:us-west-2:123456789012:accesspoint/a/object/*" }))],
    ["have a variable in a resource", document(statement({ Resource: "arn:aws:iam::*:user/${aws:username}" }))],
    ["have no condition in Condition", condition({})],
    ["have no key below an operator", condition({ DateGreaterThan: {} })],
    ["have an operator that is not known without keys", condition({ x: {}, y: {} })],
    ["have no value for a key", condition({ DateGreaterThan: { a: [] } })],
    ["have numbers and booleans for values", condition({ NumericEquals: { a: 1.5 }, Bool: { b: [true, "false"] } })],
    [
      "have dates in many forms",
      condition({
        DateLessThan: {
          a: [
            "01T",
            "2019-07-01T13:20:15Z",
            "2016-12-13T21:20:37.593194+00:00",
            "2016-12-13t2:00:00.593194+23",
            "-292275054",
            "1600000000",
          ],
        },
      }),
    ],
    [
      "have set prefixes and IfExists",
      condition({ "ForAnyValue:StringEqualsIfExists": { a: "asf" }, "ForAllValues:ArnLike": { b: "arn:aws:s3:::*" } }),
    ],
    ["have a variable for a Bool", condition({ Bool: { "aws:SecureTransport": "${aws:x}" } })],
    ["have space around it", `\n ${JSON.stringify(document(statement()), undefined, 2)}\n`],
    ["have escapes", JSON.stringify(document(statement({ Resource: 'arn:aws:s3:::b/\u00e9\n"' })))],
  ])("%s", (_name, given) => {
    expect(refusalOf(given)).toBeUndefined();
  });
});

describe("a trust policy is refused", () => {
  test.each([
    ["that is no JSON", "{", "This policy contains invalid Json"],
    ["with a resource", trust({ Resource: "*" }), "Has prohibited field Resource"],
    ["with a NotResource", trust({ NotResource: "*" }), "Has prohibited field NotResource"],
    ["without principal", trust({ Principal: undefined }), "Missing required field Principal"],
    ["with an empty principal", trust({ Principal: {} }), "Missing required field Principal"],
    ["without action", trust({ Action: undefined }), "Missing required field Action"],
    ["with an action of another service", trust({ Action: "s3:GetObject" }), "AssumeRole policy may only specify STS AssumeRole actions."],
    ...["sts:BadAssumeRole", "sts:AssumeRolle*"].map((Action): [string, object, string] => [
      `with ${Action}, which is no action`,
      trust({ Action }),
      "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity",
    ]),
    ["with every action", trust({ Action: "*" }), "AssumeRole policy may only specify STS AssumeRole actions."],
    ["with a principal in a wrong form", trust({ Principal: "arn:aws:iam::123456789012:root" }), SYNTAX],
    ["with a principal of an unknown kind", trust({ Principal: { Robot: "x" } }), SYNTAX],
    [
      "with an account of eleven digits",
      trust({ Principal: { AWS: "arn:aws:iam::12345678910:role/x" } }),
      'Invalid principal in policy: "AWS":"arn:aws:iam::12345678910:role/x"',
    ],
    [
      "with a wildcard in a principal",
      trust({ Principal: { AWS: "arn:aws:iam::123456789012:role/*" } }),
      'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/*"',
    ],
    [
      "with a group for principal",
      trust({ Principal: { AWS: "arn:aws:iam::123456789012:group/x" } }),
      'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:group/x"',
    ],
    ["with a NotPrincipal that allows", trust({ Principal: undefined, NotPrincipal: { AWS: "123456789012" } }), NOT_PRINCIPAL],
    ["with a NotPrincipal that denies", trust({ Effect: "Deny", Principal: undefined, NotPrincipal: { AWS: "*" } }), NOT_PRINCIPAL],
    ["with an operator in another case", trust({ Condition: { stringEquals: { a: "b" } } }), "Invalid Condition type : stringEquals"],
    ["with an operator that is none", trust({ Condition: { "ForAny:Like": { a: "b" } } }), "Invalid Condition type : ForAny:Like"],
    ["with a name where an ARN is meant", trust({ Condition: { ArnLike: { "aws:SourceArn": "cluster" } } }), LEGACY],
    ["with a service that is none", trust({ Principal: { Service: "ecs-tasks" } }), 'Invalid principal in policy: "SERVICE":"ecs-tasks"'],
    ["with a provider that is none", trust({ Principal: { Federated: "x" } }), 'Invalid principal in policy: "FEDERATED":"x"'],
  ])("%s", (_name, given, refusal) => {
    expect(refusalOf(given, "trust")).toBe(refusal);
  });

  test.each([
    ["a service", { Service: "ecs-tasks.amazonaws.com" }],
    ["several of several kinds", { Service: ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"], AWS: ["123456789012", "*"] }],
    ["everybody", "*"],
    ["a session", { AWS: "arn:aws:sts::123456789012:assumed-role/role/session" }],
    ["a user that was deleted", { AWS: "AIDACKCEVSQ6C2EXAMPLE" }],
    ["a provider of the account", { Federated: "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }],
    ["a public provider", { Federated: "cognito-identity.amazonaws.com" }],
  ])("not where it names %s", (_name, Principal) => {
    expect(refusalOf(trust({ Principal }), "trust")).toBeUndefined();
  });

  test("not for its version, nor for what belongs to assuming a role", () => {
    expect(
      refusalOf({ ...trust({ Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] }), Version: "2008-10-17" }, "trust"),
    ).toBeUndefined();
  });
});

describe("a resource's policy", () => {
  test("needs a principal", () => {
    expect(refusalOf(document(statement()), "resource")).toBe("Missing required field Principal");
  });

  test.each([
    ["with a NotPrincipal that allows", { NotPrincipal: { AWS: "123456789012" } }, "Allow with NotPrincipal is not allowed."],
    ["with an operator in another case", { Principal: "*", Condition: { stringEquals: { a: "b" } } }, SYNTAX],
    ["with a name where an ARN is meant", { Principal: "*", Condition: { ArnLike: { "aws:SourceArn": "cluster" } } }, LEGACY],
  ])("is refused %s", (_name, more, refusal) => {
    expect(refusalOf(document(statement(more)), "resource")).toBe(refusal);
  });

  test.each([
    ["a NotPrincipal that denies", { Effect: "Deny", NotPrincipal: { AWS: "123456789012" } }],
    ["ARNs that end with a star", { Principal: "*", Resource: ["arn:aws:ecs:us-east-1:*", "arn:aws:ssm:*"] }],
  ])("may have %s", (_name, more) => {
    expect(refusalOf(document(statement(more)), "resource")).toBeUndefined();
  });

  test("may leave out the resource, as those of repositories do", () => {
    expect(refusalOf(document({ Effect: "Allow", Principal: "*", Action: "ecr:BatchGetImage" }), "resource")).toBeUndefined();
  });

  test("may have a Sid of words", () => {
    expect(refusalOf(document(statement({ Principal: "*", Sid: "allow pulls" })), "resource")).toBeUndefined();
  });
});

describe("what was read", () => {
  test("has every element in one form, and knows where statements stand", () => {
    const text = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "One", "Effect": "Allow", "Action": "s3:*", "Resource": "*" },
    {
      "Effect": "Deny", "NotAction": ["iam:*"], "NotResource": ["arn:aws:s3:::b"],
      "Condition": { "Bool": { "a": true, "b": ["false"] } }
    }
  ]
}`;
    expect(parsePolicy(text, "identity")).toEqual({
      policy: {
        version: "2012-10-17",
        statements: [
          {
            sid: "One",
            effect: "Allow",
            action: { negated: false, patterns: ["s3:*"] },
            resource: { negated: false, patterns: ["*"] },
            conditions: [],
            span: { start: { line: 4, column: 5 }, end: { line: 4, column: 74 } },
          },
          {
            effect: "Deny",
            action: { negated: true, patterns: ["iam:*"] },
            resource: { negated: true, patterns: ["arn:aws:s3:::b"] },
            conditions: [
              { operator: "Bool", key: "a", values: ["true"] },
              { operator: "Bool", key: "b", values: ["false"] },
            ],
            span: { start: { line: 5, column: 5 }, end: { line: 8, column: 5 } },
          },
        ],
      },
    });
  });
});
