import { describe, expect, test } from "vitest";
import { flag, listOf, mapOf, number, structureOf, text, type Of } from "../../testing/shapes.ts";
import { readQuery, type QueryDialect } from "./query-codec.ts";

const read = (members: Readonly<Record<string, Of>>, form: string, dialect: QueryDialect = "aws"): unknown =>
  readQuery(structureOf(members), new URLSearchParams(form), dialect);

const tag = structureOf({ key: text, value: text });

describe("awsQuery", () => {
  test.each<[string, Readonly<Record<string, Of>>, string, unknown]>([
    ["scalars, and nothing that is unknown", { a: text, n: number, f: flag, z: text }, "a=&n=2&f=true&q=1", { a: "", n: 2, f: true }],
    ["the name that the model gives", { a: [text, { xmlName: "A" }] }, "a=x&A=y", { a: "y" }],
    ["structures in structures", { s: structureOf({ t: structureOf({ u: text }) }) }, "s.t.u=x", { s: { t: { u: "x" } } }],
    ["a structure that has a value of its own and no member", { s: structureOf({ a: text }) }, "s=x", { s: {} }],
    ["a scalar that has only parts", { a: text }, "a.b=x", {}],
    ["lists in the order of their numbers", { l: listOf(text) }, "l.member.10=c&l.member.2=b&l.member.1=a", { l: ["a", "b", "c"] }],
    ["lists whose items have a name", { l: listOf([text, { xmlName: "it" }]) }, "l.it.1=a&l.member.1=b", { l: ["a"] }],
    ["flattened lists", { l: [listOf(text), { xmlFlattened: true }] }, "l.1=a&l.2=b", { l: ["a", "b"] }],
    ["lists of structures", { l: listOf(tag) }, "l.member.1.key=k&l.member.1.value=v", { l: [{ key: "k", value: "v" }] }],
    ["lists of lists", { l: listOf(listOf(text)) }, "l.member.1.member.1=a", { l: [["a"]] }],
    ["items whose numbers are none", { l: listOf(text) }, "l.member.x=a&l.member.1y=b&l.member.y1=c", { l: [] }],
    ["an empty list", { l: listOf(text) }, "l=", { l: [] }],
    ["no list", { l: listOf(text) }, "l.other=a", {}],
    ["a list whose item has no value", { l: listOf(text) }, "l.member=a", {}],
    ["maps", { m: mapOf(text) }, "m.entry.1.key=k&m.entry.1.value=v&m.entry.2.key=l&m.entry.2.value=", { m: { k: "v", l: "" } }],
    [
      "maps whose parts have names",
      { m: mapOf([text, { xmlName: "V" }], { keyName: "K" }) },
      "m.entry.1.K=k&m.entry.1.V=v",
      { m: { k: "v" } },
    ],
    ["flattened maps", { m: [mapOf(text), { xmlFlattened: true }] }, "m.1.key=k&m.1.value=v", { m: { k: "v" } }],
    ["an empty map", { m: mapOf(text) }, "m=", { m: {} }],
    ["no map", { m: mapOf(text) }, "m.other=a", {}],
  ])("%s", (_, members, form, found) => {
    expect(read(members, form)).toEqual(found);
  });

  test.each([
    ["a key", "m.entry.1.value=v"],
    ["a value", "m.entry.1.key=k"],
  ])("an entry of a map needs %s", (_, form) => {
    expect(() => read({ m: mapOf(text) }, form)).toThrow(expect.objectContaining({ kind: "invalid", path: "m" }) as Error);
  });

  test.each<[string, Readonly<Record<string, Of>>, string]>([
    ["n", { n: number }, "n=x"],
    ["s.n", { s: structureOf({ n: number }) }, "s.n=x"],
    ["l", { l: listOf(number) }, "l.member.1=x"],
    ["m.k", { m: mapOf(number) }, "m.entry.1.key=k&m.entry.1.value=x"],
  ])("what is no number is told of as %s", (path, members, form) => {
    expect(() => read(members, form)).toThrow(expect.objectContaining({ kind: "type", path }) as Error);
  });

  test("an operation without input reads none", () => {
    expect(readQuery(undefined, new URLSearchParams("a=b"), "aws")).toEqual({});
  });

  test("a name may have thirty-two parts, and there may be a hundred thousand", () => {
    const parts = (count: number): string => Array.from({ length: count }, (_, at) => `p${at}`).join(".");
    expect(read({ a: text }, `${parts(32)}=x&a=y`)).toEqual({ a: "y" });
    expect(() => read({ a: text }, `${parts(33)}=x`)).toThrow("The name of a parameter has too many parts.");
    const names = (count: number): URLSearchParams => new URLSearchParams(Array.from({ length: count }, (_, at) => `p${at}=`).join("&"));
    expect(readQuery(structureOf({ p1: text }), names(100_000), "aws")).toEqual({ p1: "" });
    expect(() => readQuery(structureOf({ p1: text }), names(100_001), "aws")).toThrow("The request has too many parameters.");
  });
});

test.each<[string, Readonly<Record<string, Of>>, string, unknown]>([
  ["members begin with a capital letter", { vpcId: text }, "VpcId=v", { vpcId: "v" }],
  [
    "what says which operation it is, and of an older signature, is no member",
    { a: text },
    "Action=X&Version=1&DryRun=true&SignatureVersion=2&A=x",
    { a: "x" },
  ],
  ["but where there is such a member it is one", { dryRun: flag, version: text }, "Version=1&DryRun=true", { dryRun: true, version: "1" }],
  ["the model's name in XML does, too", { a: [text, { xmlName: "otherName" }] }, "OtherName=x", { a: "x" }],
  ["a name for EC2 stands as it is", { a: [text, { xmlName: "other", ec2QueryName: "eXact" }] }, "eXact=x", { a: "x" }],
  ["lists are flat", { names: [listOf([text, { xmlName: "item" }]), {}] }, "Names.1=a&Names.2=b", { names: ["a", "b"] }],
])("ec2Query: %s", (_, members, form, found) => {
  expect(read(members, form, "ec2")).toEqual(found);
});

test.each([
  ["VpcId=v&Bogus=1", "Bogus"],
  ["vpcId=w", "vpcId"],
  ["Tags.1.Key=k&Tags.1.Valeu=v", "Tags.Valeu"],
  ["S.Deep.er=x", "S.Deep"],
])("ec2Query refuses what the operation has not, and names it: %s", (form, path) => {
  const members = { vpcId: text, tags: listOf(tag), s: structureOf({ t: text }) };
  expect(() => read(members, form, "ec2")).toThrow(expect.objectContaining({ kind: "unknown", path }) as Error);
});
