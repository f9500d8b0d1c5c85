import { expect, test } from "vitest";
import { BodyRoom } from "./body-room.ts";

/** A room of 100 bytes and a clock of its own; `gone` names those who had to go, in their order. */
function room() {
  const clock = { now: 0 };
  const gone: string[] = [];
  const bodies = new BodyRoom(100, () => clock.now);
  return { clock, gone, bodies, enter: (name: string, address = "a") => bodies.enter(address, () => gone.push(name)) };
}

test("as long as there is room, nobody goes; who leaves makes room", () => {
  const { gone, bodies, enter } = room();
  enter("first").grow(60);
  const second = enter("second");
  second.grow(40);
  second.leave();
  second.grow(1000);
  enter("third").grow(40);
  expect({ gone, bytes: bodies.bytes }).toEqual({ gone: [], bytes: 100 });
});

test("the body goes that took up most for longest, whoever comes last", () => {
  const { clock, gone, bodies, enter } = room();
  enter("small and old").grow(1);
  clock.now = 1000;
  enter("large and held").grow(50);
  clock.now = 2000;
  enter("large and quick").grow(50);
  expect(gone).toEqual(["large and held"]);
  expect(bodies.bytes).toBe(51);
});

test("it is one of the address that takes up most: another address cannot push anybody out", () => {
  const { clock, gone, enter } = room();
  enter("elsewhere", "b").grow(30);
  clock.now = 1000;
  for (const name of ["1", "2", "3"]) enter(name).grow(20);
  clock.now = 2000;
  enter("4").grow(20);
  expect(gone).toEqual(["1"]);
});

test("a body that is alone too large for the room goes itself", () => {
  const { gone, bodies, enter } = room();
  enter("whale").grow(101);
  expect({ gone, bytes: bodies.bytes }).toEqual({ gone: ["whale"], bytes: 0 });
});
