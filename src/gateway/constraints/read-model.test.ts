import { gzipSync } from "node:zlib";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { WireProtocol } from "../../services/service.ts";
import { blob, listOf, mapOf, number, structureOf, text, type Of } from "../../testing/shapes.ts";
import { boundText } from "./constraint.ts";
import { patternOf } from "./pattern.ts";
import { readModel } from "./read-model.ts";
import { readServiceModel, type ModelShape } from "./service-model.ts";
import { shownValue } from "./shown-value.ts";
import { brokenBy, isBrokenNumber, valueChecks, type ValueCheck } from "./value-checks.ts";

/** What is read of one member's shape, with others beside it. */
function read(shape: ModelShape, others: Readonly<Record<string, ModelShape>> = {}, protocol: WireProtocol = "awsJson1.1"): unknown {
  const shapes = { In: { type: "structure", members: { m: { shape: "Mine" } } }, Mine: shape, ...others };
  return readModel({ operations: { Try: { input: { shape: "In" } } }, shapes }, protocol).shapes["Mine"];
}

const others = { Short: { type: "string", max: 3 }, Free: { type: "string" } };

describe("of a shape is read", () => {
  test.each<[string, ModelShape, unknown]>([
    ["nothing, where it asks for nothing", { type: "string" }, undefined],
    ["a length", { type: "string", min: 1, max: 9 }, { min: 1, max: 9 }],
    ["no least length of nothing", { type: "string", min: 0 }, undefined],
    ["no least length of a list of nothing", { type: "list", min: 0, member: { shape: "Free" } }, undefined],
    ["no least length of no bytes", { type: "blob", min: 0 }, undefined],
    ["no least length of a map of nothing", { type: "map", min: 0 }, undefined],
    ["a least number of nothing", { type: "integer", min: 0 }, { min: 0, whole: true }],
    ["a long number", { type: "long" }, { whole: true }],
    ["a fraction", { type: "double", max: 2 }, { max: 2 }],
    ["a pattern", { type: "string", pattern: "[a-z]+" }, { pattern: "[a-z]+" }],
    ["no pattern of everything", { type: "string", pattern: ".*" }, undefined],
    ["no pattern of everything on several lines", { type: "string", pattern: "(?s).*" }, undefined],
    ["a pattern that ends in everything", { type: "string", pattern: "a.*" }, { pattern: "a.*" }],
    ["a pattern that begins with everything", { type: "string", pattern: ".*a" }, { pattern: ".*a" }],
    ["an enumeration", { type: "string", enum: ["A", "B"] }, { values: ["A", "B"] }],
    ["items", { type: "list", member: { shape: "Short" } }, { item: "Short" }],
    ["no items that ask for nothing", { type: "list", member: { shape: "Free" } }, undefined],
    ["keys", { type: "map", key: { shape: "Short" }, value: { shape: "Free" } }, { key: "Short" }],
    ["values", { type: "map", key: { shape: "Free" }, value: { shape: "Short" } }, { value: "Short" }],
    ["a list of itself", { type: "list", member: { shape: "Mine" } }, undefined],
    ["items that are not there", { type: "list", member: { shape: "None" } }, undefined],
  ])("%s", (_, shape, expected) => {
    expect(read(shape, others)).toEqual(expected);
  });

  test.each<[ModelShape, unknown]>([
    [{ type: "string", min: 1, max: 9, pattern: "a", enum: ["A"] }, undefined],
    [
      { type: "integer", min: 1, max: 9 },
      { min: 1, max: 9, whole: true },
    ],
    [
      { type: "list", min: 1, max: 9 },
      { min: 1, max: 9 },
    ],
  ])("of EC2 no text: %o", (shape, expected) => {
    expect(read(shape, {}, "ec2Query")).toEqual(expected);
  });
});

test("members are read where an operation can be given them, and only where something is asked", () => {
  const structure = (members: Readonly<Record<string, string>>): ModelShape => ({
    type: "structure",
    members: Object.fromEntries(Object.entries(members).map(([name, shape]) => [name, { shape }])),
  });
  const shapes: Readonly<Record<string, ModelShape>> = {
    ...others,
    In: structure({ a: "Short", b: "Free", deep: "Deep", list: "Deeps", map: "Map", self: "In" }),
    Deep: structure({ c: "Short" }),
    Deeps: { type: "list", member: { shape: "Item" } },
    Item: structure({ d: "Short" }),
    Map: { type: "map", key: { shape: "Free" }, value: { shape: "Value" } },
    Value: structure({ e: "Short" }),
    Out: structure({ f: "Short" }),
  };
  expect(readModel({ operations: { Try: { input: { shape: "In" } }, Nothing: {} }, shapes }, "awsQuery")).toEqual({
    shapes: { Short: { max: 3 } },
    members: { In: { a: "Short" }, Deep: { c: "Short" }, Item: { d: "Short" }, Value: { e: "Short" } },
  });
});

test("the newest description of a service is read", async () => {
  const folder = await mkdtemp(join(tmpdir(), "models-"));
  for (const [service, version] of [
    ["ecs", "2013-01-01"],
    ["ecs", "2014-11-13"],
    ["ecs", "2012-01-01"],
    ["elbv2", "2015-12-01"],
  ] as const) {
    await mkdir(join(folder, service, version), { recursive: true });
    const model = { operations: { [`${service} ${version}`]: {} }, shapes: {} };
    await writeFile(join(folder, service, version, "service-2.json.gz"), gzipSync(JSON.stringify(model)));
  }
  expect(Object.keys((await readServiceModel(folder, "ecs")).operations)).toEqual(["ecs 2014-11-13"]);
  expect(Object.keys((await readServiceModel(folder, "elasticloadbalancing")).operations)).toEqual(["elbv2 2015-12-01"]);
  await rm(folder, { recursive: true });
});

describe("a value is shown", () => {
  const member = (of: Of) => {
    const [found] = structureOf({ m: of }).members;
    if (!found) throw new Error("there is no member");
    return found;
  };
  const secret: Of = [text, { sensitive: true }];
  test.each<[string, Of, unknown, string | undefined]>([
    ["a text", text, "a", "a"],
    ["a number", number, 1.5, "1.5"],
    ["bytes", blob, new Uint8Array(1), undefined],
    ["a secret", secret, "a", undefined],
    ["a list", listOf(text), ["a", "b"], "[a, b]"],
    ["a list with a secret and nothing", listOf(secret, { sparse: true }), ["a", null], "[***Sensitive Data Redacted***, null]"],
    ["a map", mapOf(listOf(text)), { k: ["a"], l: [] }, "{k=[a], l=[]}"],
    ["a map with nothing", mapOf(text), { k: null }, "{k=null}"],
    [
      "a structure, in the order of the model",
      structureOf({ A: text, B: secret, C: text }),
      { C: "c", B: "b", X: "x" },
      "{B=***Sensitive Data Redacted***, C=c}",
    ],
    ["a union", { ...structureOf({ A: text }), kind: "union" }, { A: "a" }, "{A=a}"],
  ])("%s", (_, of, value, shown) => {
    expect(shownValue(member(of), value)).toBe(shown);
  });
});

describe("a value is checked", () => {
  const check = (changes: Partial<ValueCheck>): ValueCheck => ({
    constraints: [],
    whole: false,
    item: undefined,
    key: undefined,
    value: undefined,
    ...changes,
  });
  const most = (limit: number) => ({ kind: "length", bound: "most", limit }) as const;
  const least = (limit: number) => ({ kind: "length", bound: "least", limit }) as const;

  test.each<[string, unknown, ValueCheck, number]>([
    ["as long as may be", "abc", check({ constraints: [most(3), least(3)] }), 0],
    ["as great as may be", 3, check({ constraints: [most(3), least(3)] }), 0],
    ["as long a number", 4n, check({ constraints: [most(3)] }), 1],
    ["many entries", { a: 1, b: 2 }, check({ constraints: [most(1)] }), 1],
    ["few entries", { a: 1 }, check({ constraints: [least(2)] }), 1],
    ["many bytes", new Uint8Array(2), check({ constraints: [most(1)] }), 1],
    ["a flag, which has no length", true, check({ constraints: [most(0), least(9)] }), 0],
    ["a time, which has none", new Date(0), check({ constraints: [least(9)] }), 0],
    ["a number of an enumeration", 1, check({ constraints: [{ kind: "one-of", values: [1, 2] }] }), 0],
    ["a number of none", 3, check({ constraints: [{ kind: "one-of", values: [1, 2] }] }), 1],
    ["a number, which has no pattern", 3, check({ constraints: [{ kind: "pattern", source: "a" }] }), 0],
    [
      "a list, which has no pattern and no enumeration",
      [1],
      check({
        constraints: [
          { kind: "pattern", source: "a" },
          { kind: "one-of", values: ["a"] },
        ],
      }),
      0,
    ],
    ["a list whose items have members", [{ a: 1 }], check({ item: check({ constraints: [least(2)] }) }), 0],
    ["a list whose items are asked nothing", ["a"], check({ item: check({}) }), 0],
    ["a list of a wrong one and a right one", ["a", "abc"], check({ item: check({ constraints: [least(2)] }) }), 1],
    ["what is not null, which others look at", "a", check({ constraints: [{ kind: "not-null" }] }), 0],
  ])("%s", (_, value, of, broken) => {
    expect(brokenBy(value, of)).toHaveLength(broken);
  });

  test("for fractions, also in lists", () => {
    const whole = check({ whole: true });
    const found = [1.5, 1, "1.5"].map((value) => isBrokenNumber(value, whole));
    expect(found).toEqual([true, false, false]);
    expect([1.5, [1.5]].map((value) => isBrokenNumber(value, check({})))).toEqual([false, false]);
    expect(
      [
        [1, 1.5],
        [1, 2],
      ].map((value) => isBrokenNumber(value, check({ item: whole }))),
    ).toEqual([true, false]);
  });

  test("by what the model says of its shape, which may hold itself", () => {
    const model = {
      shapes: { Self: { max: 1, item: "Self" }, Whole: { whole: true }, Not: { whole: false } },
      members: { In: { a: "Self", w: "Whole", n: "Not", x: "None" } },
    };
    const checks = valueChecks({ model: model as never, exceptions: {} });
    expect(checks("In", "a")).toEqual(check({ constraints: [most(1)] }));
    expect(checks("In", "a")).toBe(checks("In", "a"));
    expect([checks("In", "w")?.whole, checks("In", "n")?.whole]).toEqual([true, false]);
    expect([checks("In", "x"), checks("In", "toString"), checks("None", "a")]).toEqual([undefined, undefined, undefined]);
  });
});

test("patterns are Java's: whole, with flags in front, and letters of all scripts", () => {
  expect([patternOf("a|b").test("ab"), patternOf("a|b").test("b")]).toEqual([false, true]);
  expect([patternOf("(?i)a").test("A"), patternOf("(?s)a.b").test("a\nb"), patternOf("a.b").test("a\nb")]).toEqual([true, true, false]);
  expect([patternOf("[\\p{L}]").test("ü"), patternOf("(?i)[\\p{Lu}]").test("u"), patternOf("\\-").test("-")]).toEqual([true, true, true]);
  expect(patternOf("a|b")).toBe(patternOf("a|b"));
  expect([boundText({ kind: "value", bound: "least", limit: 1 }), boundText({ kind: "length", bound: "most", limit: 2 })]).toEqual([
    "greater than or equal to 1",
    "less than or equal to 2",
  ]);
});
