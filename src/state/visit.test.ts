import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import type { Journal } from "../ports/journal.ts";
import { JournaledState } from "./journaled-state.ts";
import type { Visit } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

interface Pet {
  readonly account: string;
  readonly name: string;
  readonly kind: string;
  readonly likes: readonly string[];
}

const pets = defineTable<Pet>()("pets", (pet) => pet.name, ofAccount, { kind: (pet) => pet.kind, likes: (pet) => pet.likes });
const toys = defineTable<{ readonly account: string; readonly name: string }>()("toys", (toy) => toy.name, ofAccount);
const ACCOUNT = "123456789012";
const pet = (name: string, kind: string, ...likes: readonly string[]): Pet => ({ account: ACCOUNT, name, kind, likes });

/** Appends settle when, and as, the test says, in their order. */
let appends: { readonly resolve: () => void; readonly reject: (cause: unknown) => void }[];
let state: JournaledState;

beforeEach(async () => {
  appends = [];
  const journal: Journal = {
    ...memoryJournal(),
    append: () => new Promise<void>((resolve, reject) => appends.push({ resolve, reject })),
  };
  state = new JournaledState(journal);
  state.commit(() => [pet("Tom", "cat", "fish"), pet("Rex", "dog", "bone"), pet("Ana", "snake")].map((one) => state.table(pets).put(one)));
  await settle();
});

/** All that was appended so far is on disk. */
async function settle(): Promise<void> {
  for (const { resolve } of appends.splice(0)) resolve();
  await new Promise(setImmediate);
}

/** Whether what the visit has seen would survive a crash now. */
async function isDurable(visit: Visit): Promise<boolean> {
  let durable = false;
  visit.durable().then(
    () => (durable = true),
    () => undefined,
  );
  await new Promise(setImmediate);
  return durable;
}

const renamed = (): void => void state.commit(() => state.table(pets).update("Tom", (tom) => ({ ...tom, kind: "tiger", likes: ["meat"] })));
const removed = (): void => void state.commit(() => state.table(pets).delete("Tom"));
const added = (): void => void state.commit(() => state.table(pets).put(pet("Joe", "cat", "fish")));

describe("who was shown what is not durable yet waits for it", () => {
  test.each<[string, () => void, (visit: Visit) => unknown]>([
    ["a record that changed", renamed, (visit) => visit.table(pets).get("Tom")],
    ["that there is no such record any more", removed, (visit) => visit.table(pets).has("Tom")],
    ["a record under an index", renamed, (visit) => visit.table(pets).by("kind", "tiger")],
    ["that a record is not under an index any more", renamed, (visit) => visit.table(pets).by("kind", "cat")],
    ["one of several values", renamed, (visit) => visit.table(pets).by("likes", "meat")],
    ["a record that is new under an index", added, (visit) => visit.table(pets).by("likes", "fish")],
    ["how many there are", added, (visit) => visit.table(pets).count("kind", "cat")],
    ["the whole table", added, (visit) => [...visit.table(pets).values()]],
    ["its size", removed, (visit) => visit.table(pets).size],
    ["what it found nothing to change in", removed, (visit) => visit.commit(() => visit.table(pets).update("Tom", (tom) => tom))],
    [
      "that a name is taken",
      added,
      (visit) => expect(() => visit.commit(() => visit.table(pets).insert(pet("Joe", "dog")))).toThrow("is there already"),
    ],
    [
      "that somebody was quicker",
      renamed,
      (visit) => expect(() => visit.commit(() => visit.table(pets).replace(pet("Tom", "cat"), pet("Tom", "dog")))).toThrow("has changed"),
    ],
    ["that there was nothing to delete", removed, (visit) => visit.commit(() => visit.table(pets).delete("Tom"))],
    ["a record of its account", renamed, (visit) => visit.of(ACCOUNT).table(pets).get("Tom")],
    ["a record beyond its account", renamed, (visit) => visit.of("210987654321").whole.table(pets).get("Tom")],
  ])("%s", async (_what, change, look) => {
    const visit = state.visit();
    change();
    look(visit);
    expect(await isDurable(visit)).toBe(false);
    await settle();
    expect(await isDurable(visit)).toBe(true);
  });

  test("also where a table was seen whole, and emptied before that", async () => {
    state.commit(() => ["Tom", "Rex", "Ana"].map((name) => state.table(pets).delete(name)));
    const visit = state.visit();
    expect([...visit.table(pets).values()]).toEqual([]);
    expect(await isDurable(visit)).toBe(false);
  });

  test("of several commits for the last that it saw something of", async () => {
    renamed();
    const visit = state.visit();
    visit.table(pets).get("Tom");
    added();
    appends.shift()?.resolve();
    expect(await isDurable(visit)).toBe(true);
    visit.table(pets).get("Joe");
    expect(await isDurable(visit)).toBe(false);
  });
});

test("who sees something older after something newer waits for the newer", async () => {
  renamed();
  added();
  const visit = state.visit();
  visit.table(pets).get("Joe");
  visit.table(pets).get("Tom");
  visit.table(pets).get("Rex");
  appends.shift()?.resolve();
  expect(await isDurable(visit)).toBe(false);
  appends.shift()?.resolve();
  expect(await isDurable(visit)).toBe(true);
});

test("a visit begun from another waits for what it sees itself, and changes are watched through it", async () => {
  const seen: string[] = [];
  const visit = state.visit();
  const [within, apart] = [visit.visit(), visit.visit([pets])];
  visit.watch(pets, ({ key }) => seen.push(key));
  renamed();
  expect(await Promise.all([visit, within, apart].map(isDurable))).toEqual([true, true, false]);
  within.table(pets).get("Tom");
  expect(await Promise.all([visit, within].map(isDurable))).toEqual([true, false]);
  expect(seen).toEqual(["Tom"]);
});

describe("others' changes are not waited for", () => {
  test.each<[string, (visit: Visit) => unknown]>([
    ["another record", (visit) => visit.table(pets).get("Rex")],
    ["another value of an index", (visit) => visit.table(pets).by("kind", "dog")],
    ["another table", (visit) => visit.table(toys).size],
    ["nothing", () => undefined],
  ])("%s", async (_what, look) => {
    const visit = state.visit();
    renamed();
    look(visit);
    expect(await isDurable(visit)).toBe(true);
  });

  test("nor what came after it was seen", async () => {
    const visit = state.visit();
    visit.table(pets).get("Tom");
    renamed();
    expect(await isDurable(visit)).toBe(true);
  });

  test("where thousands are under way", async () => {
    for (let at = 0; at < 5_000; at += 1) state.commit(() => state.table(pets).put(pet(`p${at}`, "fly", `${at}`)));
    const [first, last, other] = [state.visit(), state.visit(), state.visit()];
    first.table(pets).get("p0");
    last.table(pets).by("likes", "4999");
    other.table(pets).get("Rex");
    for (const { resolve } of appends.splice(0, 4_000)) resolve();
    expect(await Promise.all([first, last, other].map(isDurable))).toEqual([true, false, true]);
    await settle();
    expect(await isDurable(last)).toBe(true);
  });
});

test("who commits waits for that, and not for who commits later", async () => {
  const visit = state.visit();
  visit.commit(() => visit.table(pets).put(pet("Joe", "cat")));
  renamed();
  expect(await isDurable(visit)).toBe(false);
  appends.shift()?.resolve();
  expect(await isDurable(visit)).toBe(true);
});

test.each<[string, (visit: Visit, change: () => void) => void]>([
  ["records what has happened", (visit, change) => visit.record(change)],
  ["notes what nobody counts on", (visit, change) => visit.note(change)],
])("who %s waits for that, and not where nothing was written", async (_, write) => {
  const [visit, idle] = [state.visit(), state.visit()];
  write(visit, () => void visit.table(pets).put(pet("Joe", "cat")));
  write(idle, () => undefined);
  expect(await Promise.all([visit, idle].map(isDurable))).toEqual([false, true]);
});

test("tables that others look into on its behalf count as seen", async () => {
  const visit = state.visit([pets]);
  renamed();
  expect(await isDurable(visit)).toBe(false);
  expect(await isDurable(state.visit([toys]))).toBe(true);
});

test("what the journal failed to keep is told to who saw it, and to nobody else", async () => {
  const [seeing, elsewhere] = [state.visit(), state.visit()];
  renamed();
  seeing.table(pets).get("Tom");
  elsewhere.table(pets).get("Rex");
  appends.shift()?.reject(new Error("disk full"));
  await expect(seeing.durable()).rejects.toThrow("disk full");
  await expect(elsewhere.durable()).resolves.toBeUndefined();
});
