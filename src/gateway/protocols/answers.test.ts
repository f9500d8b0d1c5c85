import { decode } from "cborg";
import { describe, expect, test } from "vitest";
import { listOf, structureOf, text } from "../../testing/shapes.ts";
import { wireRequest, type WireParts } from "../../testing/wire-request.ts";
import type { OperationSchema } from "../schema.ts";
import { awsJson } from "./aws-json.ts";
import { awsQuery, ec2Query } from "./aws-query.ts";
import { errorWriter, guessedProtocol } from "./not-offered.ts";
import type { Protocol, WireError } from "./protocol.ts";
import { restJson } from "./rest-json.ts";
import { restXml } from "./rest-xml.ts";
import { cborTarget, rpcV2Cbor, speaksCbor } from "./rpc-v2-cbor.ts";

// What clients that are not the SDK see of answers and errors, to the byte.

const output = structureOf({ a: text, l: listOf(text) });
const operation: OperationSchema = { name: "Try", http: undefined, input: output, output };
const without: OperationSchema = { ...operation, input: undefined, output: undefined };
const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';
const ID = { "x-amzn-requestid": "id" };
const xml = { "content-type": "text/xml;charset=UTF-8", ...ID };
const json = (version: string) => ({ "content-type": `application/x-amz-json-${version}`, ...ID });
const META = "<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>";

test.each<[string, Protocol, OperationSchema, unknown, object, string]>([
  ["awsJson1.0", awsJson("1.0"), operation, { a: "x", b: "y" }, json("1.0"), '{"a":"x"}'],
  ["awsJson1.1", awsJson("1.1"), operation, undefined, json("1.1"), "{}"],
  ["awsJson1.1 without output", awsJson("1.1"), without, undefined, json("1.1"), "{}"],
  [
    "awsQuery",
    awsQuery("urn:x"),
    operation,
    { a: "x", l: ["y"] },
    xml,
    `${XML}<TryResponse xmlns="urn:x"><TryResult><a>x</a><l><member>y</member></l></TryResult>${META}</TryResponse>`,
  ],
  [
    "awsQuery of nothing",
    awsQuery("urn:x"),
    operation,
    undefined,
    xml,
    `${XML}<TryResponse xmlns="urn:x"><TryResult></TryResult>${META}</TryResponse>`,
  ],
  ["awsQuery without output", awsQuery("urn:x"), without, undefined, xml, `${XML}<TryResponse xmlns="urn:x">${META}</TryResponse>`],
  [
    "ec2Query",
    ec2Query("urn:x"),
    operation,
    { l: ["y"] },
    xml,
    `${XML}<TryResponse xmlns="urn:x/"><requestId>id</requestId><l><item>y</item></l></TryResponse>`,
  ],
  [
    "ec2Query of nothing",
    ec2Query("urn:x"),
    operation,
    undefined,
    xml,
    `${XML}<TryResponse xmlns="urn:x/"><requestId>id</requestId></TryResponse>`,
  ],
  [
    "ec2Query without output",
    ec2Query("urn:x"),
    without,
    undefined,
    xml,
    `${XML}<TryResponse xmlns="urn:x/"><requestId>id</requestId><return>true</return></TryResponse>`,
  ],
])("an answer in %s", (_, protocol, of, value, headers, body) => {
  expect(protocol.write(of, value, "id")).toEqual({ status: 200, headers, body });
});

const CBOR = { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", ...ID };
test("an answer in CBOR, with output and without", () => {
  for (const [of, value, found] of [
    [operation, { a: "x", b: "y" }, { a: "x" }],
    [operation, undefined, {}],
    [without, undefined, {}],
  ] as const) {
    const { body, ...head } = rpcV2Cbor().write(of, value, "id");
    expect(head).toEqual({ status: 200, headers: CBOR });
    expect(decode(body as Uint8Array)).toEqual(found);
  }
});

test.each<[string, Protocol]>([
  ["awsJson", awsJson("1.1")],
  ["rpcv2Cbor", rpcV2Cbor()],
])("an operation that takes nothing reads none of its body in %s", (_, protocol) => {
  expect(protocol.read(without, wireRequest({ body: "{" }))).toEqual({});
});

test("an empty body is an empty input in JSON, and what is no JSON is refused", () => {
  expect(awsJson("1.1").read(operation, wireRequest())).toEqual({});
  const message = "The request body is not valid JSON.";
  expect(() => awsJson("1.1").read(operation, wireRequest({ body: "{" }))).toThrow(
    expect.objectContaining({ kind: "syntax", path: "", message }) as Error,
  );
});

test("each Query protocol reads a list in its own way, and names its errors' members so", () => {
  expect(awsQuery("urn:x").read(operation, wireRequest({ body: "l.member.1=y" }))).toEqual({ l: ["y"] });
  expect(ec2Query("urn:x").read(operation, wireRequest({ body: "L.1=y" }))).toEqual({ l: ["y"] });
});

const plain: WireError = { code: "Bad<>", message: 'no "&"', status: 418, fault: "client", schema: undefined, members: {} };
const shape = structureOf({ message: text, more: listOf(text) });
const modelled: WireError = {
  ...plain,
  code: "Modelled",
  fault: "server",
  schema: { name: "Modelled", status: 418, fault: "server", queryCode: "Old.Code", shape },
  members: { message: "told", more: ["m"], other: "o" },
};
const capital: WireError = {
  ...modelled,
  schema: { name: "Modelled", status: 418, fault: "client", queryCode: undefined, shape: structureOf({ Message: text }) },
  members: { Message: "Told" },
};
const wordless: WireError = { ...capital, members: {} };

describe("an error", () => {
  const errorXml = (type: string, code: string, message: string, further = ""): string =>
    `${XML}<ErrorResponse xmlns="urn:x"><Error><Type>${type}</Type><Code>${code}</Code><Message>${message}</Message>${further}</Error><RequestId>id</RequestId></ErrorResponse>`;
  const escaped = "no &quot;&amp;&quot;";

  test.each<[string, Protocol, WireError, object, string]>([
    ["in awsJson", awsJson("1.0"), plain, { ...json("1.0"), "x-amzn-errortype": "Bad<>" }, '{"__type":"Bad<>","message":"no \\"&\\""}'],
    [
      "with members in awsJson",
      awsJson("1.1"),
      modelled,
      { ...json("1.1"), "x-amzn-errortype": "Modelled" },
      '{"__type":"Modelled","message":"told","more":["m"]}',
    ],
    [
      "with a capital letter in awsJson",
      awsJson("1.1"),
      capital,
      { ...json("1.1"), "x-amzn-errortype": "Modelled" },
      '{"__type":"Modelled","Message":"Told"}',
    ],
    [
      "without a message of its own in awsJson",
      awsJson("1.1"),
      wordless,
      { ...json("1.1"), "x-amzn-errortype": "Modelled" },
      '{"__type":"Modelled","message":"no \\"&\\""}',
    ],
    [
      "of old in awsJson",
      awsJson("1.1", { queryCompatible: true }),
      modelled,
      { ...json("1.1"), "x-amzn-errortype": "Modelled", "x-amzn-query-error": "Old.Code;Receiver" },
      '{"__type":"Modelled","message":"told","more":["m"]}',
    ],
    [
      "of old without a code of old",
      awsJson("1.1", { queryCompatible: true }),
      plain,
      { ...json("1.1"), "x-amzn-errortype": "Bad<>", "x-amzn-query-error": "Bad<>;Sender" },
      '{"__type":"Bad<>","message":"no \\"&\\""}',
    ],
    [
      "in restJson",
      restJson(),
      plain,
      { "content-type": "application/json", ...ID, "x-amzn-errortype": "Bad<>" },
      '{"message":"no \\"&\\""}',
    ],
    [
      "with members in restJson",
      restJson(),
      modelled,
      { "content-type": "application/json", ...ID, "x-amzn-errortype": "Modelled" },
      '{"message":"told","more":["m"]}',
    ],
    [
      "with a capital letter in restJson",
      restJson(),
      capital,
      { "content-type": "application/json", ...ID, "x-amzn-errortype": "Modelled" },
      '{"Message":"Told"}',
    ],
    ["in awsQuery", awsQuery("urn:x"), plain, xml, errorXml("Sender", "Bad&lt;&gt;", escaped)],
    [
      "with members in awsQuery",
      awsQuery("urn:x"),
      modelled,
      xml,
      errorXml("Receiver", "Old.Code", escaped, "<more><member>m</member></more>"),
    ],
    ["with a capital letter in restXml", restXml("urn:x"), capital, xml, errorXml("Receiver", "Modelled", escaped)],
    [
      "in ec2Query",
      ec2Query("urn:x"),
      plain,
      xml,
      `${XML}<Response><Errors><Error><Code>Bad&lt;&gt;</Code><Message>${escaped}</Message></Error></Errors><RequestID>id</RequestID></Response>`,
    ],
  ])("%s", (_, protocol, error, headers, body) => {
    expect(protocol.writeError(error, "id")).toEqual({ status: 418, headers, body });
  });

  test.each<[string, Protocol, WireError, object, object]>([
    ["in CBOR", rpcV2Cbor(), plain, CBOR, { __type: "Bad<>", message: 'no "&"' }],
    ["with members in CBOR", rpcV2Cbor(), modelled, CBOR, { __type: "Modelled", message: "told", more: ["m"] }],
    [
      "of old in CBOR",
      rpcV2Cbor({ queryCompatible: true }),
      modelled,
      { ...CBOR, "x-amzn-query-error": "Old.Code;Receiver" },
      { __type: "Modelled", message: "told", more: ["m"] },
    ],
  ])("%s", (_, protocol, error, headers, members) => {
    const { body, ...head } = protocol.writeError(error, "id");
    expect(head).toEqual({ status: 418, headers });
    expect(decode(body as Uint8Array)).toEqual(members);
  });
});

describe("what no offered service is asked for is answered in", () => {
  const FORM = ["content-type", "application/x-www-form-urlencoded; charset=utf-8"];
  const target = (version: string) => ["x-amz-target", "A.B", "content-type", `application/x-amz-json-${version}`];
  test.each<[string, string | undefined, WireParts, string]>([
    ["rpcv2Cbor", "s3", { lines: ["smithy-protocol", "rpc-v2-cbor"] }, "who says so"],
    ["awsJson1.1", "s3", { lines: target("1.1") }, "who names a target"],
    ["awsJson1.0", undefined, { lines: target("1.0") }, "who names a target of that version"],
    ["awsJson1.1", undefined, { lines: ["content-type", "application/json"] }, "JSON without a target or a signature"],
    ["awsQuery", undefined, {}, "who says nothing"],
    ["awsQuery", undefined, { method: "GET" }, "who asks for nothing"],
    ["restJson", undefined, { method: "PUT" }, "a method that the others do not have"],
    ["restJson", undefined, { target: "/functions" }, "a path that the others do not have"],
    ["restXml", undefined, { target: "/2013-04-01/hostedzone" }, "the paths of Route 53"],
    ["restXml", undefined, { target: "/2020-05-31/distribution" }, "the paths of CloudFront"],
    ["restJson", undefined, { target: "/x/2013-04-01/" }, "no part of a path"],
    ["s3", "s3", {}, "S3"],
    ["s3", "s3express", {}, "S3 Express"],
    ["s3", "s3-object-lambda", {}, "S3 Object Lambda"],
    ["s3", "s3-outposts", {}, "S3 on Outposts"],
    ["restXml", "route53", {}, "Route 53"],
    ["restXml", "cloudfront", {}, "CloudFront"],
    ["restJson", "lambda", { target: "/2013-04-01/" }, "no path of Route 53 for who is signed for another"],
    ["awsQuery", "sqs", { lines: FORM }, "a form"],
    ["awsQuery", "sqs", { target: "/?Action=A" }, "a parameter"],
    ["restJson", "lambda", { lines: ["content-type", "multipart/application/x-www-form-urlencoded"] }, "all others"],
  ])("%s: %s %o, %s", (protocol, service, parts) => {
    expect(guessedProtocol(wireRequest(parts), service)).toBe(protocol);
  });

  test("S3's form of errors, and AWS's common ones", () => {
    expect(errorWriter("s3").writeError(plain, "id")).toEqual({
      status: 418,
      headers: { "content-type": "application/xml", "x-amz-request-id": "id" },
      body: `${XML}<Error><Code>Bad&lt;&gt;</Code><Message>no &quot;&amp;&quot;</Message><RequestId>id</RequestId></Error>`,
    });
    expect(errorWriter("restXml").writeError(plain, "id").body).toContain('xmlns="http://webservices.amazon.com/AWSFault/2005-15-09"');
    expect(errorWriter("awsJson1.1").writeError(plain, "id").headers).toMatchObject({ "x-amzn-errortype": "Bad<>" });
  });
});

test.each([
  ["/service/S/operation/O", { service: "S", operation: "O" }],
  ["/prefix/service/S/operation/O?x=/y", { service: "S", operation: "O" }],
  ["/service/S/operation/O/more", undefined],
  ["/service/S/operation/", undefined],
  ["/service//operation/O", undefined],
  ["/service/S/other/O", undefined],
  ["/?/service/S", undefined],
])("%s names %o in CBOR", (target, named) => {
  expect(cborTarget({ target })).toEqual(named);
});

test("a request says that it is in CBOR", () => {
  expect(speaksCbor(wireRequest({ lines: ["smithy-protocol", "rpc-v2-cbor"] }))).toBe(true);
  expect(speaksCbor(wireRequest({ lines: ["smithy-protocol", "rpc-v2-json"] }))).toBe(false);
});
