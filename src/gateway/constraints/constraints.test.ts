import { expect, test } from "vitest";
import type { ModelConstraints } from "../../services/model-constraints.ts";
import { SERVICES } from "../../services/catalogue.ts";
import { settleInput } from "../empty-values.ts";
import { loadService } from "../loaded-service.ts";
import { operationSchema, type Shape } from "../schema.ts";
import { constraintText, violationsText, type Violation } from "./constraint.ts";
import { patternOf } from "./pattern.ts";
import { brokenBy, valueChecks } from "./value-checks.ts";

/** Of ECR's names: it takes the whole stack for some megabytes. */
const SLOW = "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(\\/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*";

const MODEL: ModelConstraints = {
  shapes: {
    Name: { min: 2, max: 4, pattern: "[a-z]+" },
    Names: { max: 2, item: "Name" },
    Count: { min: 1, max: 9, whole: true },
    Kind: { values: ["A", "B"] },
    Tags: { key: "Name", value: "Kind" },
    Bytes: { max: 3 },
    Slow: { max: 300, pattern: SLOW },
    Endless: { pattern: SLOW },
  },
  members: {
    In: {
      name: "Name",
      names: "Names",
      count: "Count",
      kind: "Kind",
      tags: "Tags",
      bytes: "Bytes",
      free: "Name",
      Free: "Name",
      slow: "Slow",
      endless: "Endless",
    },
  },
};
const checks = valueChecks({ model: MODEL, exceptions: { "In.free": "AWS does not hold to it", Free: "answered" } });
const LENGTHS = "Member must have length less than or equal to 4, Member must have length greater than or equal to 2";
const NAME = `[${LENGTHS}, Member must satisfy regular expression pattern: [a-z]+]`;

test.each<[string, string, unknown, readonly string[]]>([
  ["a text within all", "name", "abc", []],
  [
    "a text that is too short and of other letters",
    "name",
    "1",
    ["Member must have length greater than or equal to 2", "Member must satisfy regular expression pattern: [a-z]+"],
  ],
  ["a text of which a part fits", "name", "ab1", ["Member must satisfy regular expression pattern: [a-z]+"]],
  ["a text that is too long", "name", "abcde", ["Member must have length less than or equal to 4"]],
  ["letters outside of the basic plane, counted once each", "bytes", "🚀🚀🚀", []],
  ["a number that is too great", "count", 10, ["Member must have value less than or equal to 9"]],
  ["a number that is too small", "count", 0, ["Member must have value greater than or equal to 1"]],
  ["a value of no enumeration", "kind", "C", ["Member must satisfy enum value set: [A, B]"]],
  ["a list with a wrong item, told with all that is asked of items", "names", ["ab", "1"], [`Member must satisfy constraint: ${NAME}`]],
  ["a list that is too long", "names", ["ab", "ab", "ab"], ["Member must have length less than or equal to 2"]],
  ["a map with a wrong key", "tags", { A: "A" }, [`Map keys must satisfy constraint: ${NAME}`]],
  ["a map with a wrong value", "tags", { ab: "C" }, ["Map value must satisfy constraint: [Member must satisfy enum value set: [A, B]]"]],
  ["too many bytes", "bytes", new Uint8Array(4), ["Member must have length less than or equal to 3"]],
])("%s", (_what, member, value, texts) => {
  const check = checks("In", member);
  expect(check && brokenBy(value, check).map(constraintText)).toEqual(texts);
});

test.each([
  ["slow", 400, ["length"]],
  ["slow", 10_000_000, ["length"]],
  ["endless", 100_000, []],
  ["endless", 10_000_000, ["pattern"]],
])("of %s, %d characters are judged without the stack's end: %j", (member, length, told) => {
  const check = checks("In", member);
  const kinds = check && brokenBy(`${"a-".repeat(length / 2)}a`, check).map(({ kind }) => kind);
  expect(kinds).toEqual(told);
});

test("a member that is excepted, alone or wherever it stands, is not checked", () => {
  expect([checks("In", "free"), checks("In", "Free"), checks("Other", "name")]).toEqual([undefined, undefined, undefined]);
});

const ONE: Violation = { kind: "broken", path: "a", wireName: "A", shown: "x", constraint: { kind: "one-of", values: ["y"] } };

test("all that is wrong is told in one sentence; a secret is not told with it, and what is missing is null", () => {
  expect(violationsText([ONE])).toBe(
    "1 validation error detected: Value 'x' at 'a' failed to satisfy constraint: Member must satisfy enum value set: [y]",
  );
  const missing: Violation = { ...ONE, kind: "missing", path: "b", shown: null, constraint: { kind: "not-null" } };
  expect(violationsText([{ ...ONE, shown: undefined }, missing])).toBe(
    "2 validation errors detected: Value at 'a' failed to satisfy constraint: Member must satisfy enum value set: [y]; Value null at 'b' failed to satisfy constraint: Member must not be null",
  );
});

test("of very many, the first hundred are told, and how many there are", () => {
  const text = violationsText(Array.from({ length: 250_000 }, (_, at) => ({ ...ONE, path: `a.${at}` })));
  expect(text).toMatch(/^250000 validation errors detected: Value 'x' at 'a\.0' failed .* at 'a\.99' failed [^;]*; \.\.\.$/);
  expect(violationsText(Array<Violation>(100).fill(ONE))).toMatch(/^100 validation errors detected: .*\[y\]$/);
});

test("a value or a place of ten thousand characters is told whole, and of a longer one so much", () => {
  const told = (length: number): string => violationsText([{ ...ONE, shown: "v".repeat(length), path: "p".repeat(length) }]);
  expect(told(10_000)).toContain(`Value '${"v".repeat(10_000)}' at '${"p".repeat(10_000)}' failed`);
  expect(told(10_001)).toContain(`Value '${"v".repeat(10_000)}...' at '${"p".repeat(10_000)}...' failed`);
});

/** What an exponential pattern would not refuse in the lifetime of this machine. */
const PUMPED = ["a", "0", "*", "-", "_", ".", "/", ":", "a-", "a.", "A/", " "].flatMap((part) => [
  `${part.repeat(120)}\u0000`,
  `a${part.repeat(120)}\u0000`,
]);

test.each(SERVICES.map((service) => [service.id, service] as const))(
  "the patterns of %s are readable, and refuse quickly",
  async (_id, service) => {
    const { constraints } = await service.operations();
    const patterns = new Set(Object.values(constraints.model.shapes).flatMap(({ pattern }) => pattern ?? []));
    const judge = (pattern: string): readonly boolean[] => PUMPED.map((text) => patternOf(pattern).test(text));
    expect(() => [...patterns].map(judge)).not.toThrow();
  },
);

test("what stands in for a slow pattern means the same", () => {
  const slow = "^[a-z0-9*](?:[._\\-/a-z0-9*]?[a-z0-9*]+)*$";
  const alphabet = ["a", "*", ".", "/", "A"];
  const words = Array.from({ length: 5 ** 5 }, (_, at) => [...at.toString(5)].map((digit) => alphabet[Number(digit)]).join(""));
  for (const word of ["", ...words]) expect([word, patternOf(slow).test(word)]).toEqual([word, new RegExp(slow).test(word)]);
});

test.each(SERVICES.map((service) => [service.id, service] as const))(
  "%s: data and exceptions are of members that there are",
  async (id, service) => {
    const { constraints, operations } = await service.operations();
    const { client } = await loadService(service);
    const structures = new Map<string, Shape & { kind: "structure" | "union" }>();
    for (const { name } of operations) collect(operationSchema(client, name)?.input, structures);
    const unknown = [...structures.values()].flatMap(({ name, byName }) =>
      Object.keys(constraints.model.members[name] ?? {})
        .filter((member) => !byName.has(member))
        .map((member) => `${name}.${member}`),
    );
    expect(unknown.filter((key) => !NOT_IN_SDK.includes(key))).toEqual([]);
    const constrained = [...structures.keys()].filter((name) => constraints.model.members[name]);
    expect([id, constrained.length > 0]).toEqual([id, true]);
    const keys = new Set(
      [...structures.values()].flatMap(({ name, members }) => members.flatMap((member) => [member.name, `${name}.${member.name}`])),
    );
    expect(Object.keys(constraints.exceptions).filter((key) => !keys.has(key))).toEqual([]);
  },
);

/** Members that only the newer one of the two descriptions of a service has. */
const NOT_IN_SDK: readonly string[] = [
  "ListCertificatesRequest.RootHierarchyTypes",
  "RequestCertificateRequest.CertificateUsage",
  "AcmCertificateMetadataFilter.RootHierarchyType",
  "RequestCertificateRequest.RootHierarchyType",
];

function collect(shape: Shape | undefined, found: Map<string, Shape & { kind: "structure" | "union" }>): void {
  if (shape?.kind === "list") collect(shape.item.shape, found);
  if (shape?.kind === "map") collect(shape.value.shape, found);
  if ((shape?.kind !== "structure" && shape?.kind !== "union") || found.has(shape.name)) return;
  found.set(shape.name, shape);
  for (const member of shape.members) collect(member.shape, found);
}

test("a whole input is told of at once, nested members by their places", async () => {
  const service = SERVICES.find(({ id }) => id === "iam");
  if (!service) throw new Error("there is no IAM");
  const loaded = await loadService(service);
  const input = {
    RoleName: "a b",
    Tags: [
      { Key: "ok", Value: "v" },
      { Key: "no!", Value: "v" },
    ],
  };
  expect(() => settleInput(loaded.schema("CreateRole")?.input, input, loaded)).toThrow(
    "3 validation errors detected: Value 'a b' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+; " +
      "Value null at 'assumeRolePolicyDocument' failed to satisfy constraint: Member must not be null; " +
      "Value 'no!' at 'tags.2.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+",
  );
});

test("of an input with much that is wrong, what is told of is kept, and the rest is counted", async () => {
  const service = SERVICES.find(({ id }) => id === "iam");
  if (!service) throw new Error("there is no IAM");
  const loaded = await loadService(service);
  const input = { RoleName: "r", AssumeRolePolicyDocument: "{}", Tags: Array.from({ length: 1000 }, () => ({})) };
  const refused = (): unknown => settleInput(loaded.schema("CreateRole")?.input, input, loaded);
  expect(refused).toThrow(/^2001 validation errors detected: .*; \.\.\.$/);
  expect(refused).toThrow(expect.objectContaining({ violations: expect.objectContaining({ length: 100 }) }) as Error);
});

test("a number with a fraction is of the wrong type where none can be", async () => {
  const service = SERVICES.find(({ id }) => id === "ecs");
  if (!service) throw new Error("there is no ECS");
  const loaded = await loadService(service);
  expect(() => settleInput(loaded.schema("CreateService")?.input, { serviceName: "s", desiredCount: 1.5 }, loaded)).toThrow(
    "DECIMAL_VALUE can not be converted to an Integer",
  );
});
