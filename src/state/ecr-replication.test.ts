import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { keyOf, putImageRecord } from "../testing/image-records.ts";
import { beginLayerUpload, layerUploads, notePart, SMALLEST_PART } from "./ecr-layer-uploads.ts";
import { backfillItemKey, backfillItems, backfills, KEPT_MS, knownBackfills, UNDER_WAY } from "./ecr-replication-backfills.ts";
import {
  destinationsOf,
  queueReplication,
  replicationConfigurations,
  replicationKey,
  replicationRules,
  replications,
  type ReplicationRecord,
  type ReplicationRule,
} from "./ecr-replication.ts";
import {
  imageScans,
  inventories,
  isScanDue,
  packagesOf,
  registryScanning,
  requestScan,
  scanKey,
  scanningRulesOf,
  type ImageScanRecord,
} from "./ecr-scans.ts";
import { imageKey } from "./ecr.ts";
import { JournaledState } from "./journaled-state.ts";
import type { WholeState } from "./state.ts";

const APP = keyOf("app");
const [A, B] = ["sha256:a", "sha256:b"] as const;
const scope = { account: "123456789012", region: "us-east-1" };
const europe = { region: "eu-west-1", registryId: "123456789012" };
const theirs = { region: "us-east-1", registryId: "210987654321" };
let state: WholeState;

beforeEach(() => {
  state = new JournaledState(memoryJournal());
});

const configure = (...rules: readonly ReplicationRule[]): void =>
  state.commit(() => void state.table(replicationConfigurations).put({ ...scope, rules }));

describe("a repository is replicated", () => {
  test.each<[string, readonly ReplicationRule[], readonly object[]]>([
    ["nowhere without a rule", [], []],
    ["wherever a rule without a filter says", [{ destinations: [europe, theirs], filters: [] }], [europe, theirs]],
    ["where one of the filters is how its name begins", [{ destinations: [europe], filters: ["other", "te"] }], [europe]],
    ["not where none is", [{ destinations: [europe], filters: ["app", "eam"] }], []],
    [
      "to each place once",
      [
        { destinations: [europe], filters: [] },
        { destinations: [theirs, europe], filters: ["team"] },
      ],
      [europe, theirs],
    ],
    [
      "by a rule after one that is of others",
      [
        { destinations: [europe], filters: ["x"] },
        { destinations: [theirs], filters: [] },
      ],
      [theirs],
    ],
  ])("%s", (_, rules, destinations) => {
    configure(...rules);
    expect(destinationsOf(state, { ...scope, name: "team/app" })).toEqual(destinations);
  });

  test("as the configuration of its account and region says", () => {
    configure({ destinations: [europe], filters: [] });
    expect(replicationRules(state, { ...scope, more: "not looked at" } as never)).toHaveLength(1);
    expect(replicationRules(state, { ...scope, region: "eu-west-1" })).toEqual([]);
    expect(destinationsOf(state, { ...scope, account: "210987654321", name: "app" })).toEqual([]);
  });
});

describe("a push is queued", () => {
  const repository = { ...scope, name: "app" };
  const queue = (tags: readonly string[], now = 5): void => queueReplication(state, repository, { repository: APP, digest: A }, tags, now);
  const queued = (to: ReplicationRule["destinations"][number]) => state.table(replications).get(replicationKey(imageKey(APP, A), to));
  const waiting = (changes: Partial<ReplicationRecord> = {}): ReplicationRecord => ({
    ...{ ...europe, repository: APP, digest: A, status: "IN_PROGRESS", tags: ["1"], queuedAt: 5 },
    ...changes,
  });

  test("for each place that it goes to", () => {
    queue(["1"]);
    expect(state.table(replications).size).toBe(0);
    configure({ destinations: [europe, theirs], filters: [] });
    queue(["1", "1"]);
    expect([queued(europe), queued(theirs)]).toEqual([waiting(), waiting(theirs)]);
    expect(state.table(replications).by("image", imageKey(APP, A))).toHaveLength(2);
    expect(replicationKey("image", theirs)).toBe("image>210987654321/us-east-1");
  });

  test("with what waits already", () => {
    configure({ destinations: [europe], filters: [] });
    queue(["1", "2"]);
    queue(["2", "3"], 9);
    expect(queued(europe)).toEqual(waiting({ tags: ["1", "2", "3"], queuedAt: 9 }));
  });

  test.each(["COMPLETE", "FAILED"] as const)("anew where the last one is %s", (status) => {
    configure({ destinations: [europe], filters: [] });
    state.commit(() => state.table(replications).put(waiting({ status, failureCode: "KmsException" })));
    queue(["2"], 9);
    expect(queued(europe)).toEqual(waiting({ tags: ["2"], queuedAt: 9 }));
  });
});

describe("a backfill", () => {
  const put = (id: string, changes: object = {}): void =>
    state.commit(
      () => void state.table(backfills).put({ ...scope, id, destination: europe, status: "COMPLETE", startedAt: 0, ...changes } as never),
    );

  test("is told of for ninety days, in its registry", () => {
    put("running", { status: "IN_PROGRESS" });
    put("ended", { endedAt: 10 });
    put("long ago", { endedAt: 9 });
    put("elsewhere", { region: "eu-west-1" });
    put("theirs", { account: "210987654321" });
    const known = knownBackfills(state, { ...scope, more: "not looked at" } as never, 9 + KEPT_MS);
    expect(known.map(({ id }) => id)).toEqual(["running", "ended"]);
    expect(KEPT_MS).toBe(7_776_000_000);
    expect(UNDER_WAY).toEqual(["PREPARING", "IN_PROGRESS", "STOPPING"]);
  });

  test("counts an image once for each tag", () => {
    const item = { backfill: "one", repository: APP, digest: A };
    expect([backfillItemKey(item), backfillItemKey({ ...item, tag: "1" })]).toEqual([`one/${APP}@${A}:`, `one/${APP}@${A}:1`]);
    state.commit(() => {
      for (const tags of [{}, { tag: "1" }, { tag: "2" }, { tag: "1", backfill: "two" }])
        state.table(backfillItems).put({ ...item, status: "WAITING", ...tags });
    });
    expect(state.table(backfillItems).by("backfill", "one")).toHaveLength(3);
    expect(state.of("210987654321").table(backfillItems).size).toBe(0);
    expect(state.of(scope.account).table(backfillItems).size).toBe(4);
  });
});

describe("a layer in parts", () => {
  const upload = (id = "new") => state.table(layerUploads).get(id);
  const part = (bytes: number, now: number): void => {
    const known = upload();
    if (known) notePart(state, known, bytes, now);
  };

  test("is begun, and what nobody went on with for a day is forgotten", () => {
    const now = 100 * 3_600_000;
    beginLayerUpload(state, "forgotten", APP, now - 86_400_001);
    beginLayerUpload(state, "kept", APP, now - 86_400_000);
    beginLayerUpload(state, "new", APP, now);
    expect([...state.table(layerUploads).values()].map(({ id }) => id)).toEqual(["kept", "new"]);
    expect(upload()).toEqual({ id: "new", repository: APP, lastPart: 0, partTooSmall: false, touchedAt: now });
    expect(state.table(layerUploads).by("repository", APP)).toHaveLength(2);
  });

  test.each<[string, readonly number[], boolean]>([
    ["one small part", [1], false],
    ["a small part at the end", [SMALLEST_PART, 1], false],
    ["a small part in between", [SMALLEST_PART, SMALLEST_PART - 1, SMALLEST_PART], true],
    ["a small part long before", [1, SMALLEST_PART, SMALLEST_PART], true],
    ["large parts", [SMALLEST_PART, SMALLEST_PART], false],
    ["nothing before a part", [0, SMALLEST_PART], false],
  ])("may have %s, or not", (_, parts, partTooSmall) => {
    beginLayerUpload(state, "new", APP, 0);
    for (const [at, bytes] of parts.entries()) part(bytes, at + 1);
    expect(upload()).toEqual({ id: "new", repository: APP, lastPart: parts.at(-1), partTooSmall, touchedAt: parts.length });
    expect(SMALLEST_PART).toBe(5_242_880);
  });
});

describe("a scan", () => {
  const image = () => putImageRecord(state, APP, A);
  const scan = (type: "BASIC" | "ENHANCED" = "BASIC") => state.table(imageScans).get(scanKey(APP, A, type));

  test("is asked for, and keeps what was found before", () => {
    const asked = {
      ...{ repository: APP, digest: A, scanType: "BASIC", status: "IN_PROGRESS" },
      ...{ description: "The scan is in progress.", requestedAt: 5, findings: [] },
    };
    requestScan(state, image(), "BASIC", 5);
    expect(scan()).toEqual(asked);
    const findings = [{ id: "CVE-1", firstObservedAt: 1 }] as never;
    state.commit(() =>
      state.table(imageScans).put({ ...asked, status: "COMPLETE", completedAt: 6, findings } as unknown as ImageScanRecord),
    );
    requestScan(state, image(), "ENHANCED", 7);
    requestScan(state, image(), "BASIC", 8);
    expect(scan()).toEqual({ ...asked, requestedAt: 8, findings });
    expect(scan("ENHANCED")).toEqual({ ...asked, scanType: "ENHANCED", requestedAt: 7 });
    expect(state.table(imageScans).by("image", imageKey(APP, A))).toHaveLength(2);
    expect(state.table(imageScans).by("digest", A)).toHaveLength(2);
    expect(scanKey(APP, A, "BASIC")).toBe(`${APP}@${A} BASIC`);
  });

  test.each([
    [{ status: "IN_PROGRESS" }, true],
    [{ status: "PENDING" }, true],
    [{ status: "COMPLETE" }, false],
    [{ status: "ACTIVE" }, false],
    [{ status: "ACTIVE", reassess: true }, true],
  ])("with %o is due: %s", (record, due) => {
    expect(isScanDue(record as ImageScanRecord)).toBe(due);
  });

  test("looks at the packages that something can be known of", () => {
    const found = (name: string) => ({ name, version: "1" }) as never;
    const inventory = {
      digest: A,
      sources: [
        { ecosystem: "Alpine", file: "installed", layer: B, packages: [found("a"), found("b")] },
        { file: "unknown", layer: B, packages: [found("c")] },
        { ecosystem: "npm", file: "package.json", layer: A, packages: [found("d")] },
      ],
    };
    expect(packagesOf(inventory)).toEqual([
      { name: "a", version: "1", ecosystem: "Alpine", file: "installed", layer: B },
      { name: "b", version: "1", ecosystem: "Alpine", file: "installed", layer: B },
      { name: "d", version: "1", ecosystem: "npm", file: "package.json", layer: A },
    ]);
    state.commit(() => state.table(inventories).put(inventory));
    expect(state.of("210987654321").table(inventories).get(A)).toBe(inventory);
  });

  test("is of the kind that its registry has, basic where nothing was said", () => {
    state.commit(() => state.table(registryScanning).put({ ...scope, scanType: "ENHANCED", rules: [] }));
    expect(scanningRulesOf(state, { ...scope, more: "not looked at" } as never).scanType).toBe("ENHANCED");
    expect(scanningRulesOf(state, { ...scope, region: "eu-west-1" })).toEqual({ scanType: "BASIC", rules: [] });
  });
});
