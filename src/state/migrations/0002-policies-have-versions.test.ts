import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import type { JournalRecord } from "../../ports/journal.ts";
import { policies } from "../iam.ts";
import { openState } from "../open-state.ts";
import { policiesHaveVersions } from "./0002-policies-have-versions.ts";
import { MIGRATIONS } from "./index.ts";
import type { Contents, Records } from "./migration.ts";

const ARN = "arn:aws:iam::123456789012:policy/p";
const before = { arn: ARN, account: "123456789012", name: "p", path: "/", id: "ANPA", createdAt: 5, document: "{}" };
const after = {
  arn: ARN,
  account: "123456789012",
  name: "p",
  path: "/",
  id: "ANPA",
  createdAt: 5,
  versions: [{ id: "v1", document: "{}", createdAt: 5 }],
  defaultVersionId: "v1",
  nextVersion: 2,
  updatedAt: 5,
};

function contentsOf(tables: Readonly<Record<string, Records>>): Contents {
  return { table: (name) => tables[name] ?? new Map<string, Record<string, unknown>>() };
}

test("a policy's one document is its version v1, and what has versions stays as it is", () => {
  const versioned = { ...after, arn: "other", versions: [], nextVersion: 7 };
  const [stored, others] = [new Map<string, Record<string, unknown>>(), new Map<string, Record<string, unknown>>()];
  stored.set(ARN, before).set("other", versioned);
  others.set("x", { document: "{}" });
  const contents = contentsOf({ "iam.policies": stored, "other.policies": others });
  for (const _time of ["once", "and once more"]) {
    policiesHaveVersions.migrate(contents);
    expect([...stored]).toEqual([
      [ARN, after],
      ["other", versioned],
    ]);
    expect(others.get("x")).toEqual({ document: "{}" });
  }
});

test("the steps lead from the first version to today's, one by one, and say what they do", () => {
  expect(MIGRATIONS.map(({ to }) => to)).toEqual(MIGRATIONS.map((_, at) => at + 2));
  for (const { title } of MIGRATIONS) expect(title).toMatch(/^\w.{10,}/);
});

test("a policy of an old folder is found as today's", async () => {
  const record: JournalRecord = { table: "iam.policies", key: ARN, value: JSON.stringify(before) };
  const state = await openState(memoryJournal(new Map([[`iam.policies\n${ARN}`, record]])), { migrations: MIGRATIONS });
  expect(state.table(policies).get(ARN)).toEqual(after);
});
