import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { secretBox } from "../../drivers/system/secret-box.ts";
import { keyRecord } from "../../testing/key-record.ts";
import { JournaledState } from "../journaled-state.ts";
import type { WholeState } from "../state.ts";
import { aliases } from "./aliases.ts";
import { grants } from "./grants.ts";
import { currentMaterial, keys, keyState, materialIsThere, type KeyRecord } from "./keys.ts";
import { expireKey, isReplica, nextEvent, relatedKeys, rotateKey, settleKey } from "./lifecycle.ts";

const DAY = 86_400_000;
const secrets = secretBox(Buffer.alloc(32, 1));
const MRK = `mrk-${"1".repeat(32)}`;
const [material] = keyRecord().material as [KeyRecord["material"][number]];
let state: WholeState;

beforeEach(() => {
  state = new JournaledState(memoryJournal());
});

function put(changes: Partial<KeyRecord> = {}): KeyRecord {
  return state.commit(() => state.table(keys).put(keyRecord(changes)));
}
const stored = ({ arn }: KeyRecord): KeyRecord | undefined => state.table(keys).get(arn);
const at = (now: number) => ({ state, secrets, now });
const imported = (...expiries: readonly (number | undefined)[]): Partial<KeyRecord> => ({
  origin: "EXTERNAL",
  material: expiries.map((expiresAt, index) => ({ ...material, id: `${index}`, ...(expiresAt === undefined ? {} : { expiresAt }) })),
});

test.each<[string, Partial<KeyRecord>, ReturnType<typeof keyState>]>([
  ["is enabled", {}, "Enabled"],
  ["was disabled", { enabled: false }, "Disabled"],
  ["waits for its end", { deletion: { windowInDays: 7, at: 101 } }, "PendingDeletion"],
  ["is at its end", { deletion: { windowInDays: 7, at: 100 } }, undefined],
  ["waits for its replicas' end", { deletion: { windowInDays: 7 } }, "PendingReplicaDeletion"],
  ["got no material yet", { origin: "EXTERNAL", material: [] }, "PendingImport"],
  ["has material that never was the current one", { origin: "EXTERNAL", material: [{ id: "a", sealed: "s" }] }, "PendingImport"],
  ["has all its material", imported(undefined, 101), "Enabled"],
  ["has all of it, and was disabled", { ...imported(101), enabled: false }, "Disabled"],
  ["misses an old one", { origin: "EXTERNAL", material: [{ id: "a", since: 0 }, material] }, "PendingImport"],
  ["misses one that is not in use yet", { origin: "EXTERNAL", material: [material, { id: "b" }] }, "Enabled"],
  ["has one that has expired", imported(100, undefined), "PendingImport"],
  ["is AWS's, whose material is there", { material: [] }, "Enabled"],
])("the state of a key that %s", (_, changes, expected) => {
  expect(keyState(keyRecord(changes), 100)).toBe(expected);
});

test("the current material is the last that became so", () => {
  const [first, second, waiting] = [{ id: "1", since: 1 }, { id: "2", since: 2 }, { id: "3" }];
  expect(currentMaterial(keyRecord({ material: [first, second, waiting] }))).toBe(second);
  expect(currentMaterial(keyRecord({ material: [waiting] }))).toBeUndefined();
});

test.each([
  [{ sealed: "s" }, true],
  [{ sealed: "s", expiresAt: 101 }, true],
  [{ sealed: "s", expiresAt: 100 }, false],
  [{}, false],
])("material %o is there: %s", (parts, there) => {
  expect(materialIsThere({ id: "a", ...parts }, 100)).toBe(there);
});

describe("rotation", () => {
  const due = { rotation: { periodInDays: 90, nextAt: 1000 } };

  test("comes at its moment, with material of its own, and not before", () => {
    const key = put(due);
    expect(settleKey(at(999), key)).toBe(key);
    const rotated = settleKey(at(1000), key);
    expect(rotated).toEqual({
      ...key,
      rotation: { periodInDays: 90, nextAt: 1000 + 90 * DAY },
      material: [
        material,
        { id: expect.stringMatching(/^[0-9a-f]{64}$/) as string, sealed: expect.any(String) as string, since: 1000, rotation: "AUTOMATIC" },
      ],
    });
    expect(stored(key)).toEqual(rotated);
  });

  test.each([
    [1000 + 90 * DAY - 1, 1],
    [1000 + 90 * DAY, 2],
    [1000 + 200 * DAY, 3],
  ])("that was missed until %i counts once, and the next keeps its rhythm", (now, periods) => {
    const rotated = settleKey(at(now), put(due));
    expect(rotated.material).toHaveLength(2);
    expect(rotated.rotation?.nextAt).toBe(1000 + periods * 90 * DAY);
  });

  test.each<[string, Partial<KeyRecord>]>([
    ["has none", {}],
    ["is disabled", { ...due, enabled: false }],
    ["is about to end", { ...due, deletion: { windowInDays: 7, at: 9999 } }],
    ["is a replica", { ...due, id: MRK, multiRegion: { primaryRegion: "eu-west-1" } }],
  ])("does not come to a key that %s", (_, changes) => {
    const key = put(changes);
    expect(settleKey(at(5000), key)).toBe(key);
    expect(stored(key)).toEqual(key);
  });

  test("comes to a primary key and its replicas at once, and to nobody else", () => {
    const multiRegion = { primaryRegion: "us-east-1" };
    const primary = put({ id: MRK, multiRegion, ...due });
    const replica = put({ id: MRK, multiRegion, region: "eu-west-1", description: "replica" });
    const other = put();
    expect(relatedKeys(state, primary)).toEqual([replica]);
    expect([isReplica(primary), isReplica(replica), isReplica(other)]).toEqual([false, true, false]);
    const rotated = settleKey(at(1000), primary);
    expect(stored(replica)).toEqual({ ...replica, material: rotated.material });
    expect(stored(other)).toEqual(other);
  });

  test("on demand says so", () => {
    const rotated = rotateKey(at(5), put(), "ON_DEMAND");
    expect(rotated.material.map(({ since, rotation }) => [since, rotation])).toEqual([
      [0, undefined],
      [5, "ON_DEMAND"],
    ]);
  });
});

test.each<[string, Partial<KeyRecord>, number | undefined]>([
  ["nothing", {}, undefined],
  ["its rotation", { rotation: { periodInDays: 90, nextAt: 1000 } }, 1000],
  ["no rotation while it is disabled", { rotation: { periodInDays: 90, nextAt: 1000 }, enabled: false }, undefined],
  ["no rotation of a replica", { rotation: { periodInDays: 90, nextAt: 1000 }, multiRegion: { primaryRegion: "eu-west-1" } }, undefined],
  ["its end, and no rotation before it", { rotation: { periodInDays: 90, nextAt: 1000 }, deletion: { windowInDays: 7, at: 2000 } }, 2000],
  ["no end while it waits for its replicas", { deletion: { windowInDays: 7 } }, undefined],
  ["the first end of its material", imported(3000, 2000, undefined), 2000],
  ["no end of material that is gone", { material: [{ id: "a", since: 0, expiresAt: 2000 }] }, undefined],
  ["no end of material that has ended", imported(100), undefined],
])("what comes next of a key: %s", (_, changes, expected) => {
  expect(nextEvent(keyRecord(changes), 100)).toBe(expected);
});

describe("what is due", () => {
  test("is a rotation", () => {
    const key = put({ rotation: { periodInDays: 90, nextAt: 1000 } });
    expireKey(at(1000), key);
    expect(stored(key)?.material).toHaveLength(2);
  });

  test("is the end of imported material: its secret goes, the rest stays", () => {
    const key = put({ ...imported(1000, 1001, undefined), tags: [{ TagKey: "a", TagValue: "b" }] });
    expireKey(at(999), key);
    expect(stored(key)).toBe(key);
    expireKey(at(1000), key);
    const [, second, third] = key.material;
    expect(stored(key)).toEqual({ ...key, material: [{ id: "0", since: 0 }, second, third] });
    const version = stored(key);
    expireKey(at(1000), version ?? key);
    expect(stored(key)).toBe(version);
  });

  test("is the end of a key, with its aliases and grants, and of no other", () => {
    const key = put({ deletion: { windowInDays: 7, at: 1000 } });
    const other = put({ id: "99999999-2222-3333-4444-555555555555" });
    const scope = { account: key.account, region: key.region };
    const grant = { granteePrincipal: "p", issuingAccount: key.account, operations: [], tokens: [], createdAt: 0 };
    state.commit(() => {
      for (const [name, { arn: target }] of [
        ["alias/a", key],
        ["alias/b", key],
        ["alias/c", other],
      ] as const)
        state.table(aliases).put({ ...scope, arn: `arn:aws:kms:us-east-1:123456789012:${name}`, name, target, createdAt: 0, updatedAt: 0 });
      for (const [id, { arn }] of [
        ["1", key],
        ["2", key],
        ["3", other],
      ] as const)
        state.table(grants).put({ ...grant, id, key: arn });
    });
    expireKey(at(999), key);
    expect(stored(key)).toBe(key);
    expireKey(at(1000), key);
    expect([...state.table(keys).values()]).toEqual([other]);
    expect([...state.table(aliases).values()].map(({ name }) => name)).toEqual(["alias/c"]);
    expect([...state.table(grants).values()].map(({ id }) => id)).toEqual(["3"]);
  });

  test("is the end of the last replica, with which the window of its primary key begins", () => {
    const multiRegion = { primaryRegion: "us-east-1" };
    const ending = { windowInDays: 7, at: 1000 };
    const primary = put({ id: MRK, multiRegion, deletion: { windowInDays: 9 } });
    const first = put({ id: MRK, multiRegion, region: "eu-west-1", deletion: ending });
    const second = put({ id: MRK, multiRegion, region: "eu-west-2", deletion: ending });
    expireKey(at(1000), first);
    expect(stored(primary)).toEqual(primary);
    expireKey(at(1000), second);
    expect(stored(primary)).toEqual({ ...primary, deletion: { windowInDays: 9, at: 1000 + 9 * DAY } });
  });

  test.each<[string, Partial<KeyRecord>]>([
    ["that nobody deletes", {}],
    ["whose window has begun", { deletion: { windowInDays: 9, at: 5000 } }],
  ])("leaves a primary key %s as it is", (_, changes) => {
    const multiRegion = { primaryRegion: "us-east-1" };
    const primary = put({ id: MRK, multiRegion, ...changes });
    expireKey(at(1000), put({ id: MRK, multiRegion, region: "eu-west-1", deletion: { windowInDays: 7, at: 1000 } }));
    expect(stored(primary)).toEqual(primary);
  });
});
