import type { PrincipalView } from "../../../src/decide/iam/principal-view.ts";
import { seededRandom, type Random } from "../../../src/testing/seeded-random.ts";

/** A request and all the policies that it meets. Plain data, so that it can be printed, and changed. */
export interface PolicyCase {
  readonly principal: PrincipalView;
  readonly action: string;
  readonly resource: string;
  readonly resourceAccount: string;
  /** A text of a key that has one value at most, a list of a multivalued one. */
  readonly keys: Readonly<Record<string, string | readonly string[]>>;
  readonly identity: readonly RandomStatement[];
  readonly boundary?: readonly RandomStatement[];
  readonly session?: readonly RandomStatement[];
  readonly resourcePolicy?: readonly RandomStatement[];
}

export interface RandomStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Action?: readonly string[];
  readonly NotAction?: readonly string[];
  readonly Resource?: readonly string[];
  readonly NotResource?: readonly string[];
  readonly Principal?: { readonly AWS: readonly string[] };
  readonly NotPrincipal?: { readonly AWS: readonly string[] };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export const ACCOUNT = "123456789012";
export const OTHER = "444455556666";

/** A small world, so that policies and requests often meet: actions that there are, each with resources of its own. */
const TARGETS: readonly (readonly [action: string, resources: readonly string[]])[] = [
  ["logs:PutLogEvents", ["log-group:/ecs/red:log-stream:app/1", "log-group:/ecs/blue:log-stream:app/1"].map((one) => arnOf("logs", one))],
  ["ecs:RunTask", ["task-definition/web:1", "task-definition/web:22"].map((one) => arnOf("ecs", one))],
  ["ecs:StopTask", ["task/prod/0123", "task/dev/0123"].map((one) => arnOf("ecs", one))],
  ["secretsmanager:GetSecretValue", ["secret:prod/db-AbCdEf", "secret:alice-AbCdEf"].map((one) => arnOf("secretsmanager", one))],
  ["ecr:BatchGetImage", ["repository/team/app", "repository/alice"].map((one) => arnOf("ecr", one))],
  ["kms:Decrypt", [arnOf("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab")]],
];

function arnOf(service: string, resource: string, account = ACCOUNT): string {
  return `arn:aws:${service}:us-east-1:${account}:${resource}`;
}

const user = (name: string, account = ACCOUNT): PrincipalView => ({
  kind: "user",
  account,
  names: [`arn:aws:iam::${account}:user/${name}`],
});
const PRINCIPALS: readonly PrincipalView[] = [
  user("alice"),
  user("alice"),
  {
    kind: "role-session",
    account: ACCOUNT,
    names: [`arn:aws:sts::${ACCOUNT}:assumed-role/deploy/alice`, `arn:aws:iam::${ACCOUNT}:role/deploy`],
  },
  user("zhang", OTHER),
];
const NAMED = [
  "*",
  ACCOUNT,
  `arn:aws:iam::${ACCOUNT}:root`,
  `arn:aws:iam::${OTHER}:root`,
  `arn:aws:iam::${ACCOUNT}:user/alice`,
  `arn:aws:iam::${OTHER}:user/zhang`,
  `arn:aws:iam::${ACCOUNT}:role/deploy`,
  `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/alice`,
];

/** The case of a seed: always the same. */
export function randomCase(seed: number): PolicyCase {
  const random = seededRandom(seed);
  const [action, resources] = random.pick(TARGETS);
  const principal = random.pick(PRINCIPALS);
  const resource = random.pick(resources);
  const statements = (with_: "principal" | "none"): readonly RandomStatement[] =>
    Array.from({ length: random.between(1, 3) }, () => randomStatement(random, action, resource, with_));
  const decidedByResource = action.startsWith("kms:");
  return {
    principal,
    action,
    resource,
    resourceAccount: ACCOUNT,
    keys: randomKeys(random, principal),
    identity: statements("none"),
    ...(random.chance(0.25) ? { boundary: statements("none") } : {}),
    ...(random.chance(0.25) && principal.kind === "role-session" ? { session: statements("none") } : {}),
    ...(decidedByResource || random.chance(0.5) ? { resourcePolicy: statements("principal") } : {}),
  };
}

function randomStatement(random: Random, action: string, resource: string, naming: "principal" | "none"): RandomStatement {
  const [vendor = "", name = ""] = action.split(":");
  const actions = some(random, [
    "*",
    `${vendor}:*`,
    action,
    action,
    `${vendor}:${name.slice(0, 4)}*`,
    action.toLowerCase(),
    "sqs:*",
    `${vendor}:Other`,
  ]);
  const resources = some(random, ["*", "*", resource, resource, ...patternsOf(random, resource)]);
  const Effect = random.chance(0.75) ? "Allow" : "Deny";
  return {
    Effect,
    ...(random.chance(0.12) ? { NotAction: actions } : { Action: actions }),
    ...(random.chance(0.15) ? { NotResource: resources } : { Resource: resources }),
    ...(naming === "none" ? {} : principalOf(random, Effect)),
    ...(random.chance(0.5) ? { Condition: randomCondition(random) } : {}),
  };
}

/** `NotPrincipal` goes with a deny alone. */
function principalOf(random: Random, effect: string): Pick<RandomStatement, "Principal" | "NotPrincipal"> {
  const names = { AWS: some(random, NAMED) };
  return effect === "Deny" && random.chance(0.3) ? { NotPrincipal: names } : { Principal: names };
}

/** Ways to write the resource, and some that are nearly so. */
function patternsOf(random: Random, resource: string): readonly string[] {
  const parts = resource.split(":");
  const [arn, aws, service, region, account, ...rest] = parts as [string, string, string, string, string, ...string[]];
  const id = rest.join(":");
  const cut = id.slice(0, random.between(1, id.length));
  return [
    `${arn}:${aws}:${service}:*:*:${id}`,
    `${arn}:${aws}:${service}:us-*-1:${account}:${cut}*`,
    `${arn}:${aws}:${service}:${region}:${account}:${cut}?*`,
    `${arn}:*:${service}:${region}:${account}:${id}`,
    `${arn}:${aws}:${service}:eu-west-1:${account}:${id}`,
    `${arn}:${aws}:${service}:${region}:${account}:*`,
    `${arn}:${aws}:${service}:${region}:*`,
    `${arn}:${aws}:${service}:*`,
    `${arn}:${aws}:${service}:*:${id}`,
    `${arn}:${aws}:${service}:us-*:${id}`,
    `${arn}:${aws}:${service}:${region}:${account}:${id.replace("alice", "${aws:username}")}`,
    `${arn}:${aws}:${service}:${region}:${account}:${id.replace(/[a-z]+/, "${aws:PrincipalTag/team, 'log'}")}`,
    `${arn}:${aws}:${service}:${region}:${account}:*${"${aws:TagKeys}"}*`,
    // IAM takes an ARN that is cut short only where a star ends it.
  ].filter((pattern) => pattern.endsWith("*") || pattern.split(":").length >= 6);
}

const TEAMS = ["red", "blue", "", "r*d"];
const ARNS = [arnOf("ecs", "cluster/prod"), arnOf("ecs", "cluster/dev"), arnOf("ecs", "cluster/prod", OTHER), "prod"];

function randomKeys(random: Random, principal: PrincipalView): PolicyCase["keys"] {
  const name = principal.names[0] ?? "";
  const keys: Record<string, string | readonly string[]> = {};
  const maybe = (key: string, value: () => string | readonly string[], probability = 0.6): void => {
    if (random.chance(probability)) keys[key] = value();
  };
  if (principal.kind === "user") keys["aws:username"] = name.slice(name.lastIndexOf("/") + 1);
  maybe("aws:PrincipalTag/team", () => random.pick(TEAMS));
  maybe("aws:ResourceTag/team", () => random.pick(TEAMS));
  maybe("aws:TagKeys", () => random.pick([["team"], ["team", "cost"], ["cost"], [], [""], ["alice"]]));
  maybe("aws:SourceIp", () => random.pick(["203.0.113.7", "198.51.100.1", "2001:db8::1"]));
  maybe("aws:SecureTransport", () => random.pick(["true", "false"]));
  maybe("aws:CurrentTime", () => random.pick(["2026-06-01T00:00:00Z", "2020-01-01T00:00:00Z"]));
  maybe("aws:MultiFactorAuthAge", () => random.pick(["10", "3600", "old"]));
  maybe("aws:SourceArn", () => random.pick(ARNS));
  return keys;
}

type Operator = readonly [names: readonly string[], keys: readonly string[], values: readonly string[]];

const OPERATORS: readonly Operator[] = [
  [
    ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"],
    ["aws:PrincipalTag/team", "aws:ResourceTag/team", "AWS:username", "aws:SourceIp"],
    [
      "red",
      "RED",
      "r*",
      "r?d",
      "alice",
      "${aws:PrincipalTag/team}",
      "${aws:username}",
      "${aws:PrincipalTag/team, 'red'}",
      "${aws:TagKeys}",
      "r${*}d",
      "",
      "*",
    ],
  ],
  [
    ["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"],
    ["aws:MultiFactorAuthAge"],
    ["10", "10.0", "3600", "60"],
  ],
  [
    ["DateEquals", "DateNotEquals", "DateLessThan", "DateGreaterThan", "DateLessThanEquals", "DateGreaterThanEquals"],
    ["aws:CurrentTime"],
    ["2026-06-01T00:00:00Z", "2026-06-01T02:00:00+02:00", "2020-01-01", "2025-01-01T00:00:00Z"],
  ],
  [["Bool"], ["aws:SecureTransport"], ["true", "false"]],
  [["IpAddress", "NotIpAddress"], ["aws:SourceIp"], ["203.0.113.0/24", "203.0.113.7", "2001:db8::/32", "0.0.0.0/0", "::/0"]],
  [
    ["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"],
    ["aws:SourceArn"],
    [
      arnOf("ecs", "cluster/prod"),
      "arn:aws:ecs:*:*:cluster/*",
      `arn:aws:ecs:*:${ACCOUNT}:*`,
      "arn:aws:ecs:*:*:cluster/p?od",
      "arn:aws:sqs:*:*:*",
    ],
  ],
];
const SETS: readonly Operator[] = [
  [["StringEquals", "StringLike", "StringNotEquals", "StringNotLike"], ["aws:TagKeys"], ["team", "t*", "cost", "*", "owner"]],
];

function randomCondition(random: Random): NonNullable<RandomStatement["Condition"]> {
  const condition: Record<string, Record<string, readonly string[]>> = {};
  for (let count = random.between(1, 2); count > 0; count--) {
    const [operator, key, values] = random.chance(0.1) ? nullTest(random) : random.chance(0.2) ? setTest(random) : plainTest(random);
    condition[operator] = { ...condition[operator], [key]: values };
  }
  return condition;
}

type Test = readonly [operator: string, key: string, values: readonly string[]];

function nullTest(random: Random): Test {
  const key = random.pick(["aws:TagKeys", "aws:PrincipalTag/team", "aws:SourceArn"]);
  return ["Null", key, [random.pick(["true", "false"])]];
}

function plainTest(random: Random): Test {
  const [names, keys, values] = random.pick(OPERATORS);
  return [`${random.pick(names)}${random.chance(0.2) ? "IfExists" : ""}`, random.pick(keys), some(random, values)];
}

function setTest(random: Random): Test {
  const [names, keys, values] = random.pick(SETS);
  const set = random.pick(["ForAllValues:", "ForAnyValue:", "ForAllValues:", "ForAnyValue:", ""]);
  return [`${set}${random.pick(names)}${random.chance(0.1) ? "IfExists" : ""}`, random.pick(keys), some(random, values)];
}

function some(random: Random, values: readonly string[]): readonly string[] {
  return [...new Set(Array.from({ length: random.between(1, 2) }, () => random.pick(values)))];
}
