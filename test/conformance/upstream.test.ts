import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { conformanceWorld, FIRST, SECOND } from "./distribution-client.ts";
import { buildSuite, findGo, readVersion1, readVersion2, runSuite } from "./upstream-suite.ts";

const go = findGo();
const folder = process.env["AIRFIELD_CONFORMANCE_SUITE"];
/** A build takes a minute or two where nothing is cached. */
const BUILD_MS = 600_000;

describe("the suite of opencontainers/distribution-spec", () => {
  test.for(["1.1", "dev"] as const)("passes whole at %s", { timeout: BUILD_MS }, async (specification, context) => {
    const skip = (why: string): never => {
      process.stdout.write(`not run at ${specification}: ${why}\n`);
      return context.skip(why);
    };
    if (go === undefined) return skip("no Go toolchain: the suite is a Go program");
    const suite = await buildSuite(go, folder);
    if ("missing" in suite) return skip(suite.missing);
    if (suite.version === 1 && specification === "dev")
      return skip("version 1 of the suite knows no development version: name a checkout's conformance/ with AIRFIELD_CONFORMANCE_SUITE");
    await using world = await conformanceWorld();
    const password = (await world.aws("ecr", "get-login-password")).stdout.trim();
    const reports = join(world.home, "reports");
    const target = { host: world.host, repositories: [FIRST, SECOND], password, reports } as const;
    const { passed, failed, skipped, output } = await runSuite(suite, target, specification);
    process.stdout.write(
      `version ${suite.version} of the suite, at ${specification}: ${passed} passed, ${failed} failed, ${skipped} skipped\n`,
    );
    expect(failed, output).toBe(0);
    expect(passed).toBeGreaterThan(suite.version === 1 ? 60 : 500);
    expect(world.defects).toEqual([]);
  });
});

test.each([
  [
    "Ginkgo's last line",
    readVersion1,
    "\u001b[32mFAIL! \u001b[0m-- 70 Passed | \u001b[31m5 Failed\u001b[0m | 0 Pending | 4 Skipped",
    [70, 5, 4],
  ],
  ["version 2's counts", readVersion2, "  Skip..: 2\n  Pass..: 900\n  FAIL..: 3\n  Error..: 1\n", [900, 4, 2]],
  ["a suite that broke", readVersion1, "panic: no such host", undefined],
  ["a suite that could not start", readVersion2, "failed to load config", undefined],
] as const)("%s", (_what, read, output, counts) => {
  const told = read(output);
  expect(told && [told.passed, told.failed, told.skipped]).toEqual(counts);
});
