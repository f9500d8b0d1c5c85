import { describe, expect, test } from "vitest";
import type { Credentials } from "../../authorization/credentials.ts";
import type { Principal } from "../../domain/principal.ts";
import { blob, listOf, mapOf, number, structureOf, text, time } from "../../testing/shapes.ts";
import { wireRequest } from "../../testing/wire-request.ts";
import type { OperationSchema, Shape } from "../schema.ts";
import { auditedCall, type CallInProgress } from "./audited-call.ts";
import { HIDDEN, shownMembers, withoutHidden } from "./shown-members.ts";
import { webIdentity } from "./web-identity.ts";

const ACCOUNT = "123456789012";
const root: Principal = { kind: "root", account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root`, userId: ACCOUNT } as Principal;
const anonymous = { ...root, kind: "anonymous" } as unknown as Principal;
const service = (parts: object): NonNullable<CallInProgress["service"]> =>
  ({ signingName: "ecs", protocol: "awsJson1.1", ...parts }) as never;
const schema = (name: string): OperationSchema => {
  const shape = structureOf({ a: text, Credentials: structureOf({ id: text }), SecretString: text });
  return { name, http: undefined, input: shape, output: shape };
};
const nobody: Pick<Credentials, "find"> = { find: () => ({ kind: "unknown" }) as never };

const SIGNED = ["authorization", "AWS4-HMAC-SHA256 Credential=AKIAX/20260101/eu-west-1/ecs/aws4_request, SignedHeaders=host, Signature=00"];

function audited(call: Partial<CallInProgress>, lines: readonly string[] = [], credentials = nobody) {
  const made: CallInProgress = {
    request: wireRequest({ lines }),
    requestId: "id",
    now: 5,
    sourceIp: "192.0.2.1",
    service: service({}),
    serviceName: "ecs",
    operationName: "Op",
    principal: root,
    ...call,
  };
  return auditedCall(made, credentials);
}

test("a call is told with all that is known of it", () => {
  const input = { a: "x", SecretString: "planted" };
  const call = {
    schema: schema("CreateThing"),
    input,
    output: { a: "y" },
    resources: ["r"],
    region: "eu-west-1",
    service: service({ version: "2014" }),
  };
  expect(audited(call, ["User-Agent", "aws-cli"])).toEqual({
    requestId: "id",
    at: 5,
    eventSource: "ecs.amazonaws.com",
    eventName: "CreateThing",
    apiVersion: "2014",
    region: "eu-west-1",
    proved: true,
    principal: root,
    sourceIp: "192.0.2.1",
    userAgent: "aws-cli",
    parameters: { a: "x", secretString: HIDDEN },
    response: { a: "y" },
    resources: ["r"],
  });
});

test("of what is not known, it says so", () => {
  const { principal: _, ...known } = audited({ service: undefined, serviceName: undefined, operationName: undefined });
  expect(known).toMatchObject({
    eventSource: "unknown.amazonaws.com",
    eventName: "Unknown",
    region: "us-east-1",
    userAgent: "",
    resources: [],
  });
  expect([known.parameters, known.response]).toEqual([null, null]);
});

test.each([
  ["", "Unknown"],
  ["A.b_c-9", "A.b_c-9"],
  ["A".repeat(64), "A".repeat(64)],
  ["A".repeat(65), HIDDEN],
  ["a b", HIDDEN],
  ["<a", HIDDEN],
  ["a>", HIDDEN],
])("an operation that is called %j is shown as %s", (operationName, shown) => {
  const found = audited({ operationName, service: undefined, serviceName: operationName });
  expect([found.eventName, found.eventSource]).toEqual([shown, `${shown.toLowerCase()}.amazonaws.com`]);
});

test.each<[string, object, unknown]>([
  ["a change", { schema: schema("CreateThing"), output: { a: "y" } }, { a: "y" }],
  ["a reading", { schema: schema("DescribeThing"), output: { a: "y" } }, null],
  ["a reading that gives credentials", { schema: schema("GetThing"), output: { Credentials: { id: "i" } } }, { credentials: { id: "i" } }],
  ["a reading that could have given some", { schema: schema("GetThing"), output: { Credentials: undefined, a: "y" } }, null],
  ["no answer", { schema: schema("CreateThing"), output: null }, null],
  ["an answer that is nothing", { schema: schema("CreateThing"), output: "y" }, null],
])("response elements of %s", (_, call, shown) => {
  expect(audited(call).response).toEqual(shown);
});

describe("the region is", () => {
  test.each<[string, Partial<CallInProgress>, readonly string[], string]>([
    ["the call's", { region: "eu-central-1" }, SIGNED, "eu-central-1"],
    ["IAM's one", { region: "eu-central-1", service: service({ signingName: "iam" }) }, [], "us-east-1"],
    ["the default one", {}, [], "us-east-1"],
  ])("%s", (_, call, lines, region) => {
    expect(audited(call, lines).region).toBe(region);
  });

  test("that of the signature, where nobody is known, and only where it is one", () => {
    const { principal: _, ...unknown } = { principal: root } as Partial<CallInProgress>;
    const call = { ...unknown, principal: undefined } as never;
    expect(audited(call, SIGNED)).toMatchObject({ region: "eu-west-1", claimedKey: "AKIAX", proved: false });
    const odd = SIGNED.map((line) => line.replace("eu-west-1", "nowhere"));
    expect(audited(call, odd).region).toBe("us-east-1");
  });
});

describe("whose trail it is", () => {
  const call = { principal: undefined } as never;
  const found = (account: string, asked: unknown[] = []): Pick<Credentials, "find"> => ({
    find: (...args: unknown[]) => (asked.push(args), { kind: "found", principal: { ...root, account } } as never),
  });

  test("says the key that is claimed, where it is somebody's", () => {
    const asked: unknown[] = [];
    const token = ["x-amz-security-token", "t"];
    expect(audited(call, [...SIGNED, ...token], found(ACCOUNT, asked))).toMatchObject({
      account: ACCOUNT,
      claimedKey: "AKIAX",
      proved: false,
    });
    expect(asked).toEqual([["AKIAX", "t", 5]]);
    expect(audited(call, SIGNED)).not.toHaveProperty("account");
    expect(audited(call, SIGNED, found("nobody"))).not.toHaveProperty("account");
    expect(audited(call, [], found(ACCOUNT))).not.toHaveProperty("claimedKey");
  });

  test("says the role that a token is exchanged for", () => {
    const input = { RoleArn: `arn:aws:iam::${ACCOUNT}:role/r` };
    expect(audited({ principal: anonymous, input })).toMatchObject({
      account: ACCOUNT,
      proved: false,
      identity: { type: "WebIdentityUser" },
    });
    const output = { Provider: "p", Audience: "a", SubjectFromWebIdentityToken: "s" };
    expect(audited({ principal: anonymous, input, output })).toMatchObject({ proved: true, identity: { userName: "s" } });
  });
});

describe("an error", () => {
  const error = { code: "AccessDeniedException", message: "value planted is bad", fault: "client" } as const;
  test.each<[string, object, Partial<CallInProgress>, string]>([
    ["has the code of the trail", {}, {}, "AccessDenied"],
    ["has its own code otherwise", { code: "Other" }, {}, "Other"],
    ["of EC2's client", { code: "Other" }, { service: service({ protocol: "ec2Query" }) }, "Client.Other"],
    ["of EC2 itself", { code: "Other", fault: "server" }, { service: service({ protocol: "ec2Query" }) }, "Server.Other"],
  ])("%s", (_, changes, call, code) => {
    expect(audited({ ...call, error: { ...error, ...changes } }).error?.code).toBe(code);
  });

  test("is told without what was hidden in the parameters", () => {
    const told = audited({ schema: schema("CreateThing"), input: { SecretString: "planted" }, error });
    expect(told.error?.message).toBe(`value ${HIDDEN} is bad`);
  });
});

test("of TLS, its version, its cipher and the name that was asked for", () => {
  const tls = { version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256" };
  const request = { ...wireRequest({ lines: ["host", "h".repeat(300)] }), tls };
  expect(audited({ request }).tls).toEqual({
    tlsVersion: "TLSv1.3",
    cipherSuite: "TLS_AES_128_GCM_SHA256",
    clientProvidedHostHeader: "h".repeat(256),
  });
  expect(audited({ request: { ...wireRequest(), tls } }).tls).toMatchObject({ clientProvidedHostHeader: "" });
  expect(audited({})).not.toHaveProperty("tls");
});

test.each<[object | undefined, object | undefined, object]>([
  [undefined, undefined, { account: undefined, proved: false, identity: { type: "WebIdentityUser" } }],
  [{ RoleArn: 7 }, {}, { account: undefined, proved: false, identity: { type: "WebIdentityUser" } }],
  [{ RoleArn: `x-arn:aws:iam::${ACCOUNT}:role/r` }, {}, { account: undefined, proved: false, identity: { type: "WebIdentityUser" } }],
  [{ RoleArn: `arn:aws-cn:iam::${ACCOUNT}:role/r` }, {}, { account: ACCOUNT, proved: false, identity: { type: "WebIdentityUser" } }],
  [{ RoleArn: "arn:aws:iam::12345678901:role/r" }, {}, { account: undefined, proved: false, identity: { type: "WebIdentityUser" } }],
  [
    {},
    { Provider: "p", Audience: "a", SubjectFromWebIdentityToken: "s" },
    { account: undefined, proved: true, identity: { type: "WebIdentityUser", principalId: "p:a:s", userName: "s", identityProvider: "p" } },
  ],
  [
    {},
    { Provider: "p", SubjectFromWebIdentityToken: "s" },
    { account: undefined, proved: true, identity: { type: "WebIdentityUser", principalId: "p:s", userName: "s", identityProvider: "p" } },
  ],
])("a web identity of %o and %o", (input, output, expected) => {
  expect(webIdentity(input, output)).toEqual(expected);
});

describe("what is shown of values", () => {
  const shown = (shape: Shape, value: unknown) => shownMembers(structureOf({ Mine: shape }), { Mine: value });
  test.each<[string, Shape, unknown, unknown]>([
    ["a time", time, new Date(0), "1970-01-01T00:00:00.000Z"],
    ["a number, be it zero", number, 0, 0],
    ["a long number", { kind: "bigint" }, 12n, "12"],
    ["a decimal", { kind: "bigdecimal" }, 1.5, "1.5"],
    ["a list, without bytes", listOf(structureOf({ B: blob, T: text })), [{ B: new Uint8Array(1), T: "t" }], [{ t: "t" }]],
    ["a map, whose keys are values", mapOf(text), { Key: "v", plaintext: "secret-value" }, { Key: "v", plaintext: HIDDEN }],
    ["members that are there and known", structureOf({ A: text, B: text }), { A: "a", B: null, C: "c" }, { a: "a" }],
  ])("%s", (_, shape, value, expected) => {
    expect(shown(shape, value).shown).toEqual({ mine: expected });
  });

  test.each<[string, Shape, unknown]>([
    ["bytes", blob, new Uint8Array(1)],
    ["a time that is none", time, "now"],
    ["null", text, null],
    ["nothing", text, undefined],
  ])("nothing of %s", (_, shape, value) => {
    expect(shown(shape, value).shown).toBeNull();
  });

  test("nothing at all of nothing", () => {
    expect(shownMembers(undefined, { a: 1 })).toEqual({ shown: null, hidden: [] });
    expect(shownMembers(structureOf({}), {})).toEqual({ shown: null, hidden: [] });
    expect(shownMembers(structureOf({}), null)).toEqual({ shown: null, hidden: [] });
    expect(shownMembers(text, "a").shown).toBe("a");
  });

  test.each([
    "AuthenticationCode",
    "AuthenticationCode1",
    "AuthenticationCode2",
    "authorizationToken",
    "ClientSecret",
    "ImportToken",
    "NewPassword",
    "OldPassword",
    "Password",
    "Plaintext",
    "plaintextKey",
    "PrivateKey",
    "PrivateKeyPlaintext",
    "proxyPassword",
    "RandomPassword",
    "SAMLAssertion",
    "SecretAccessKey",
    "SecretBinary",
    "SecretString",
    "SessionToken",
    "TokenCode",
    "WebIdentityToken",
  ])("%s is hidden, although no model says so", (name) => {
    const found = shownMembers(structureOf({ [name]: text }), { [name]: "planted" });
    expect([Object.values(found.shown as object), found.hidden]).toEqual([[HIDDEN], ["planted"]]);
  });

  test("all texts below what is sensitive are hidden, but those that are too short to tell", () => {
    const shape = structureOf({ A: [structureOf({ B: listOf(text), C: text, D: blob }), { sensitive: true }] });
    const value = { A: { B: ["long", "sho", null], C: "longer", D: new Uint8Array(9) } };
    expect(shownMembers(shape, value)).toEqual({ shown: { a: HIDDEN }, hidden: ["long", "longer"] });
  });

  test("an item of a list that is sensitive is hidden on its own", () => {
    expect(shownMembers(structureOf({ A: listOf([text, { sensitive: true }]) }), { A: ["planted"] })).toEqual({
      shown: { a: [HIDDEN] },
      hidden: ["planted"],
    });
  });

  test("a message is told without them, wherever they are in it", () => {
    expect(withoutHidden("abcd, abcdef and abcd", ["abcd", "abcdef"])).toBe(`${HIDDEN}, ${HIDDEN} and ${HIDDEN}`);
    expect(withoutHidden("abc", [])).toBe("abc");
  });
});
