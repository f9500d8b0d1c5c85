import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { load } from "../../src/testing/load.ts";
import { webService } from "../../src/testing/web-service.ts";

const DEPLOYS = 10;

test("ten rolling deploys in a row under load lose no request", { timeout: 300_000 }, async () => {
  await using airfield = await airfieldProcess();
  await using web = await webService(airfield, { deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200 } });
  const versions = [await web.publish("v1"), await web.publish("v2")] as const;
  await web.deploy(versions[0]);
  await web.stable();
  expect(await web.get()).toContain("v1");

  const traffic = load(web.url);
  for (let deploy = 1; deploy <= DEPLOYS; deploy += 1) {
    await web.deploy(versions[(deploy % 2) as 0 | 1]);
    const { deployments = [] } = await web.describe();
    expect(deployments.map(({ status }) => status)).toEqual(["PRIMARY", "ACTIVE"]);
    await web.stable();
    expect((await web.describe()).deployments).toMatchObject([{ rolloutState: "COMPLETED", runningCount: 2 }]);
  }
  const { answered, failures, bodies } = await traffic.stop();
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(1000);
  expect([...bodies.keys()].sort()).toEqual(["v1", "v2"]);
});

test("minimumHealthyPercent and maximumPercent hold at every moment of a deploy", { timeout: 180_000 }, async () => {
  await using airfield = await airfieldProcess();
  await using web = await webService(airfield, {
    desiredCount: 4,
    deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 100 },
  });
  const versions = [await web.publish("v1"), await web.publish("v2")] as const;
  await web.deploy(versions[0]);
  await web.stable();
  await web.deploy(versions[1]);
  const seen: { readonly running: number; readonly total: number }[] = [];
  for (;;) {
    const { runningCount = 0, pendingCount = 0, deployments = [] } = await web.describe();
    seen.push({ running: runningCount, total: runningCount + pendingCount });
    if (deployments.length === 1 && deployments[0]?.rolloutState === "COMPLETED") break;
    // DescribeServices is all that a client has to look at.
    await pause(25);
  }
  expect(Math.min(...seen.map(({ running }) => running))).toBeGreaterThanOrEqual(2);
  expect(Math.max(...seen.map(({ total }) => total))).toBeLessThanOrEqual(4);
});
