import { describe, expect, test } from "vitest";
import { blob, flag, listOf, mapOf, number, structureOf, text, time, timeIn, type Of } from "../../testing/shapes.ts";
import { wireRequest, type WireParts } from "../../testing/wire-request.ts";
import type { HttpBinding, OperationSchema, Shape } from "../schema.ts";
import { restJson } from "./rest-json.ts";
import { restXml } from "./rest-xml.ts";

const query = (name: string): { readonly binding: HttpBinding } => ({ binding: { kind: "query", name } });
const header = (name: string): { readonly binding: HttpBinding } => ({ binding: { kind: "header", name } });
const bound = (kind: "label" | "payload" | "status" | "query-parameters"): { readonly binding: HttpBinding } => ({ binding: { kind } });
const PREFIXED = { binding: { kind: "prefixed-headers", prefix: "x-meta-" } } as const;

const operation = (parts: {
  readonly input?: Shape;
  readonly output?: Shape;
  readonly uri?: string;
  readonly status?: number;
}): OperationSchema => ({
  name: "Try",
  http: { method: "POST", uri: parts.uri ?? "/x", status: parts.status ?? 200 },
  input: parts.input,
  output: parts.output,
});
const read = (members: Readonly<Record<string, Of>>, request: WireParts & { readonly uri?: string }): unknown =>
  restJson().read(operation({ input: structureOf(members), ...(request.uri ? { uri: request.uri } : {}) }), wireRequest(request));

describe("an input is read", () => {
  test.each<[string, Readonly<Record<string, Of>>, WireParts & { readonly uri?: string }, unknown]>([
    [
      "labels of the path",
      { a: [text, bound("label")], n: [number, bound("label")] },
      { uri: "/x/{a}/{n}", target: "/x/a%20b/7" },
      { a: "a b", n: 7 },
    ],
    ["no label", { a: [text, bound("label")] }, { uri: "/x", target: "/x" }, {}],
    ["a parameter", { a: [text, query("q")] }, { target: "/x?q=1&q=2&a=3" }, { a: "1" }],
    ["no parameter", { a: [text, query("q")], l: [listOf(text), query("l")] }, { target: "/x?p=1" }, {}],
    ["several of one name", { l: [listOf(number), query("q")] }, { target: "/x?q=1&q=2" }, { l: [1, 2] }],
    [
      "the other parameters, but those of the signature",
      { a: [text, query("q")], m: [mapOf(text), bound("query-parameters")] },
      { target: "/x?q=1&r=2&r=3&X-Amz-Date=4&__proto__=5" },
      {
        a: "1",
        m: Object.fromEntries([
          ["r", "2"],
          ["__proto__", "5"],
        ]),
      },
    ],
    [
      "all values of the other parameters",
      { m: [mapOf(listOf(text)), bound("query-parameters")] },
      { target: "/x?r=2&r=3" },
      { m: { r: ["2", "3"] } },
    ],
    ["no other parameters", { m: [mapOf(text), bound("query-parameters")] }, { target: "/x" }, {}],
    ["a header", { a: [text, header("x-a")], n: [number, header("x-n")] }, { lines: ["X-A", "b, c", "x-n", "7"] }, { a: "b, c", n: 7 }],
    ["a list in a header", { l: [listOf(text), header("x-l")] }, { lines: ["x-l", 'a, "b, \\"c\\"" ,, d'] }, { l: ["a", 'b, "c"', "d"] }],
    ["quotation marks inside of an item", { l: [listOf(text), header("x-l")] }, { lines: ["x-l", 'a"b'] }, { l: ['a"b'] }],
    [
      "times in a header, which have commas",
      { l: [listOf(timeIn("http-date")), header("x-l")] },
      { lines: ["x-l", "Fri, 02 Jan 2026 03:04:05 GMT, Sat, 03 Jan 2026 03:04:05 GMT"] },
      { l: [new Date("2026-01-02T03:04:05Z"), new Date("2026-01-03T03:04:05Z")] },
    ],
    [
      "times of another form in a header",
      { l: [listOf(timeIn("epoch-seconds")), header("x-l")] },
      { lines: ["x-l", "1, 2"] },
      { l: [new Date(1000), new Date(2000)] },
    ],
    ["no header", { a: [text, header("x-a")], l: [listOf(text), header("x-l")] }, {}, {}],
    ["headers of a prefix", { m: [mapOf(text), PREFIXED] }, { lines: ["X-Meta-A", "1", "x-other", "2"] }, { m: { a: "1" } }],
    ["no headers of a prefix", { m: [mapOf(text), PREFIXED] }, { lines: ["x-other", "2"] }, { m: {} }],
    ["what is in the body", { a: [text, query("q")], b: text }, { target: "/x?q=1", body: '{"b":"x","a":"y"}' }, { a: "1", b: "x" }],
    ["members of the body by their names in JSON", { b: [text, { jsonName: "B" }] }, { body: '{"B":"x","b":"y"}' }, { b: "x" }],
    ["no body", { b: text }, { body: "" }, {}],
    ["a body of which nothing is wanted, be it what it may", { a: [text, query("q")] }, { body: "{" }, {}],
    ["a body that is one member", { p: [blob, bound("payload")] }, { body: "hi" }, { p: Buffer.from("hi") }],
    ["an empty body that is one member", { p: [blob, bound("payload")] }, { body: "" }, { p: Buffer.alloc(0) }],
    ["a text that is one member", { p: [text, bound("payload")], b: text }, { body: "{ü" }, { p: "{ü" }],
    ["no text that is one member", { p: [text, bound("payload")] }, { body: "" }, {}],
    [
      "a structure that is one member",
      { p: [structureOf({ a: text }), bound("payload")], b: text },
      { body: '{"a":"x","b":"y"}' },
      { p: { a: "x" } },
    ],
  ])("%s", (_, members, request, found) => {
    expect(read(members, request)).toEqual(found);
  });

  test("nothing, where the operation takes nothing", () => {
    expect(restJson().read(operation({}), wireRequest({ body: '{"a":1}' }))).toEqual({});
    const input = structureOf({ a: text });
    expect(restJson().read({ name: "Try", http: undefined, input, output: undefined }, wireRequest({ body: '{"a":1}' }))).toEqual({});
  });

  test.each<[string, Readonly<Record<string, Of>>, WireParts & { readonly uri?: string }]>([
    ["n", { n: [number, bound("label")] }, { uri: "/x/{n}", target: "/x/y" }],
    ["n", { n: [number, query("q")] }, { target: "/x?q=y" }],
    ["l", { l: [listOf(number), query("q")] }, { target: "/x?q=1&q=y" }],
    ["q", { m: [mapOf(number), bound("query-parameters")] }, { target: "/x?q=y" }],
    ["n", { n: [number, header("x-n")] }, { lines: ["x-n", "y"] }],
    ["b.n", { b: structureOf({ n: number }) }, { body: '{"b":{"n":"y"}}' }],
  ])("what is no number is told of as %s", (path, members, request) => {
    expect(() => read(members, request)).toThrow(expect.objectContaining({ kind: "type", path }) as Error);
  });

  test("only a structure is bound to a message", () => {
    expect(() => restJson().read(operation({ input: text }), wireRequest())).toThrow("only a structure is bound to HTTP, not a string");
    const union = { ...structureOf({ a: text }), kind: "union" } as const;
    expect(restJson().read(operation({ input: union }), wireRequest({ body: '{"a":"x"}' }))).toEqual({ a: "x" });
  });
});

describe("a body that is not in the protocol's format is refused", () => {
  const input = operation({ input: structureOf({ a: text }) });
  const payload = (shape: Shape): OperationSchema => operation({ input: structureOf({ p: [shape, bound("payload")] }) });
  test.each([
    ["JSON", restJson(), input, "{", "The request body is not valid JSON."],
    ["JSON as a member", restJson(), payload(structureOf({})), "{", "The request body is not valid JSON."],
    ["JSON that nests", restJson(), input, `{"a":${"[".repeat(101)}`, "The request is nested too deeply."],
    ["XML", restXml("urn:x"), input, "<", "The request body is not valid XML."],
    ["XML as a list", restXml("urn:x"), payload(listOf(text)), "<a/>", "The request body is not valid XML."],
  ])("%s", (_, protocol, of, body, message) => {
    expect(() => protocol.read(of, wireRequest({ body }))).toThrow(expect.objectContaining({ kind: "syntax", path: "", message }) as Error);
  });
});

test("XML is read from the body, and where it is one member", () => {
  const xml = restXml("urn:x");
  expect(xml.read(operation({ input: structureOf({ a: text }) }), wireRequest({ body: "<In><a>x</a></In>" }))).toEqual({ a: "x" });
  expect(xml.read(operation({ input: structureOf({ a: text }) }), wireRequest())).toEqual({});
  for (const kind of ["structure", "union"] as const) {
    const p = { ...structureOf({ a: text }), kind };
    const body = "<P><a>x</a></P>";
    expect(xml.read(operation({ input: structureOf({ p: [p, bound("payload")] }) }), wireRequest({ body }))).toEqual({ p: { a: "x" } });
  }
});

describe("an answer is written", () => {
  const JSON_TYPE = { "content-type": "application/json" };
  const at = new Date("2026-01-02T03:04:05Z");
  test.each<[string, Readonly<Record<string, Of>>, object, object, unknown]>([
    ["members in the body", { a: text, b: [text, { jsonName: "B" }] }, { a: "x", b: "y", c: "z" }, JSON_TYPE, '{"a":"x","B":"y"}'],
    [
      "headers",
      { a: [text, header("x-a")], t: [time, header("x-t")], n: [number, header("x-n")] },
      { a: "x", t: at, n: null },
      { ...JSON_TYPE, "x-a": "x", "x-t": "Fri, 02 Jan 2026 03:04:05 GMT" },
      "{}",
    ],
    [
      "a list in a header",
      { l: [listOf(text), header("x-l")] },
      { l: ["a", "b,c", 'd"\\e'] },
      { ...JSON_TYPE, "x-l": 'a, "b,c", "d\\"\\\\e"' },
      "{}",
    ],
    [
      "times in a header",
      { l: [listOf(time), header("x-l")] },
      { l: [at] },
      { ...JSON_TYPE, "x-l": "Fri, 02 Jan 2026 03:04:05 GMT" },
      "{}",
    ],
    ["headers of a prefix", { m: [mapOf(text), PREFIXED] }, { m: { Ab: "1" } }, { ...JSON_TYPE, "x-meta-ab": "1" }, "{}"],
    [
      "bytes",
      { p: [blob, bound("payload")], a: text },
      { p: new Uint8Array([1]), a: "x" },
      { "content-type": "application/octet-stream" },
      new Uint8Array([1]),
    ],
    ["a text", { p: [text, bound("payload")] }, { p: "{" }, { "content-type": "text/plain" }, "{"],
    ["a structure", { p: [structureOf({ a: [text, { jsonName: "A" }] }), bound("payload")] }, { p: { a: "x" } }, JSON_TYPE, '{"A":"x"}'],
    ["no body", { p: [text, bound("payload")] }, { p: null }, {}, ""],
    [
      "its type as the output says",
      { p: [blob, bound("payload")], t: [text, header("content-type")] },
      { p: new Uint8Array([1]), t: "image/png" },
      { "content-type": "image/png" },
      new Uint8Array([1]),
    ],
  ])("%s", (_, members, output, headers, body) => {
    const answer = restJson().write(operation({ output: structureOf(members) }), output, "id");
    expect(answer).toEqual({ status: 200, headers: { "x-amzn-requestid": "id", ...headers }, body });
  });

  test.each([
    ["the output", operation({ output: structureOf({ s: [number, bound("status")] }), status: 201 }), { s: 202 }, 202],
    ["the operation", operation({ output: structureOf({ s: [number, bound("status")] }), status: 201 }), {}, 201],
    ["nobody", { name: "Try", http: undefined, input: undefined, output: undefined }, undefined, 200],
  ])("with the status that %s gives", (_, of, output, status) => {
    expect([restJson(), restXml("urn:x")].map((protocol) => protocol.write(of, output, "id").status)).toEqual([status, status]);
  });

  test("without output, JSON has an empty object and XML nothing", () => {
    const none = operation({});
    expect(restJson().write(none, undefined, "id")).toMatchObject({ headers: JSON_TYPE, body: "{}" });
    expect(restXml("urn:x").write(none, undefined, "id")).toEqual({ status: 200, headers: { "x-amzn-requestid": "id" }, body: "" });
  });

  const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
  test.each<[string, Shape, object, string]>([
    ["under the output's name", structureOf({ a: text }, { name: "Out" }), { a: "x" }, `${HEAD}<Out xmlns="urn:x"><a>x</a></Out>`],
    [
      "under its name in XML",
      structureOf({ l: listOf(text) }, { xmlName: "O" }),
      { l: ["x"] },
      `${HEAD}<O xmlns="urn:x"><l><member>x</member></l></O>`,
    ],
    [
      "with attributes",
      structureOf({ k: [text, { xmlAttribute: true }], a: text }),
      { k: "v" },
      `${HEAD}<Made xmlns="urn:x" k="v"></Made>`,
    ],
    [
      "as one member under its shape's name",
      structureOf({ p: [structureOf({ a: text }, { name: "P" }), bound("payload")] }),
      { p: { a: "x" } },
      `${HEAD}<P xmlns="urn:x"><a>x</a></P>`,
    ],
    [
      "as one member under its shape's name in XML",
      structureOf({ p: [structureOf({}, { xmlName: "X" }), bound("payload")] }),
      { p: {} },
      `${HEAD}<X xmlns="urn:x"></X>`,
    ],
    [
      "as one member under its own name in XML",
      structureOf({ p: [structureOf({}, { xmlName: "X" }), { ...bound("payload"), xmlName: "Y" }] }),
      { p: {} },
      `${HEAD}<Y xmlns="urn:x"></Y>`,
    ],
  ])("in XML %s", (_, output, value, body) => {
    expect(restXml("urn:x").write(operation({ output }), value, "id")).toEqual({
      status: 200,
      headers: { "x-amzn-requestid": "id", "content-type": "text/xml" },
      body,
    });
  });

  test("an output of headers alone has no XML", () => {
    const output = structureOf({ f: [flag, header("x-f")] });
    expect(restXml("urn:x").write(operation({ output }), { f: true }, "id")).toMatchObject({ headers: { "x-f": "true" }, body: "" });
  });
});
