import { ECRClient, PutRegistryScanningConfigurationCommand } from "@aws-sdk/client-ecr";
import { expect, test, vi } from "vitest";
import { repositoryKey } from "../../state/ecr.ts";
import { imageScans, inventories, requestScan, scanKey } from "../../state/ecr-scans.ts";
import { HeldJournal } from "../../testing/held-journal.ts";
import { osvRecord } from "../../testing/osv-records.ts";
import { scanningWorld } from "../../testing/scanning-world.ts";
import { imageScanning } from "./image-scanning.ts";

const layer = {
  "etc/os-release": 'ID=debian\nVERSION_ID="12"',
  "var/lib/dpkg/status": "Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\nSource: zlib\nVersion: 1:1.2.13",
};
const zlib = osvRecord({ id: "CVE-2026-1", ecosystem: "Debian:12", name: "zlib" });
const app = repositoryKey({ account: "123456789012", region: "us-east-1" }, "app");

const silent = { info: () => undefined, warn: () => undefined, error: (text: string) => expect.unreachable(text) };

test("a scan that a stop has cut off is carried out at the next start", async () => {
  await using world = await scanningWorld();
  const { state } = world.platform;
  await world.repository("app");
  world.vulnerabilities.take([zlib]);
  const { digest } = await world.push("app", "v1", layer);
  await world.stopScanning();
  requestScan(state, { repository: app, digest }, "BASIC", world.clock.now());
  expect(state.table(imageScans).get(scanKey(app, digest, "BASIC"))?.status).toBe("IN_PROGRESS");
  await using _loop = imageScanning({ ...world.platform, vulnerabilities: world.vulnerabilities, logger: silent });
  await world.scanned();
  expect(state.table(imageScans).get(scanKey(app, digest, "BASIC"))).toMatchObject({
    status: "COMPLETE",
    findings: [{ name: "CVE-2026-1" }],
  });
});

test("what was pushed or became continuous when no loop was there is scanned at the next start; what was scanned is left alone", async () => {
  await using world = await scanningWorld();
  const { state } = world.platform;
  await world.repository("app");
  world.vulnerabilities.take([zlib]);
  const rules = [{ scanFrequency: "CONTINUOUS_SCAN" as const, repositoryFilters: [{ filter: "*", filterType: "WILDCARD" as const }] }];
  const before = await world.push("app", "v1", layer);
  await world.client(ECRClient).send(new PutRegistryScanningConfigurationCommand({ scanType: "ENHANCED", rules }));
  await world.scanned();
  const scanOf = (digest: string) => state.table(imageScans).get(scanKey(app, digest, "ENHANCED"));
  const scanned = scanOf(before.digest);
  expect(scanned?.status).toBe("ACTIVE");
  await world.stopScanning();
  const after = await world.push("app", "v2", { ...layer, "etc/motd": "v2" });
  expect(scanOf(after.digest)).toBeUndefined();
  await using _loop = imageScanning({ ...world.platform, vulnerabilities: world.vulnerabilities, logger: silent });
  await world.scanned();
  await expect.poll(() => scanOf(after.digest)?.status).toBe("ACTIVE");
  expect(scanOf(before.digest)).toBe(scanned);
});

test("new data is a commit for some hundred images, not one for each", async () => {
  await using world = await scanningWorld();
  const { state } = world.platform;
  await world.repository("app");
  world.vulnerabilities.take([zlib]);
  const rules = [{ scanFrequency: "CONTINUOUS_SCAN" as const, repositoryFilters: [{ filter: "*", filterType: "WILDCARD" as const }] }];
  await world.client(ECRClient).send(new PutRegistryScanningConfigurationCommand({ scanType: "ENHANCED", rules }));
  for (const tag of ["v1", "v2", "v3"]) await world.push("app", tag, { ...layer, "etc/motd": tag });
  await world.scanned();
  const commits = vi.spyOn(state, "commit");
  world.vulnerabilities.take([zlib]);
  await world.scanned();
  // One that asks for all, and one for each outcome.
  await expect.poll(() => commits.mock.calls.length).toBe(1 + 3);
  expect([...state.table(imageScans).values()].map(({ reassess }) => reassess ?? false)).toEqual([false, false, false]);
});

test("a stop does not wait for what is being read, and what was read is kept as long as a repository has the image", async () => {
  await using world = await scanningWorld();
  const { state } = world.platform;
  await world.repository("app", { scanOnPush: true });
  await world.repository("copy");
  world.vulnerabilities.take([zlib]);
  const { digest } = await world.push("app", "v1", layer);
  await world.push("copy", "v1", layer);
  await world.scanned();
  const has = () => state.table(inventories).has(digest);
  expect(has()).toBe(true);
  for (const [name, left] of [
    ["app", true],
    ["copy", false],
  ] as const) {
    await world.fetch(`/v2/${name}/manifests/${digest}`, { method: "DELETE" });
    await world.scanned();
    expect(has()).toBe(left);
  }
  expect([...state.table(imageScans).values()]).toEqual([]);

  const large = await world.push("app", "v2", { ...layer, "usr/share/large": "x".repeat(20_000_000) });
  await world.stopScanning();
  expect(state.table(imageScans).get(scanKey(app, large.digest, "BASIC"))?.status).toBe("IN_PROGRESS");
});

test("a stop is over when what was found before it is on the disk", async () => {
  const journal = new HeldJournal();
  await using world = await scanningWorld({ journal });
  await world.repository("app");
  const { digest } = await world.push("app", "v1", layer);
  // What was read is known, so that the scan itself writes nothing else.
  requestScan(world.platform.state, { repository: app, digest }, "BASIC", world.clock.now());
  await world.scanned();
  journal.hold();
  requestScan(world.platform.state, { repository: app, digest }, "ENHANCED", world.clock.now());
  await world.scanned();
  const key = scanKey(app, digest, "ENHANCED");
  expect(journal.durable(imageScans, key)).toBeUndefined();
  let stopped = false;
  const stop = world.stopScanning().then(() => (stopped = true));
  await world.clock.settled();
  expect(stopped).toBe(false);
  journal.letGo();
  await stop;
  expect(journal.durable<{ readonly status: string }>(imageScans, key)?.status).toBe(
    world.platform.state.table(imageScans).get(key)?.status,
  );
});
