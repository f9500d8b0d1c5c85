import { expect, test } from "vitest";
import { ManualClock } from "../../testing/manual-clock.ts";
import { silentEngine } from "../../testing/silent-engine.ts";
import { dockerEngine } from "./engine.ts";
import { watchEvents } from "./events.ts";

test("an engine that hangs is noticed although its stream of events stays open, and looked through when it is back", async () => {
  await using silent = await silentEngine({ "GET /events": (_, response) => response.flushHeaders() });
  const clock = new ManualClock();
  const engine = dockerEngine({ socketPath: silent.socketPath, clock });
  const away: (string | undefined)[] = [];
  let resynced = 0;
  let told: () => void = () => undefined;
  const news = (): Promise<void> => new Promise((resolve) => (told = resolve));
  const watch = await watchEvents({
    engine,
    clock,
    label: "of=mine",
    onEvent: () => undefined,
    resync: async () => void (resynced += 1),
    warn: () => undefined,
    away: (why) => {
      away.push(why);
      told();
    },
  });
  await silent.asked("GET /events");

  // As long as it answers, nothing is said.
  for (let beat = 0; beat < 3; beat += 1) {
    clock.advance(10_000);
    await silent.asked("GET /_ping");
    await engine.ping();
    await clock.settled();
  }
  expect(away).toEqual([]);

  silent.hang();
  clock.advance(10_000);
  await silent.asked("GET /_ping");
  const hung = news();
  clock.advance(10_000);
  await hung;
  expect(away[0]).toBe("the Docker engine did not answer GET /_ping within 10 seconds");
  expect(resynced).toBe(0);
  let connected = false;
  await silent.asked("GET /events");
  const back = watch.connected().then(() => (connected = true));
  await clock.settled();
  expect(connected).toBe(false);
  const again = news();
  clock.advance(10_000);
  await again;
  expect(away.at(-1)).toBe("the Docker engine did not answer GET /events within 10 seconds");

  silent.answer();
  clock.advance(50);
  await back;
  expect(away.at(-1)).toBeUndefined();
  expect(resynced).toBe(1);
  expect(watch.generation()).toBe(1);
  watch.close();
  engine.close();
});
