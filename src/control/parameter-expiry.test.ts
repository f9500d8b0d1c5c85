import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import type { Journal } from "../ports/journal.ts";
import { parameters, type ParameterPolicyRecord } from "../state/parameters.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { HeldJournal } from "../testing/held-journal.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { parameterExpiry } from "./parameter-expiry.ts";

const HOUR = 3_600_000;

function expiryWorld(journal: Journal = memoryJournal()) {
  const clock = new ManualClock();
  const state = new JournaledState(journal);
  const told: string[] = [];
  const logger = {
    info: (text: string, fields?: Readonly<Record<string, unknown>>) =>
      void told.push(`${text}: ${String(fields?.["policy"] ?? fields?.["parameter"])}`),
    warn: () => undefined,
    error: (text: string) => expect.unreachable(text),
  };
  const put = (name: string, ...policies: readonly ParameterPolicyRecord[]): void => {
    const version = { version: 1, type: "String", value: "v", dataType: "text", tier: "Advanced", modifiedBy: "root" } as const;
    const scope = { account: "123456789012", region: "us-east-1" };
    state.commit(() =>
      state.table(parameters).put({ ...scope, name, tags: [], versions: [{ ...version, policies, modifiedAt: clock.now() }] }),
    );
  };
  return {
    clock,
    told,
    put,
    start: () => parameterExpiry({ state, clock, logger }),
    names: () => [...state.table(parameters).values()].map(({ name }) => name),
    expiration: (inMs: number) => ({ type: "Expiration", text: "{}", at: clock.now() + inMs }) as const,
  };
}

test("a parameter is there until it expires, and gone after that", async () => {
  const world = expiryWorld();
  await using _loop = world.start();
  world.put("short", world.expiration(HOUR));
  world.put("long", world.expiration(100 * 24 * HOUR));
  world.put("forever");
  await world.clock.pass(HOUR - 1);
  expect(world.names()).toEqual(["short", "long", "forever"]);
  await world.clock.pass(1);
  expect(world.names()).toEqual(["long", "forever"]);
  await world.clock.pass(100 * 24 * HOUR);
  expect(world.names()).toEqual(["forever"]);
});

test("that one expired is told only once it is durable", async () => {
  const journal = new HeldJournal();
  const world = expiryWorld(journal);
  await using _loop = world.start();
  world.put("short", world.expiration(HOUR));
  journal.hold();
  await world.clock.pass(HOUR);
  expect([world.names(), world.told]).toEqual([[], []]);
  journal.letGo();
  await world.clock.settled();
  expect(world.told).toEqual(["a parameter expired: short"]);
});

test("what expired while nobody watched is deleted at the start", async () => {
  const world = expiryWorld();
  world.put("old", world.expiration(HOUR));
  world.clock.advance(2 * HOUR);
  await using _loop = world.start();
  await world.clock.pass(1);
  expect(world.names()).toEqual([]);
});

test("an expiration that is put off is put off", async () => {
  const world = expiryWorld();
  await using _loop = world.start();
  world.put("p", world.expiration(HOUR));
  await world.clock.pass(1);
  world.put("p", world.expiration(3 * HOUR));
  await world.clock.pass(2 * HOUR);
  expect(world.names()).toEqual(["p"]);
  world.put("p");
  await world.clock.pass(2 * HOUR);
  expect(world.names()).toEqual(["p"]);
});

test("notifications are told once, each at its time", async () => {
  const world = expiryWorld();
  await using _loop = world.start();
  world.put(
    "p",
    world.expiration(3 * HOUR),
    { type: "ExpirationNotification", text: "{}", before: HOUR },
    { type: "NoChangeNotification", text: "{}", after: HOUR },
  );
  await world.clock.pass(HOUR);
  expect(world.told).toEqual(["a parameter's policy is due: NoChangeNotification"]);
  await world.clock.pass(HOUR);
  expect(world.told.slice(1)).toEqual(["a parameter's policy is due: ExpirationNotification"]);
  await world.clock.pass(HOUR);
  expect(world.told.slice(2)).toEqual(["a parameter expired: p"]);
});
