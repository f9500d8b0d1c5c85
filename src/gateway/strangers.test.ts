import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { isInTurn, Strangers } from "./strangers.ts";

function strangers() {
  const clock = { now: 0 };
  return { clock, turns: new Strangers({ rate: 10, burst: 3 }, () => clock.now) };
}

test("a burst is in turn at once; what comes faster than the rate waits longer and longer, until it is not taken", () => {
  const { turns } = strangers();
  const waits = Array.from({ length: 24 }, () => turns.turn("a"));
  expect(waits.slice(0, 5)).toEqual([0, 0, 0, 100, 200]);
  expect(waits.slice(-2)).toEqual([2000, undefined]);
});

test("who was not taken does not make the others wait longer", () => {
  const { clock, turns } = strangers();
  for (let count = 0; count < 100; count += 1) turns.turn("a");
  clock.now = 100;
  expect(turns.turn("a")).toBe(2000);
});

test("at the rate nobody waits, and after a pause there is a burst again", () => {
  const { clock, turns } = strangers();
  for (let count = 0; count < 3; count += 1) turns.turn("a");
  for (let count = 0; count < 5; count += 1) {
    clock.now += 100;
    expect(turns.turn("a")).toBe(0);
  }
  clock.now += 300;
  expect([turns.turn("a"), turns.turn("a"), turns.turn("a"), turns.turn("a")]).toEqual([0, 0, 0, 100]);
});

test("each address has turns of its own", () => {
  const { turns } = strangers();
  for (let count = 0; count < 10; count += 1) turns.turn("a");
  expect(turns.turn("b")).toBe(0);
});

test("the connection of who is not taken is closed; who waits, and is gone when the turn comes, has none", async () => {
  const { turns } = strangers();
  const socketOf = (remoteAddress: string, destroyed = false): Socket => {
    const socket = { remoteAddress, destroyed, destroy: () => (socket.destroyed = true) };
    return socket as unknown as Socket;
  };
  const taken = socketOf("a");
  expect([await isInTurn(turns, taken), taken.destroyed]).toEqual([true, false]);
  for (let count = 0; count < 100; count += 1) turns.turn("a");
  const tooMany = socketOf("a");
  expect([await isInTurn(turns, tooMany), tooMany.destroyed]).toEqual([false, true]);
  expect(await isInTurn(turns, socketOf("b", true))).toBe(false);
});
