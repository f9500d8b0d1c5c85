import { describe, expect, test } from "vitest";
import { AwsError } from "../services/aws-error.ts";
import type { ServiceDescriptor, WireProtocol } from "../services/service.ts";
import { NoRoomError } from "../state/state.ts";
import { madeUpService } from "../testing/made-up-service.ts";
import type { Constraint, Violation } from "./constraints/constraint.ts";
import {
  accessDenied,
  familyOf,
  malformedError,
  notImplemented,
  sessionError,
  signatureError,
  throttled,
  unknownOperation,
  wireError,
  type Family,
} from "./errors.ts";
import { InvalidInputError, MalformedRequestError } from "./malformed.ts";
import type { SignatureRefusal } from "./signature-refusal.ts";

type Told = readonly [code: string, status: number, message: string];
const told = ({ code, status, message }: AwsError): Told => [code, status, message];

const MISMATCH =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
const NOT_VALIDATED = "AWS was not able to validate the provided access credentials";
const INVALID_TOKEN = "The security token included in the request is invalid.";
const EXPIRED_TOKEN = "The security token included in the request is expired";
const EXPIRED = "Request has expired.";

test.each<[WireProtocol, Family]>([
  ["awsJson1.0", "json"],
  ["awsJson1.1", "json"],
  ["rpcv2Cbor", "json"],
  ["restJson", "rest"],
  ["awsQuery", "query"],
  ["restXml", "query"],
  ["ec2Query", "ec2"],
])("errors in %s are worded as those of the family %s", (protocol, family) => {
  expect(familyOf(protocol)).toBe(family);
});

describe("the refusal of a signature", () => {
  test.each<[SignatureRefusal, Readonly<Record<Family, Told>>]>([
    [
      { kind: "missing" },
      {
        json: ["MissingAuthenticationTokenException", 400, "Missing Authentication Token"],
        rest: ["MissingAuthenticationTokenException", 403, "Missing Authentication Token"],
        query: ["MissingAuthenticationToken", 403, "Request is missing Authentication Token"],
        ec2: ["MissingAuthenticationToken", 403, "Request is missing Authentication Token"],
      },
    ],
    [
      { kind: "incomplete", detail: "why" },
      {
        json: ["IncompleteSignatureException", 400, "why"],
        rest: ["IncompleteSignatureException", 403, "why"],
        query: ["IncompleteSignature", 400, "why"],
        ec2: ["IncompleteSignature", 400, "why"],
      },
    ],
    [
      { kind: "unknown-key" },
      {
        json: ["UnrecognizedClientException", 400, INVALID_TOKEN],
        rest: ["UnrecognizedClientException", 403, INVALID_TOKEN],
        query: ["InvalidClientTokenId", 403, INVALID_TOKEN],
        ec2: ["AuthFailure", 401, NOT_VALIDATED],
      },
    ],
    [
      { kind: "expired-token" },
      {
        json: ["ExpiredTokenException", 400, EXPIRED_TOKEN],
        rest: ["ExpiredTokenException", 403, EXPIRED_TOKEN],
        query: ["ExpiredToken", 403, EXPIRED_TOKEN],
        ec2: ["RequestExpired", 400, EXPIRED],
      },
    ],
    [
      { kind: "mismatch" },
      {
        json: ["InvalidSignatureException", 400, MISMATCH],
        rest: ["InvalidSignatureException", 403, MISMATCH],
        query: ["SignatureDoesNotMatch", 403, MISMATCH],
        ec2: ["AuthFailure", 401, NOT_VALIDATED],
      },
    ],
    [
      { kind: "invalid", detail: "why" },
      {
        json: ["InvalidSignatureException", 400, "why"],
        rest: ["InvalidSignatureException", 403, "why"],
        query: ["SignatureDoesNotMatch", 403, "why"],
        ec2: ["AuthFailure", 401, "why"],
      },
    ],
    [
      { kind: "clock-skew", detail: "why" },
      {
        json: ["InvalidSignatureException", 400, "why"],
        rest: ["InvalidSignatureException", 403, "why"],
        query: ["SignatureDoesNotMatch", 403, "why"],
        ec2: ["RequestExpired", 400, EXPIRED],
      },
    ],
    [
      { kind: "expired" },
      {
        json: ["RequestExpired", 403, EXPIRED],
        rest: ["RequestExpired", 403, EXPIRED],
        query: ["RequestExpired", 403, EXPIRED],
        ec2: ["RequestExpired", 400, EXPIRED],
      },
    ],
  ])("$kind", (refusal, expected) => {
    for (const family of ["json", "rest", "query", "ec2"] as const)
      expect([family, told(signatureError(refusal, family))]).toEqual([family, expected[family]]);
  });
});

test.each<[Family, Told, Told, Told, Told]>([
  [
    "json",
    ["AccessDeniedException", 400, "no"],
    ["UnrecognizedClientException", 400, INVALID_TOKEN],
    ["AccessDeniedException", 400, "Cannot call GetUser with session credentials"],
    ["ThrottlingException", 400, "Rate exceeded"],
  ],
  [
    "rest",
    ["AccessDeniedException", 403, "no"],
    ["UnrecognizedClientException", 403, INVALID_TOKEN],
    ["AccessDeniedException", 403, "Cannot call GetUser with session credentials"],
    ["ThrottlingException", 429, "Rate exceeded"],
  ],
  [
    "query",
    ["AccessDenied", 403, "no"],
    ["InvalidClientTokenId", 403, INVALID_TOKEN],
    ["AccessDenied", 403, "Cannot call GetUser with session credentials"],
    ["Throttling", 400, "Rate exceeded"],
  ],
  [
    "ec2",
    ["UnauthorizedOperation", 403, "You are not authorized to perform this operation. no"],
    ["AuthFailure", 401, NOT_VALIDATED],
    ["UnauthorizedOperation", 403, "You are not authorized to perform this operation. Cannot call GetUser with session credentials"],
    ["RequestLimitExceeded", 503, "Request limit exceeded."],
  ],
])("%s: what is not allowed, what a session may not, and what is too often", (family, denied, unknown, session, tooOften) => {
  expect(told(accessDenied("no", family))).toEqual(denied);
  expect(told(sessionError("unknown-token", "GetUser", family))).toEqual(unknown);
  expect(told(sessionError("session-credentials", "GetUser", family))).toEqual(session);
  expect(told(throttled(family))).toEqual(tooOften);
});

const violation = (constraint: Constraint, changes: Partial<Violation> = {}): Violation => ({
  kind: "broken",
  path: "in.member",
  wireName: "member",
  shown: "x",
  constraint,
  ...changes,
});
const MOST: Constraint = { kind: "length", bound: "most", limit: 2 };
const LEAST_VALUE: Constraint = { kind: "value", bound: "least", limit: 3 };
const PATTERN: Constraint = { kind: "pattern", source: "[a-z]+" };
const MISSING = violation({ kind: "not-null" }, { kind: "missing", shown: null });
const TOO_LONG =
  "1 validation error detected: Value 'x' at 'in.member' failed to satisfy constraint: Member must have length less than or equal to 2";

describe("a request that does not fit the schema", () => {
  test.each<[WireProtocol, Partial<ServiceDescriptor>, string]>([
    ["awsJson1.0", {}, "SerializationException"],
    ["awsJson1.1", { invalidInputCode: "Own" }, "SerializationException"],
    ["rpcv2Cbor", {}, "SerializationException"],
    ["restJson", {}, "SerializationException"],
    ["awsQuery", {}, "ValidationError"],
    ["ec2Query", {}, "InvalidParameterValue"],
    ["restXml", {}, "InvalidInput"],
    ["restXml", { invalidInputCode: "Own" }, "Own"],
  ])("by its types: %s, %o", (protocol, changes, code) => {
    const error = malformedError(new MalformedRequestError("type", "a", "what is wrong"), madeUpService(changes), protocol);
    expect(told(error)).toEqual([code, 400, "what is wrong"]);
  });

  test.each<[WireProtocol, Partial<ServiceDescriptor>, string]>([
    ["awsJson1.0", {}, "ValidationException"],
    ["awsJson1.1", { invalidInputCode: "Own" }, "Own"],
    ["rpcv2Cbor", {}, "ValidationException"],
    ["restJson", {}, "ValidationException"],
    ["awsQuery", {}, "ValidationError"],
    ["awsQuery", { invalidInputCode: "Own" }, "Own"],
    ["ec2Query", { invalidInputCode: "Own" }, "InvalidParameterValue"],
    ["restXml", {}, "InvalidInput"],
    ["restXml", { invalidInputCode: "Own" }, "Own"],
  ])("by its values: %s, %o", (protocol, changes, code) => {
    expect(told(malformedError(new InvalidInputError([violation(MOST)]), madeUpService(changes), protocol))).toEqual([code, 400, TOO_LONG]);
  });

  test.each<[string, Violation, Partial<ServiceDescriptor>, string, string]>([
    ["a member that is missing", MISSING, {}, "MissingParameter", "The request must contain the parameter Member"],
    ["one that is empty", { ...MISSING, kind: "empty" }, {}, "MissingParameter", "The request must contain the parameter Member"],
    [
      "one with another name",
      MISSING,
      { missingMemberNames: { member: "theOne" } },
      "MissingParameter",
      "The request must contain the parameter theOne",
    ],
    [
      "not that of another",
      MISSING,
      { missingMemberNames: { other: "theOne" } },
      "MissingParameter",
      "The request must contain the parameter Member",
    ],
    [
      "a number",
      violation(LEAST_VALUE, { shown: "1" }),
      {},
      "InvalidParameterValue",
      "Value ( 1 ) for parameter in.member is invalid. Expecting a value greater than or equal to 3.",
    ],
    [
      "a number that is not shown",
      violation(LEAST_VALUE, { shown: undefined }),
      {},
      "InvalidParameterValue",
      "Value (  ) for parameter in.member is invalid. Expecting a value greater than or equal to 3.",
    ],
    ["a blank text", violation(MOST, { kind: "blank" }), {}, "InvalidParameterValue", TOO_LONG],
  ])("in EC2's words: %s", (_, broken, changes, code, message) => {
    expect(told(malformedError(new InvalidInputError([broken]), madeUpService(changes), "ec2Query"))).toEqual([code, 400, message]);
  });

  test.each<[string, readonly Violation[], string]>([
    [
      "a pattern",
      [violation(PATTERN)],
      "Invalid parameter at 'in.member' failed to satisfy constraint: 'must satisfy regular expression '[a-z]+''",
    ],
    [
      "the first of two",
      [violation(MOST), violation(PATTERN)],
      "Invalid parameter at 'in.member' failed to satisfy constraint: 'Member must have length less than or equal to 2'",
    ],
    ["nothing in particular", [], "0 validation errors detected: "],
  ])("in ECR's words: %s", (_, violations, message) => {
    const ecr = madeUpService({ invalidInputCode: "InvalidParameterException", constraintWords: "ecr" });
    expect(told(malformedError(new InvalidInputError(violations), ecr, "awsJson1.1"))).toEqual(["InvalidParameterException", 400, message]);
  });

  test("in EC2's words, a member that there is not", () => {
    const unknown = new MalformedRequestError("unknown", "Bogus", "The parameter Bogus is not recognized");
    expect(told(malformedError(unknown, madeUpService(), "ec2Query"))).toEqual([
      "UnknownParameter",
      400,
      "The parameter Bogus is not recognized",
    ]);
  });

  test("in EC2's words, without a violation to tell of", () => {
    expect(malformedError(new InvalidInputError([]), madeUpService(), "ec2Query").code).toBe("InvalidParameterValue");
  });
});

describe("an operation", () => {
  test.each<[WireProtocol, string | undefined, Partial<ServiceDescriptor>, string, string]>([
    ["awsJson1.1", "Brew", {}, "UnknownOperationException", "Unknown operation Brew"],
    ["awsJson1.0", undefined, {}, "UnknownOperationException", ""],
    ["awsQuery", undefined, {}, "MissingAction", "The request is missing an action or a required parameter."],
    ["awsQuery", "Brew", {}, "InvalidAction", "The action Brew is not valid for this web service."],
    [
      "ec2Query",
      "Brew",
      { version: "2016-11-15" },
      "InvalidAction",
      "The action Brew is not valid for this web service (version 2016-11-15).",
    ],
  ])("that nobody has: %s, %s", (protocol, name, changes, code, message) => {
    expect(told(unknownOperation(name, madeUpService(changes), protocol))).toEqual([code, 400, message]);
  });

  test.each(["restJson", "restXml"] as const)("that no method and path belong to: %s", (protocol) => {
    const message = "The method and the path of the request belong to no operation.";
    for (const name of [undefined, "Brew"])
      expect(told(unknownOperation(name, madeUpService(), protocol))).toEqual(["UnknownOperationException", 404, message]);
  });

  test("that is not here", () => {
    const made = madeUpService({ notOffered: { Launch: "it needs a rocket" } });
    const yet = "Airfield does not implement made:Brew yet; docs/coverage.md lists what it does.";
    expect(told(notImplemented("Brew", made))).toEqual(["NotImplemented", 501, yet]);
    expect(told(notImplemented("Brew", madeUpService()))).toEqual(["NotImplemented", 501, yet]);
    expect(told(notImplemented("Launch", made))).toEqual([
      "NotImplemented",
      501,
      "Airfield does not offer made:Launch: it needs a rocket.",
    ]);
  });
});

describe("what an operation threw", () => {
  const client = {
    Gone$: [-3, "made", "Gone", { error: "client", httpError: 404 }, ["message", "what"], [0, 0]],
    Failed$: [-3, "made", "Failed", { error: "server" }, ["Message"], [0]],
  };
  const modelled = (name: string, members: object = {}): Error => Object.assign(new Error("why"), { name, $fault: "client", ...members });

  test("is told with the status and the members of AWS's model", () => {
    expect(wireError(modelled("Gone", { what: "it" }), client)).toMatchObject({
      code: "Gone",
      message: "why",
      status: 404,
      fault: "client",
      schema: { name: "Gone" },
      members: { what: "it", message: "why", Message: "why" },
    });
    expect(wireError(modelled("Failed"), client)).toMatchObject({ code: "Failed", status: 500, fault: "server" });
  });

  test("is told by its code, with the schema where AWS models it", () => {
    const members = { message: "why", Message: "why" };
    expect(wireError(new AwsError("Other", "why", 409), client)).toEqual({
      code: "Other",
      message: "why",
      status: 409,
      fault: "client",
      schema: undefined,
      members,
    });
    expect(wireError(new AwsError("Gone", "why", 500), client)).toMatchObject({
      status: 500,
      fault: "server",
      schema: { name: "Gone" },
      members,
    });
  });

  test("is told as a passing failure where the disk has no room", () => {
    expect(wireError(new NoRoomError("full"), client)).toMatchObject({
      code: "ServiceUnavailable",
      message: "The request has failed due to a temporary failure of the server.",
      status: 503,
      fault: "server",
    });
  });

  test.each<[string, unknown]>([
    ["an error of ours", new Error("secret")],
    ["an error of ours with the name of one of AWS's", Object.assign(new Error("secret"), { name: "Gone" })],
    ["an exception that this service does not have", modelled("Elsewhere")],
    ["no error", { name: "Gone", message: "secret", $fault: "client" }],
    ["a text", "secret"],
    ["nothing", undefined],
  ])("is a defect, of which nothing is told: %s", (_, thrown) => {
    expect(wireError(thrown, client)).toBeUndefined();
  });
});
