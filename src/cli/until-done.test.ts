import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { untilDone } from "./until-done.ts";

const CLOCK = join(import.meta.dirname, "../drivers/system/clock.ts");
const UNTIL_DONE = join(import.meta.dirname, "until-done.ts");

/** What a program of its own says that waits by the system's clock alone. */
async function said(wait: string): Promise<string> {
  const program = `import { systemClock } from ${JSON.stringify(CLOCK)};
import { untilDone } from ${JSON.stringify(UNTIL_DONE)};
const waited = new Promise((resolve) => void systemClock.after(100, () => resolve("done")));
void ${wait}.then((text) => console.log(text));`;
  return (await promisify(execFile)(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", program])).stdout.trim();
}

test("a program goes on until what it waits for is done, if only a timer of the system's clock is left", { timeout: 30_000 }, async () => {
  expect(await said("waited")).toBe("");
  expect(await said("untilDone(waited)")).toBe("done");
});

test("what fails, fails", async () => {
  await expect(untilDone(Promise.reject(new Error("no")))).rejects.toThrow("no");
});
