import { describe, expect, test } from "vitest";
import { memoryVulnerabilityData } from "../../drivers/memory/vulnerability-data.ts";
import type { ImageRecord, RepositoryRecord } from "../../state/ecr.ts";
import { images, repositories } from "../../state/ecr.ts";
import {
  imageScans,
  inventories,
  registryScanning,
  requestScan,
  scanKey,
  type ImageScanRecord,
  type RegistryScanningRecord,
  type ScanType,
} from "../../state/ecr-scans.ts";
import { imageWorld, SOURCE } from "../../testing/image-world.ts";
import { osvRecord } from "../../testing/osv-records.ts";
import { imageScanning } from "./image-scanning.ts";

const zlib = osvRecord({ id: "CVE-2026-1", ecosystem: "Debian:12", name: "zlib" });

/** Images of which it is known what they have, so that none is read. */
function world() {
  const made = imageWorld();
  const { state, parts, repository, clock } = made;
  const vulnerabilities = memoryVulnerabilityData();
  vulnerabilities.take([zlib]);
  const image = (of: RepositoryRecord, content: string, changes: Partial<ImageRecord> = {}): ImageRecord => {
    const one = made.image(of, content, [], changes);
    const packages = [{ name: "zlib1g", version: "1.0", source: { name: "zlib", version: "1.0" } }];
    const source = { ecosystem: "Debian:12", file: "var/lib/dpkg/status", layer: "sha256:l", packages };
    state.commit(() => state.table(inventories).put({ digest: one.digest, sources: [source] }));
    return one;
  };
  const rule = (scanType: ScanType, ...frequencies: readonly RegistryScanningRecord["rules"][number]["scanFrequency"][]): void => {
    const filters = ["app"];
    const rules = frequencies.map((scanFrequency) => ({ scanFrequency, filters }));
    state.commit(() => state.table(registryScanning).put({ ...SOURCE, scanType, rules }));
  };
  const scanOf = ({ repository: key, digest }: ImageRecord, scanType: ScanType = "BASIC"): ImageScanRecord | undefined =>
    state.table(imageScans).get(scanKey(key, digest, scanType));
  return {
    ...made,
    vulnerabilities,
    image,
    rule,
    scanOf,
    app: repository("app"),
    clock,
    start: () => imageScanning({ ...parts, vulnerabilities }),
  };
}

describe("an image that is pushed", () => {
  test.each<[string, boolean, Partial<ImageRecord>]>([
    ["an image", true, {}],
    ["an image that is archived", false, { status: "ARCHIVED" }],
    ["an image that is fetched back", false, { status: "ACTIVATING" }],
    ["an artifact that refers to an image", false, { subject: "sha256:a" }],
    ["an archived one that refers to an image", false, { status: "ARCHIVED", subject: "sha256:a" }],
    ["an index, which is told that it is none", true, { kind: "index" }],
    ["an index that refers to an image", true, { kind: "index", subject: "sha256:a" }],
    ["an index that is archived", false, { kind: "index", status: "ARCHIVED" }],
  ])("%s: it is scanned is %s", async (_what, isScanned, changes) => {
    const { clock, repository, image, scanOf, start } = world();
    const asked = repository("asked", { scanOnPush: true });
    await using _loop = start();
    await clock.settled();
    const record = image(asked, "one", changes);
    await clock.settled();
    expect(scanOf(record) !== undefined).toBe(isScanned);
  });

  test("is scanned where its repository or a rule asks for it, and nowhere else", async () => {
    const { clock, repository, image, scanOf, rule, start, app } = world();
    rule("BASIC", "SCAN_ON_PUSH");
    await using _loop = start();
    await clock.settled();
    const [byRule, byHand] = [image(app, "one"), image(repository("other"), "one")];
    await clock.settled();
    expect(scanOf(byRule)).toMatchObject({ status: "COMPLETE", requestedAt: clock.now(), findings: [{ name: "CVE-2026-1" }] });
    expect(scanOf(byHand)).toBeUndefined();
  });

  test("is scanned once, however its record changes", async () => {
    const { clock, state, image, scanOf, rule, start, app } = world();
    rule("BASIC", "SCAN_ON_PUSH");
    await using _loop = start();
    await clock.settled();
    const one = image(app, "one");
    await clock.settled();
    const scanned = scanOf(one);
    clock.advance(1000);
    state.commit(() => state.table(images).update(images.key(one), (record) => ({ ...record, tags: ["more"] })));
    await clock.settled();
    expect(scanOf(one)).toBe(scanned);
  });

  test("to a repository that is gone at once is not scanned, and disturbs nobody", async () => {
    const { clock, state, image, rule, start, app, logged } = world();
    rule("BASIC", "SCAN_ON_PUSH");
    await using _loop = start();
    await clock.settled();
    state.commit(() => {
      state.table(repositories).delete(repositories.key(app));
      image(app, "one");
    });
    await clock.settled();
    expect([state.table(imageScans).size, logged]).toEqual([0, []]);
  });
});

describe("under continuous scanning", () => {
  test("new data has all looked at again that was, and asks for what never was", async () => {
    const { clock, state, image, scanOf, rule, start, app, vulnerabilities } = world();
    const one = image(app, "one");
    rule("ENHANCED", "CONTINUOUS_SCAN");
    await using _loop = start();
    await clock.settled();
    const first = scanOf(one, "ENHANCED");
    expect(first).toMatchObject({ status: "ACTIVE", findings: [{ firstObservedAt: clock.now() }] });
    clock.advance(1000);
    vulnerabilities.take([zlib, osvRecord({ id: "CVE-2026-2", ecosystem: "Debian:12", name: "zlib" })]);
    await clock.settled();
    const again = scanOf(one, "ENHANCED");
    expect(again?.findings.map(({ name, firstObservedAt }) => [name, clock.now() - firstObservedAt]).toSorted()).toEqual([
      ["CVE-2026-1", 1000],
      ["CVE-2026-2", 0],
    ]);
    // It was asked for when it was asked for first.
    expect([again?.requestedAt, again?.reassess]).toEqual([first?.requestedAt, undefined]);
    expect(state.table(imageScans).size).toBe(1);
  });

  test("new rules ask for what is not scanned so already, and for nothing elsewhere", async () => {
    const { clock, repository, image, scanOf, rule, start, app } = world();
    const [one, other] = [image(app, "one"), image(repository("other"), "one")];
    const archived = image(app, "two", { status: "ARCHIVED" });
    await using _loop = start();
    await clock.settled();
    expect(scanOf(one, "ENHANCED")).toBeUndefined();
    rule("ENHANCED", "CONTINUOUS_SCAN");
    await clock.settled();
    const scanned = scanOf(one, "ENHANCED");
    expect([scanned?.status, scanOf(other, "ENHANCED"), scanOf(archived, "ENHANCED")]).toEqual(["ACTIVE", undefined, undefined]);
    clock.advance(1000);
    rule("ENHANCED", "CONTINUOUS_SCAN", "SCAN_ON_PUSH");
    await clock.settled();
    expect(scanOf(one, "ENHANCED")).toBe(scanned);
  });

  test("a scan of the other kind is over when it is", async () => {
    const { clock, state, image, scanOf, rule, start, app } = world();
    rule("ENHANCED", "CONTINUOUS_SCAN");
    const one = image(app, "one");
    requestScan(state, one, "BASIC", 7);
    await using _loop = start();
    await clock.settled();
    expect([scanOf(one)?.status, scanOf(one, "ENHANCED")?.status]).toEqual(["COMPLETE", "ACTIVE"]);
  });
});

test("an image that cannot be read has a scan that failed, and says why", async () => {
  const { clock, state, parts, image, scanOf, app } = world();
  const one = image(app, "one");
  state.commit(() => state.table(inventories).delete(one.digest));
  const blobs: typeof parts.blobs = Object.assign(Object.create(parts.blobs) as typeof parts.blobs, {
    in: () => ({ read: () => Promise.reject(new Error("no such blob")) }),
  });
  requestScan(state, one, "BASIC", 7);
  await using _loop = imageScanning({ ...parts, blobs, vulnerabilities: memoryVulnerabilityData() });
  await clock.settled();
  expect(scanOf(one)).toMatchObject({
    status: "FAILED",
    description: "The image could not be scanned: its manifest cannot be read: no such blob.",
  });
});

test("what is known of an image goes with it, of what it has with the last repository that has it", async () => {
  const { clock, state, repository, image, scanOf, start, app } = world();
  const [one, copy] = [image(app, "one"), image(repository("copy"), "one")];
  for (const scanType of ["BASIC", "ENHANCED"] as const) requestScan(state, one, scanType, 7);
  requestScan(state, copy, "BASIC", 7);
  await using _loop = start();
  await clock.settled();
  const remove = async (record: ImageRecord): Promise<boolean> => {
    state.commit(() => state.table(images).delete(images.key(record)));
    await clock.settled();
    return state.table(inventories).has(one.digest);
  };
  expect(await remove(one)).toBe(true);
  expect([scanOf(one), scanOf(one, "ENHANCED"), scanOf(copy)?.status]).toEqual([undefined, undefined, "COMPLETE"]);
  expect(await remove(copy)).toBe(false);
  expect(state.table(imageScans).size).toBe(0);
});
