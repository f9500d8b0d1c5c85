import { describe, expect, test } from "vitest";
import { holderOf, moveStage, unfinishedVersion, withPendingVersion } from "./secret-stages.ts";
import type { SecretRecord, SecretVersionRecord } from "./secrets.ts";

type Stages = Readonly<Record<string, readonly string[]>>;

const versionsOf = (stages: Stages): readonly SecretVersionRecord[] =>
  Object.entries(stages).map(
    ([id, own]) => ({ id, stages: own, kind: "text", sealed: "s", createdAt: 0 }) as unknown as SecretVersionRecord,
  );
const secretOf = (stages: Stages): SecretRecord => ({ versions: versionsOf(stages) }) as SecretRecord;
const stagesOf = (versions: readonly SecretVersionRecord[]): Stages => Object.fromEntries(versions.map(({ id, stages }) => [id, stages]));

describe("a stage moves", () => {
  test.each<[string, string, Stages, string | undefined, Stages]>([
    ["to a version", "MINE", { a: [], b: [] }, "b", { a: [], b: ["MINE"] }],
    ["from one to another", "MINE", { a: ["MINE", "X"], b: ["Y"] }, "b", { a: ["X"], b: ["Y", "MINE"] }],
    ["nowhere", "MINE", { a: ["MINE", "X"], b: [] }, undefined, { a: ["X"], b: [] }],
    ["to where it is", "AWSCURRENT", { a: ["AWSCURRENT"], b: ["AWSPREVIOUS"] }, "a", { a: ["AWSCURRENT"], b: ["AWSPREVIOUS"] }],
    [
      "and AWSCURRENT leaves AWSPREVIOUS behind",
      "AWSCURRENT",
      { a: ["AWSPREVIOUS"], b: ["AWSCURRENT"], c: ["AWSPENDING"] },
      "c",
      { a: [], b: ["AWSPREVIOUS"], c: ["AWSPENDING", "AWSCURRENT"] },
    ],
    ["and a first AWSCURRENT leaves none", "AWSCURRENT", { a: ["AWSPREVIOUS"], b: [] }, "b", { a: ["AWSPREVIOUS"], b: ["AWSCURRENT"] }],
  ])("%s", (_, stage, before, to, after) => {
    expect(stagesOf(moveStage(versionsOf(before), stage, to))).toEqual(after);
  });
});

test("who has a stage", () => {
  const secret = secretOf({ a: ["X"], b: ["Y", "Z"] });
  expect([holderOf(secret, "Z")?.id, holderOf(secret, "W")]).toEqual(["b", undefined]);
});

test("a rotation begins with an empty version, once", () => {
  const secret = secretOf({ a: ["AWSCURRENT"], old: ["AWSPENDING"] });
  const begun = withPendingVersion(secret, "new", 7);
  expect(stagesOf(begun.versions)).toEqual({ a: ["AWSCURRENT"], old: [], new: ["AWSPENDING"] });
  expect(begun.versions[2]).toEqual({ id: "new", stages: ["AWSPENDING"], kind: "empty", sealed: "", createdAt: 7 });
  expect(withPendingVersion(begun, "new", 9)).toBe(begun);
});

test.each<[string, Stages, string | undefined]>([
  ["was begun", { a: ["AWSCURRENT"], b: ["AWSPENDING"] }, "b"],
  ["has ended", { a: ["AWSPREVIOUS"], b: ["AWSPENDING", "AWSCURRENT"] }, undefined],
  ["was never begun", { a: ["AWSCURRENT"] }, undefined],
])("of a rotation that %s, what is left to end is %s", (_, stages, id) => {
  expect(unfinishedVersion(secretOf(stages))?.id).toBe(id);
});
