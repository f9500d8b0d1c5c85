import { describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { JournaledState } from "./journaled-state.ts";
import {
  findParameter,
  latest,
  parameterArn,
  parameterNamed,
  parameterReference,
  parameters,
  policyDue,
  type ParameterPolicyRecord,
  type ParameterVersionRecord,
} from "./parameters.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const OWN = "arn:aws:ssm:us-east-1:123456789012:";

function stateWith(...names: readonly string[]): JournaledState {
  const state = new JournaledState(memoryJournal());
  const version = { version: 1, type: "String", value: "v", modifiedAt: 0, modifiedBy: "root", tier: "Standard", dataType: "text" };
  state.commit(() => {
    for (const name of names) state.table(parameters).put({ ...scope, name, versions: [version], tags: [] } as never);
  });
  return state;
}

test.each([
  ["/den/p", "/den/p"],
  ["key", "key"],
  [`${OWN}parameter/den/p`, "/den/p"],
  [`${OWN}parameter/den/p:1`, "/den/p"],
  [`${OWN}parameter/key`, "key"],
  [`${OWN}parameter//den/p`, undefined],
  [`${OWN}parameter//key`, undefined],
  [`${OWN}parameterden/p`, undefined],
  [`${OWN}parameterxkey`, undefined],
  [`${OWN}parameter`, undefined],
  [`${OWN}document/key`, undefined],
  [`${OWN}/den/p`, undefined],
  ["arn:aws:secretsmanager:us-east-1:123456789012:parameter/key", undefined],
])("%s names %s, and policies are asked about what it names", (text, name) => {
  const reference = parameterReference(scope, text);
  const { parameter } = findParameter(stateWith("/den/p", "key"), reference);
  expect(parameter?.name).toBe(name);
  const asked = parameterArn(reference.scope, reference.names[0] ?? "");
  expect(parameter === undefined ? asked : parameterArn(parameter, parameter.name)).toBe(asked);
});

describe("a version", () => {
  const of = (version: number, labels?: readonly string[]) => ({ version, ...(labels && { labels }) }) as ParameterVersionRecord;
  const versions = [of(1, ["old"]), of(2, ["prod", "good"]), of(3)];
  const state = stateWith("key", "/den/p");
  state.commit(() => state.table(parameters).put({ ...scope, name: "key", versions, tags: [] }));

  test.each<[string, number | undefined]>([
    ["key", 3],
    ["key:1", 1],
    ["key:old", 1],
    ["key:good", 2],
    ["key:3", 3],
    ["key:4", undefined],
    ["key:goo", undefined],
    ["key:", undefined],
    [`${OWN}parameter/key:prod`, 2],
  ])("of %s is %s", (text, version) => {
    const found = findParameter(state, parameterReference(scope, text));
    expect([found.parameter?.name, found.version?.version]).toEqual(["key", version]);
  });

  test("is none of what is not there", () => {
    expect(findParameter(state, parameterReference(scope, "none:1"))).toEqual({ parameter: undefined, version: undefined });
    expect(() => latest({ ...scope, name: "key", versions: [], tags: [] })).toThrow("the parameter key has no version");
  });
});

test.each([
  ["key", "key"],
  ["/key", "key"],
  ["den", "/den"],
  ["/den", "/den"],
  ["/den/p", "/den/p"],
  ["den/p", undefined],
  ["", undefined],
  ["/", undefined],
  ["none", undefined],
])("a parameter that is called %j is %s", (asked, name) => {
  const state = stateWith("key", "/den", "/den/p");
  expect(parameterNamed(state, scope, asked)?.name).toBe(name);
  expect(findParameter(state, parameterReference(scope, asked)).parameter?.name).toBe(name);
  expect(parameterNamed(state, { ...scope, region: "eu-west-1" }, asked)).toBeUndefined();
});

test("what follows a name is kept with its colon, and nothing where nothing follows", () => {
  expect(parameterReference({ ...scope, more: "not kept" } as never, "/den/p:1:2")).toEqual({ scope, names: ["/den/p"], selector: ":1:2" });
  expect(parameterReference(scope, "a\nb")).toEqual({ scope, names: ["a\nb", "/a\nb"] });
  expect(parameterReference(scope, `${OWN.replace("us-east-1", "eu-west-1")}parameter/key:prod`)).toEqual({
    scope: { ...scope, region: "eu-west-1" },
    names: ["/key", "key"],
    selector: ":prod",
  });
});

test.each<[object, readonly object[], number | undefined]>([
  [{ type: "Expiration", at: 99 }, [], 99],
  [{ type: "NoChangeNotification", after: 10 }, [], 15],
  [
    { type: "ExpirationNotification", before: 9 },
    [
      { type: "NoChangeNotification", after: 1 },
      { type: "Expiration", at: 99 },
    ],
    90,
  ],
  [{ type: "ExpirationNotification", before: 9 }, [{ type: "NoChangeNotification", after: 1 }], undefined],
])("the policy %o beside %o is due at %s", (policy, policies, due) => {
  const version = { modifiedAt: 5, policies } as unknown as ParameterVersionRecord;
  expect(policyDue(policy as ParameterPolicyRecord, version)).toBe(due);
  const { policies: _, ...bare } = version;
  expect(policyDue({ text: "", type: "ExpirationNotification", before: 9 }, bare)).toBeUndefined();
});
