import { describe, expect, test } from "vitest";
import { blob, flag, listOf, mapOf, number, structureOf, text, time, timeIn, type Of } from "../../testing/shapes.ts";
import { readXmlMembers } from "./xml-reader.ts";
import { readXmlTree } from "./xml-tree.ts";
import { escapeXml, writeXmlMembers, xmlAttributes } from "./xml-writer.ts";

const tree = (document: string) => readXmlTree(Buffer.from(document));
const read = (members: Readonly<Record<string, Of>>, content: string): unknown =>
  readXmlMembers(structureOf(members).members, tree(`<In>${content}</In>`));
const write = (members: Readonly<Record<string, Of>>, value: object, listItem: "member" | "item" = "member"): string =>
  writeXmlMembers(structureOf(members), value, { listItem });

describe("a document is read as a tree", () => {
  test("of elements without prefixes, with their own text", () => {
    expect(tree('<?xml version="1.0"?><n:a xmlns:n="urn:x" k="v">x<b/><!-- c -->y<![CDATA[<z>]]>&amp;</n:a>')).toEqual({
      name: "a",
      attributes: new Map([
        ["xmlns:n", "urn:x"],
        ["k", "v"],
      ]),
      children: [{ name: "b", attributes: new Map(), children: [], text: "" }],
      text: "xy<z>&",
    });
  });

  test("siblings stand beside each other", () => {
    expect(tree("<a><b><c/></b><d/></a>").children.map(({ name, children }) => [name, children.length])).toEqual([
      ["b", 1],
      ["d", 0],
    ]);
  });

  const nested = (depth: number): string => "<a>".repeat(depth) + "</a>".repeat(depth);
  const siblings = (count: number): string => `<a>${"<b/>".repeat(count - 1)}</a>`;

  test.each([
    ["a hundred deep", nested(100)],
    ["with as many elements as there may be", siblings(32_000)],
    ["with attributes among them", `<a>${'<b k="v"/>'.repeat(31_999)}</a>`],
    ["with a reference for each of the rest", `<a>${"&amp;".repeat(63_999)}</a>`],
  ])("%s", (_, document) => {
    expect(tree(document).name).toBe("a");
  });

  test.each([
    ["deeper", nested(101), "The request is nested too deeply."],
    ["with more elements", siblings(32_001), "The request holds too many values."],
    ["with more elements, before it is read", `x${siblings(32_001)}`, "The request holds too many values."],
    ["with more attributes", `<a>${'<b k="v" l="w"/>'.repeat(21_334)}</a>`, "The request holds too many values."],
    ["with more references", `<a>${"&lt;".repeat(64_000)}</a>`, "The request holds too many values."],
    ["with a document type", "<!DOCTYPE a><a/>", "The request body is not valid XML."],
    ["without an end", "<a>", "The request body is not valid XML."],
    ["with two roots", "<a/><b/>", "The request body is not valid XML."],
    ["without an element", "<!-- nothing -->", "The request body is not valid XML."],
    ["that is empty", "", "The request body is not valid XML."],
  ])("and refused %s", (_, document, message) => {
    expect(() => tree(document)).toThrow(expect.objectContaining({ kind: "syntax", message }) as Error);
  });
});

describe("members are read", () => {
  test.each<[string, Readonly<Record<string, Of>>, string, unknown]>([
    ["scalars, and nothing that is unknown", { a: text, n: number, z: text }, "<a>x</a><n>2</n><q/>", { a: "x", n: 2 }],
    ["an empty text", { a: text }, "<a/>", { a: "" }],
    ["what is twice where nobody reads it", { a: text }, "<b>x</b><b>y</b>", {}],
    ["the name that the model gives", { a: [text, { xmlName: "A" }] }, "<a>x</a><A>y</A>", { a: "y" }],
    ["structures in structures", { s: structureOf({ t: structureOf({ u: text }) }) }, "<s><t><u>x</u></t></s>", { s: { t: { u: "x" } } }],
    ["an attribute", { s: structureOf({ k: [text, { xmlAttribute: true }], j: text }) }, '<s k="v" j="w"/>', { s: { k: "v" } }],
    [
      "an attribute of another name",
      { s: structureOf({ k: [number, { xmlAttribute: true, xmlName: "x:k" }] }) },
      '<s x:k="1" xmlns:x="u"/>',
      { s: { k: 1 } },
    ],
    ["no attribute", { s: structureOf({ k: [text, { xmlAttribute: true }] }) }, "<s><k>v</k></s>", { s: {} }],
    ["lists", { l: listOf(text) }, "<l><member>a</member><x/><member>b</member></l>", { l: ["a", "b"] }],
    ["empty lists", { l: listOf(text) }, "<l/>", { l: [] }],
    ["lists whose items have a name", { l: listOf([text, { xmlName: "it" }]) }, "<l><it>a</it><member>b</member></l>", { l: ["a"] }],
    ["flattened lists", { l: [listOf(text), { xmlFlattened: true }] }, "<l>a</l><x/><l>b</l>", { l: ["a", "b"] }],
    ["lists of lists", { l: listOf(listOf(text)) }, "<l><member><member>a</member></member></l>", { l: [["a"]] }],
    ["maps", { m: mapOf(text) }, "<m><x/><entry><key>k</key><value>v</value></entry></m>", { m: { k: "v" } }],
    [
      "maps whose parts have names",
      { m: mapOf([text, { xmlName: "V" }], { keyName: "K" }) },
      "<m><entry><K>k</K><V>v</V></entry></m>",
      { m: { k: "v" } },
    ],
    [
      "flattened maps",
      { m: [mapOf(text), { xmlFlattened: true }] },
      "<m><key>k</key><value>v</value></m><m><key>l</key><value/></m>",
      { m: { k: "v", l: "" } },
    ],
    [
      "maps of maps",
      { m: mapOf(mapOf(text)) },
      "<m><entry><key>k</key><value><entry><key>l</key><value>v</value></entry></value></entry></m>",
      { m: { k: { l: "v" } } },
    ],
  ])("%s", (_, members, content, found) => {
    expect(read(members, content)).toEqual(found);
  });

  test.each<[string, Readonly<Record<string, Of>>, string]>([
    ["n", { n: number }, "<n>x</n>"],
    ["s.n", { s: structureOf({ n: number }) }, "<s><n>x</n></s>"],
    ["s.k", { s: structureOf({ k: [number, { xmlAttribute: true }] }) }, '<s k="x"/>'],
    ["l.1", { l: listOf(number) }, "<l><member>1</member><member>x</member></l>"],
    ["m.k", { m: mapOf(number) }, "<m><entry><key>k</key><value>x</value></entry></m>"],
  ])("what is no number is told of as %s", (path, members, content) => {
    expect(() => read(members, content)).toThrow(expect.objectContaining({ kind: "type", path }) as Error);
  });

  test.each<[string, Readonly<Record<string, Of>>, string]>([
    ["a", { a: text }, "<a>x</a><a>y</a>"],
    ["s", { s: structureOf({ a: text }) }, "<s><a>x</a></s><s/>"],
    ["s.a", { s: structureOf({ a: text }) }, "<s><a>x</a><a>x</a></s>"],
    ["l", { l: listOf(text) }, "<l><member>a</member></l><l><member>b</member></l>"],
    ["m", { m: mapOf(text) }, "<m/><m/>"],
  ])("what there is one of is not there twice: %s", (path, members, content) => {
    expect(() => read(members, content)).toThrow(expect.objectContaining({ kind: "syntax", path }) as Error);
  });

  test.each(["<key>k</key>", "<value>v</value>"])("an entry of a map needs both its parts, not only %s", (entry) => {
    const one = (): unknown => read({ m: mapOf(text) }, `<m><entry>${entry}</entry></m>`);
    expect(one).toThrow(expect.objectContaining({ kind: "invalid", path: "m" }) as Error);
  });
});

describe("members are written", () => {
  const at = new Date("2026-01-02T03:04:05Z");
  test.each<[string, Readonly<Record<string, Of>>, object, string]>([
    [
      "in the order of the model, and nothing else",
      { a: text, b: flag, c: text, d: text },
      { b: false, a: "x", c: null, e: "y" },
      "<a>x</a><b>false</b>",
    ],
    [
      "bytes and times",
      { a: blob, b: time, c: timeIn("epoch-seconds") },
      { a: new Uint8Array([104]), b: at, c: at },
      "<a>aA==</a><b>2026-01-02T03:04:05.000Z</b><c>1767323045</c>",
    ],
    ["under the names of the model", { a: [text, { xmlName: "A" }] }, { a: "x" }, "<A>x</A>"],
    ["without what is not in the body", { a: [text, { binding: { kind: "header", name: "a" } }] }, { a: "x" }, ""],
    [
      "structures, their attributes in the tag",
      { s: structureOf({ k: [text, { xmlAttribute: true, xmlName: "x:k" }], j: [text, { xmlAttribute: true }], a: text }) },
      { s: { k: '"&', a: "x", j: null } },
      '<s x:k="&quot;&amp;"><a>x</a></s>',
    ],
    ["lists", { l: listOf(text) }, { l: ["a", "<"] }, "<l><member>a</member><member>&lt;</member></l>"],
    ["empty lists", { l: listOf(text) }, { l: [] }, "<l></l>"],
    ["lists whose items have a name", { l: listOf([text, { xmlName: "it" }]) }, { l: ["a"] }, "<l><it>a</it></l>"],
    [
      "flattened lists",
      { l: [listOf([text, { xmlName: "it" }]), { xmlFlattened: true, xmlName: "L" }] },
      { l: ["a", "b"] },
      "<L>a</L><L>b</L>",
    ],
    [
      "maps",
      { m: mapOf(text) },
      { m: { "k&": "v", l: "w" } },
      "<m><entry><key>k&amp;</key><value>v</value></entry><entry><key>l</key><value>w</value></entry></m>",
    ],
    [
      "maps whose parts have names",
      { m: mapOf([text, { xmlName: "V" }], { keyName: "K" }) },
      { m: { k: "v" } },
      "<m><entry><K>k</K><V>v</V></entry></m>",
    ],
    [
      "flattened maps",
      { m: [mapOf(text), { xmlFlattened: true }] },
      { m: { k: "v", l: "w" } },
      "<m><key>k</key><value>v</value></m><m><key>l</key><value>w</value></m>",
    ],
  ])("%s", (_, members, value, written) => {
    expect(write(members, value)).toBe(written);
  });

  test("lists of ec2Query hold items", () => {
    expect(write({ s: structureOf({ l: listOf(listOf(text)) }) }, { s: { l: [["a"]] } }, "item")).toBe(
      "<s><l><item><item>a</item></item></l></s>",
    );
  });

  test("only structures have members and attributes", () => {
    expect(() => writeXmlMembers(text, "a", { listItem: "item" })).toThrow("only a structure has members, not a string");
    expect(xmlAttributes(text, "a")).toBe("");
    const union = { ...structureOf({ a: text }), kind: "union" } as const;
    expect(writeXmlMembers(union, { a: "x" }, { listItem: "item" })).toBe("<a>x</a>");
  });

  test("what XML cannot carry is replaced, and what it means something by is escaped", () => {
    expect(escapeXml("\u0000\u0008\t\n\u000b\u000c\u000e\u001f \ufffe\uffff é😀")).toBe(
      "\ufffd\ufffd\t\n\ufffd\ufffd\ufffd\ufffd \ufffd\ufffd é😀",
    );
    expect(escapeXml(`&<>"'\r\n`)).toBe("&amp;&lt;&gt;&quot;'&#13;\n");
  });
});
