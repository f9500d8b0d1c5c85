import { describe, expect, test } from "vitest";
import { errorSchema, operationNames, operationSchema, type HttpBinding, type Member, type NamedMember, type Shape } from "./schema.ts";

// What the SDK's generator writes: the kind, name space, name, traits; then members and their schemas, or what a list or map is of.
const structure = (members: Readonly<Record<string, unknown>>, traits: unknown = 0, required?: number): unknown[] => [
  ...[3, "made", "In", traits, Object.keys(members), Object.values(members)],
  ...(required === undefined ? [] : [required]),
];
const inputOf = (input: unknown): Shape | undefined => operationSchema({ Try$: [9, "made", "Try", 0, input, "unit"] }, "Try")?.input;

function membersOf(shape: Shape | undefined): readonly NamedMember[] {
  if (shape?.kind !== "structure" && shape?.kind !== "union") throw new Error("it has no members");
  return shape.members;
}

function memberOf(schema: unknown): NamedMember {
  const [member] = membersOf(inputOf(structure({ m: schema })));
  if (!member) throw new Error("there is no member");
  return member;
}

const PLAIN = {
  xmlName: undefined,
  ec2QueryName: undefined,
  xmlFlattened: false,
  xmlAttribute: false,
  jsonName: undefined,
  binding: { kind: "body" },
  sensitive: false,
};
const traitsOf = ({ shape: _shape, ...traits }: Member): object => traits;

describe("a shape", () => {
  test.each<[string, unknown, object]>([
    ["a text", 0, { kind: "string" }],
    ["a number", 1, { kind: "number" }],
    ["a flag", 2, { kind: "boolean" }],
    ["a time", 4, { kind: "timestamp", format: undefined }],
    ["a time as RFC 3339 has it", 5, { kind: "timestamp", format: "date-time" }],
    ["a time as HTTP has it", 6, { kind: "timestamp", format: "http-date" }],
    ["a time in seconds", 7, { kind: "timestamp", format: "epoch-seconds" }],
    ["bytes", 21, { kind: "blob" }],
    ["a stream of bytes", 42, { kind: "blob" }],
    ["a document", 15, { kind: "document" }],
    ["a great whole number", 17, { kind: "bigint" }],
    ["a great fraction", 19, { kind: "bigdecimal" }],
    ["a text with a name", [0, "made", "Secret", 8, 0], { kind: "string" }],
    ["nothing", "unit", { kind: "structure", name: "Unit", xmlName: undefined, members: [], byName: new Map() }],
  ])("%s", (_, schema, shape) => {
    expect(memberOf(schema).shape).toEqual(shape);
  });

  test.each<[string, unknown, boolean]>([
    ["a list", 64 | 1, false],
    ["a list with a name", [1, "made", "Numbers", 0, 1], false],
    ["a list with gaps", [1, "made", "Numbers", { sparse: 1 }, 1], true],
  ])("%s", (_, schema, sparse) => {
    const { shape } = memberOf(schema);
    expect(shape).toMatchObject({ kind: "list", sparse });
    expect(shape.kind === "list" && [shape.item.shape, traitsOf(shape.item)]).toEqual([
      { kind: "number" },
      { ...PLAIN, name: "", required: false },
    ]);
  });

  test.each<[string, unknown, boolean, string | undefined]>([
    ["a map", 128 | 2, false, undefined],
    ["a map with a name", [2, "made", "Flags", 0, [0, { xmlName: "Name" }], [2, 0]], false, "Name"],
    ["a map with gaps", [2, "made", "Flags", { sparse: 1 }, 0, 2], true, undefined],
  ])("%s", (_, schema, sparse, keyName) => {
    const { shape } = memberOf(schema);
    expect(shape).toMatchObject({ kind: "map", sparse, keyName: { shape: { kind: "string" } }, value: { shape: { kind: "boolean" } } });
    expect(shape.kind === "map" && shape.keyName.xmlName).toBe(keyName);
  });

  test("a structure has its members in order, the required ones first, and is found by their names", () => {
    const shape = inputOf(structure({ a: 0, b: 1, c: 2 }, { xmlName: "Out" }, 2));
    expect(shape).toMatchObject({ kind: "structure", name: "In", xmlName: "Out" });
    expect(membersOf(shape).map(({ name, required }) => [name, required])).toEqual([
      ["a", true],
      ["b", true],
      ["c", false],
    ]);
    expect(shape?.kind === "structure" && [...shape.byName].map(([name, member]) => name === member.name)).toEqual([true, true, true]);
    expect(membersOf(inputOf(structure({ a: 0 }))).map(({ required }) => required)).toEqual([false]);
  });

  test("a union", () => {
    expect(inputOf([4, "made", "Either", 0, ["a"], [0]])).toMatchObject({ kind: "union", name: "Either", xmlName: undefined });
  });

  test("that holds itself is the same all the way down", () => {
    const self: unknown[] = structure({});
    self[4] = ["again"];
    self[5] = [() => self];
    const shape = inputOf(self);
    expect(membersOf(shape)[0]?.shape).toBe(shape);
    const [member] = membersOf(shape);
    expect(member?.shape).toBe(member?.shape);
  });
});

describe("a member", () => {
  test.each<[unknown, object]>([
    [0, {}],
    [{ xmlName: "x" }, { xmlName: "x" }],
    [{ ec2QueryName: "x" }, { ec2QueryName: "x" }],
    [{ xmlFlattened: 1 }, { xmlFlattened: true }],
    [{ xmlAttribute: 1 }, { xmlAttribute: true }],
    [{ jsonName: "x" }, { jsonName: "x" }],
    [8, { sensitive: true }],
  ])("with the traits %o", (traits, expected) => {
    expect(traitsOf(memberOf([0, traits]))).toEqual({ ...PLAIN, name: "m", required: false, ...expected });
  });

  test.each<[unknown, HttpBinding]>([
    [1, { kind: "label" }],
    [16, { kind: "payload" }],
    [32, { kind: "status" }],
    [64, { kind: "query-parameters" }],
    [{ httpQuery: "Marker" }, { kind: "query", name: "Marker" }],
    [{ httpQuery: "" }, { kind: "query", name: "" }],
    [{ httpHeader: "X-Made" }, { kind: "header", name: "x-made" }],
    [{ httpPrefixHeaders: "X-Meta-" }, { kind: "prefixed-headers", prefix: "x-meta-" }],
    [{ httpPrefixHeaders: "" }, { kind: "prefixed-headers", prefix: "" }],
    [0, { kind: "body" }],
  ])("is, with the traits %o, at %o", (traits, binding) => {
    expect(memberOf([0, traits]).binding).toEqual(binding);
  });
});

describe("of a client", () => {
  const client = {
    Write$: [9, "made", "Write", { http: ["PUT", "/things/{Name}", 201] }, "unit", structure({ a: 0 })],
    Read$: [9, "made", "Read", 2, structure({ a: 0 }), "unit"],
    Bare$: [9, "made", "Bare", null, "unit", "unit"],
    Wrong$: [-3, "made", "Wrong", { error: "client" }, ["message"], [0]],
    Numbered$: [-3, "made", "Numbered", { error: "client", httpError: 404 }, [], []],
    Broken$: [-3, "made", "Broken", { error: "server" }, [], []],
    Down$: [-3, "made", "Down", { error: "server", httpError: 503 }, [], []],
    Old$: [-3, "made", "Old", { error: "client", httpError: 404, awsQueryError: ["Old.Code", 409] }, [], []],
    Vague$: [-3, "made", "Vague", 0, [], []],
    Input$: structure({}),
    Aread: [9, "made", "Aread", 0, "unit", "unit"],
    Count$: 9,
    Text$: "9",
  };

  test("the operations are found, in order", () => {
    expect(operationNames(client)).toEqual(["Bare", "Read", "Write"]);
  });

  test("an operation is read", () => {
    expect(operationSchema(client, "Write")).toEqual({
      name: "Write",
      http: { method: "PUT", uri: "/things/{Name}", status: 201 },
      input: undefined,
      output: expect.objectContaining({ kind: "structure" }) as unknown,
    });
    expect(operationSchema(client, "Read")).toMatchObject({
      name: "Read",
      http: undefined,
      input: { kind: "structure" },
      output: undefined,
    });
    expect(operationSchema(client, "Bare")?.http).toBeUndefined();
  });

  test.each(["Wrong", "Input", "Count", "Text", "Nothing", "Aread"])("%s is no operation", (name) => {
    expect(operationSchema(client, name)).toBeUndefined();
  });

  test.each(["Write", "Input", "Count", "Text", "Nothing"])("%s is no error", (name) => {
    expect(errorSchema(client, name)).toBeUndefined();
  });

  test.each<[string, number, "client" | "server", string | undefined]>([
    ["Wrong", 400, "client", undefined],
    ["Numbered", 404, "client", undefined],
    ["Broken", 500, "server", undefined],
    ["Down", 503, "server", undefined],
    ["Old", 409, "client", "Old.Code"],
    ["Vague", 400, "client", undefined],
  ])("the error %s has status %i, and is the fault of the %s", (name, status, fault, queryCode) => {
    const { shape, ...facts } = errorSchema(client, name) ?? {};
    expect(facts).toEqual({ name, status, fault, queryCode });
    expect(shape).toMatchObject({ kind: "structure", name });
  });
});
