import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openTroubles, readTroubles } from "./troubles.ts";

test("a trouble is there since it was told first and until it is over, and not after a restart", async () => {
  const folder = await mkdtemp(join(tmpdir(), "troubles-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  let now = 1000;
  const troubles = openTroubles(folder, () => now);
  expect(readTroubles(folder)).toEqual([]);
  troubles.tell("engine", "it hangs");
  now = 2000;
  troubles.tell("engine", "it is away");
  troubles.tell("proxy", "it does not start");
  expect(readTroubles(folder)).toEqual([
    { since: 1000, text: "it is away" },
    { since: 2000, text: "it does not start" },
  ]);
  expect((await stat(join(folder, "troubles.json"))).mode & 0o777).toBe(0o600);
  troubles.tell("engine", undefined);
  expect(readTroubles(folder)).toEqual([{ since: 2000, text: "it does not start" }]);
  openTroubles(folder, () => now);
  expect(readTroubles(folder)).toEqual([]);
});
