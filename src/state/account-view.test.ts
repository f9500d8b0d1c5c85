import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { JournaledState } from "./journaled-state.ts";
import { defineTable, ofAccount, shared } from "./table.ts";

interface Thing {
  readonly name: string;
  readonly account: string;
  readonly colour: string;
}

const A = "123456789012";
const B = "222222222222";
const things = defineTable<Thing>()("ecs.things", ({ name }) => name, ofAccount, { colour: ({ colour }) => colour });
const others = defineTable<Thing>()("kms.things", ({ name }) => name, ofAccount, {});
const common = defineTable<Thing>()("host.things", ({ name }) => name, shared, {});
const ofA: Thing = { name: "a", account: A, colour: "red" };
const ofB: Thing = { name: "b", account: B, colour: "red" };

let state: JournaledState;
beforeEach(() => {
  state = new JournaledState(memoryJournal());
  state.commit(() => {
    for (const table of [things, others, common]) for (const thing of [ofA, ofB]) state.table(table).put(thing);
  });
});

test("an account sees what is its own, by key, by index and in lists, and what all share", () => {
  const table = state.of(B).table(things);
  expect(table.get("a")).toBeUndefined();
  expect(table.has("a")).toBe(false);
  expect(table.by("colour", "red")).toEqual([ofB]);
  expect([...table.values()]).toEqual([ofB]);
  expect(table.size).toBe(1);
  expect(table.get("b")).toEqual(ofB);
  expect(state.of(B).table(common).size).toBe(2);
});

describe("an account writes nothing of another", () => {
  test.each<[string, (view: ReturnType<JournaledState["of"]>) => void]>([
    ["a new record", (view) => view.table(things).put({ ...ofA, name: "new" })],
    ["another's record in its own name", (view) => view.table(things).put({ ...ofA, account: B })],
  ])("%s", (_, write) => {
    const view = state.of(B);
    expect(() => view.commit(() => write(view))).toThrow("belongs to another account");
    expect([...state.table(things).values()]).toEqual([ofA, ofB]);
  });

  test("changes and deletions find nothing", () => {
    const view = state.of(B);
    view.commit(() => {
      expect(view.table(things).update("a", (thing) => ({ ...thing, colour: "blue" }))).toBeUndefined();
      expect(view.table(things).delete("a")).toBe(false);
      expect(view.table(things).update("b", (thing) => ({ ...thing, colour: "blue" }))).toMatchObject({ colour: "blue" });
    });
    expect(state.table(things).get("a")).toEqual(ofA);
  });
});

describe("what policies of another account allowed is opened", () => {
  test("for its service alone, and for the one request", () => {
    const view = state.of(B);
    view.open(`arn:aws:ecs:us-east-1:${A}:thing/a`);
    expect(view.table(things).get("a")).toEqual(ofA);
    expect(view.table(others).get("a")).toBeUndefined();
    expect(state.of(B).table(things).get("a")).toBeUndefined();
  });

  test.each(["*", `arn:aws:ecs:us-east-1:*:thing/a`, `arn:aws:ecs:us-east-1:${B}:thing/b`, "arn:aws:ecs:::a"])(
    "by an ARN of an account, not by %j",
    (resource) => {
      const view = state.of(B);
      view.open(resource);
      expect(view.table(things).get("a")).toBeUndefined();
    },
  );
});

describe("an account does with its own records what anybody does", () => {
  test("it counts, inserts, replaces and deletes them", () => {
    const view = state.of(B);
    const table = view.table(things);
    const blue = { ...ofB, name: "c", colour: "blue" };
    view.commit(() => {
      expect(table.insert(blue)).toBe(blue);
      expect(table.replace(blue, { ...blue, colour: "red" })).toEqual({ ...blue, colour: "red" });
    });
    expect([table.count("colour", "red"), table.count("colour", "blue"), table.size]).toEqual([2, 0, 2]);
    view.note(() => void table.update("c", (thing) => ({ ...thing, colour: "green" })));
    expect(table.get("c")?.colour).toBe("green");
    expect(view.commit(() => table.delete("c"))).toBe(true);
    expect([table.has("c"), state.table(things).size]).toEqual([false, 2]);
  });

  test.each<[string, (view: ReturnType<JournaledState["of"]>) => void]>([
    ["inserts", (view) => view.table(things).insert({ ...ofA, name: "new" })],
    ["replaces", (view) => view.table(things).replace(ofA, { ...ofA, colour: "blue" })],
    ["takes over", (view) => view.table(things).replace(ofA, { ...ofA, account: B })],
  ])("and none of another's: it neither %s", (_, write) => {
    const view = state.of(B);
    expect(() => view.commit(() => write(view))).toThrow(
      /^ecs\.things (new|a) belongs to another account than the request's: nothing was written$/,
    );
    expect([...state.table(things).values()]).toEqual([ofA, ofB]);
  });

  test("its account and the whole are told, and durable is what was committed", async () => {
    const view = state.of(B);
    expect([view.account, view.whole]).toEqual([B, state]);
    view.commit(() => view.table(things).delete("b"));
    await expect(view.durable()).resolves.toBeUndefined();
  });
});

test("load balancers are opened under the name that their ARNs have", () => {
  const balancers = defineTable<Thing>()("elb.things", ({ name }) => name, ofAccount, {});
  const plain = defineTable<Thing>()("plain", ({ name }) => name, ofAccount, {});
  state.commit(() => [balancers, plain].map((table) => state.table(table).put(ofA)));
  const view = state.of(B);
  expect(view.table(balancers).has("a")).toBe(false);
  view.open(`arn:aws:elasticloadbalancing:us-east-1:${A}:loadbalancer/app/a/1`);
  expect([view.table(balancers).has("a"), view.table(things).has("a"), view.table(plain).has("a")]).toEqual([true, false, false]);
});
