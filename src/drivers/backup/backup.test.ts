import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { packTar } from "modern-tar";
import { BackupError } from "./contents.ts";
import { recordIn } from "./copied-database.ts";
import { holdServer } from "./held-server.ts";
import { makeBackup } from "./make-backup.ts";
import { contentOf, found, storage, STREAM } from "../../testing/backed-up-storage.ts";
import { refuseHalfRestored } from "./under-way.ts";

test.each(["that runs", "that has stopped"])(
  "all that a server %s has acknowledged is in its backup, and comes back in a folder for its owner alone",
  async (how) => {
    const all = await storage();
    await all.journal.append([{ table: "t", key: "k", value: "1" }]);
    await all.logs.append(STREAM, [{ timestamp: 1, message: "said" }], 1);
    const digest = await all.push(randomBytes(3_000_000));
    await mkdir(join(all.folder, "accounts"));
    await writeFile(join(all.folder, "accounts", "222222222222.json"), "{}", { mode: 0o644 });
    await mkdir(join(all.folder, "host-volumes", "1"), { recursive: true });
    await writeFile(join(all.folder, "host-volumes", "1", "file"), "a task's");
    await symlink("/etc/passwd", join(all.folder, "accounts", "link"));
    if (how === "that has stopped") await all.stop();
    const made = await all.backUp();
    expect(made).toMatchObject({ head: { stateVersion: 3, registry: "contained", rootKey: "contained" }, passedOver: ["accounts/link"] });
    expect((await stat(join(all.parent, "backup.tar"))).mode & 0o777).toBe(0o600);
    expect((await readdir(all.parent)).toSorted()).toEqual(["backup.tar", "data"]);
    const restored = join(all.parent, "restored");
    expect(await all.restore()).toMatchObject({ files: made.files, bytes: made.bytes, head: made.head });
    const names = ["accounts", "credentials.json", "installation-id", "logs.db", "registry", "root-key", "root-key.check", "state.db"];
    expect((await readdir(restored)).toSorted()).toEqual(names);
    expect((await stat(restored)).mode & 0o777).toBe(0o700);
    for (const name of ["installation-id", "root-key", "credentials.json", "accounts/222222222222.json"]) {
      expect(await readFile(join(restored, name), "utf8")).toBe(await readFile(join(all.folder, name), "utf8"));
      expect((await stat(join(restored, name))).mode & 0o777).toBe(0o600);
    }
    const { records, events, blobs } = await found(restored);
    expect([records.get("k"), events, await contentOf(blobs, digest)]).toEqual(["1", ["said"], digest]);
  },
);

test("under writes, pushes and the collector, a backup has what was there when it was begun, and of what its state names every blob", async () => {
  const all = await storage();
  const named: string[] = [];
  let acknowledged = -1;
  let over = false;
  const change = (at: number) => ["first", "second"].map((which) => ({ table: "t", key: `${which} ${at}`, value: "1" }));
  const write = async (): Promise<void> => {
    for (let at = 0; !over; at += 1) {
      await all.journal.append(change(at));
      acknowledged = at;
      await all.logs.append(STREAM, [{ timestamp: at, message: String(at) }], at);
    }
  };
  const push = async (): Promise<void> => {
    while (!over) {
      const digest = await all.push(randomBytes(20_000));
      await all.journal.append([{ table: "blobs", key: digest, value: "1" }]);
      named.push(digest);
      // The state lets go of an older one, which the collector then takes away.
      const old = named.length > 20 ? named.shift() : undefined;
      if (old === undefined) continue;
      await all.journal.append([{ table: "blobs", key: old, value: undefined }]);
      await all.store.remove("ours", old);
    }
  };
  const working = [write(), push()];
  await vi.waitFor(() => expect(named.length).toBeGreaterThan(15), { timeout: 30_000 });
  const before = acknowledged;
  await all.backUp();
  over = true;
  await Promise.all(working);
  expect(acknowledged).toBeGreaterThan(before);
  await all.restore();
  const { records, events, blobs } = await found(join(all.parent, "restored"));
  for (let at = 0; at <= before; at += 1) expect([records.get(`first ${at}`), records.get(`second ${at}`)]).toEqual(["1", "1"]);
  const count = (prefix: string): number => [...records.keys()].filter((key) => key.startsWith(prefix)).length;
  expect(count("first")).toBe(count("second"));
  expect(events.length).toBeGreaterThanOrEqual(before);
  const digests = [...records.keys()].filter((key) => key.startsWith("sha256:"));
  expect(digests.length).toBeGreaterThan(10);
  for (const digest of digests) expect(await contentOf(blobs, digest)).toBe(digest);
}, 60_000);

test("while a backup is made no blob goes and the databases' files stay, also through checkpoints that are due; afterwards both go on", async () => {
  const all = await storage();
  const digest = await all.push(randomBytes(100));
  const fill = async (round: number): Promise<void> => {
    const records = Array.from({ length: 1_500 }, (_, at) => ({ table: "t", key: `${round} ${at}`, value: "x".repeat(2_000) }));
    const events = Array.from({ length: 3_000 }, () => ({ timestamp: 1, message: "m".repeat(2_000) }));
    await Promise.all([all.journal.append(records), all.logs.append(STREAM, events, 1)]);
  };
  const sizes = () => Promise.all(["state.db", "logs.db"].map(async (name) => (await stat(join(all.folder, name))).size));
  const held = await holdServer(all.folder);
  const before = await sizes();
  await fill(1);
  await fill(2);
  expect([await sizes(), await all.store.remove("ours", digest)]).toEqual([before, false]);
  await held?.databasesCopied();
  await fill(3);
  await fill(4);
  for (const [at, size] of (await sizes()).entries()) expect(size).toBeGreaterThan(before[at] ?? Infinity);
  expect(await all.store.remove("ours", digest)).toBe(false);
  await held?.allCopied();
  await held?.[Symbol.asyncDispose]();
  await vi.waitFor(async () => expect(await all.store.remove("ours", digest)).toBe(true));
});

test("whoever is at the door has nothing held for longer than they are there, and is sent away for what it does not know", async () => {
  const all = await storage();
  const digest = await all.push(randomBytes(100));
  const socket = connect(join(all.folder, "operator.sock"));
  const first = await new Promise<string>((resolve) => socket.once("data", (bytes) => resolve(bytes.toString())));
  expect(JSON.parse(first)).toEqual({ held: true });
  expect((await stat(join(all.folder, "operator.sock"))).mode & 0o777).toBe(0o600);
  expect(await all.store.remove("ours", digest)).toBe(false);
  socket.write("remove everything\n");
  await new Promise((resolve) => socket.once("close", resolve));
  await vi.waitFor(async () => expect(await all.store.remove("ours", digest)).toBe(true));
});

test("a backup during which the server ended is none, and leaves nothing behind", async () => {
  const all = await storage();
  await all.push(randomBytes(1_000));
  const stateVersionIn = (): number => {
    void all.stop();
    return 3;
  };
  const making = makeBackup({ dataDirectory: all.folder, file: join(all.parent, "backup.tar"), version: "0.0.1", stateVersionIn, now: 0 });
  await expect(making).rejects.toThrow("the server has ended while the backup was made");
  expect(await readdir(all.parent)).toEqual(["data"]);
});

test("a server that holds the folder and cannot be reached is not passed over", async () => {
  const all = await storage();
  await rm(join(all.folder, "operator.sock"));
  await expect(all.backUp()).rejects.toThrow("a server that cannot be reached works on");
});

test("nothing is written over, nothing goes into the data folder itself, and a folder that never was one is no data", async () => {
  const all = await storage();
  await writeFile(join(all.parent, "taken"), "mine");
  await expect(all.backUp(join(all.parent, "taken"))).rejects.toThrow("is there already");
  await expect(all.backUp(join(all.folder, "new.tar"))).rejects.toThrow("lies in the data folder itself");
  await expect(all.backUp(join(all.parent, "nowhere", "x"))).rejects.toThrow("is no folder");
  const none = { dataDirectory: join(all.parent, "none"), file: join(all.parent, "x"), version: "", stateVersionIn: () => 1, now: 0 };
  await expect(makeBackup(none)).rejects.toThrow("has not been started");
  await all.backUp();
  await expect(all.restore(all.folder)).rejects.toThrow("is not empty");
  await expect(all.restore(join(all.parent, "newer"), 2)).rejects.toThrow("with data of version 3; this one knows versions up to 2");
  expect((await readdir(all.parent)).toSorted()).toEqual(["backup.tar", "data", "taken"]);
});

test("the operator's root key is not in a backup, which says so", async () => {
  const all = await storage(randomBytes(32));
  expect((await all.backUp()).head.rootKey).toBe("the operator's");
  await all.restore();
  expect(await readdir(join(all.parent, "restored"))).not.toContain("root-key");
});

test("a restore of what was cut off or changed is refused, and no server makes something of what is there of it", async () => {
  const all = await storage();
  await all.push(randomBytes(200_000));
  await all.backUp();
  const whole = await readFile(join(all.parent, "backup.tar"));
  const inBlob = whole.length - 100_000;
  const flipped = Buffer.from(whole);
  flipped[inBlob] = (flipped[inBlob] ?? 0) ^ 1;
  const cuts = [10, 600, 5_000, inBlob, whole.length - 3_000].map((at) => whole.subarray(0, at));
  for (const [at, bytes] of [...cuts, flipped, Buffer.from("no tar at all")].entries()) {
    await writeFile(join(all.parent, "backup.tar"), bytes);
    const folder = join(all.parent, `restored ${at}`);
    await expect(all.restore(folder)).rejects.toThrow(BackupError);
    const there = await readdir(folder).catch(() => []);
    expect(there.filter((name) => name !== "restore-under-way")).toEqual([]);
    if (there.length === 0) continue;
    expect(() => refuseHalfRestored(folder)).toThrow("has not ended");
    await expect(all.restore(folder)).rejects.toThrow(BackupError);
  }
});

test("a backup that is not there, and a folder in its place, are told in a sentence, and no folder is made", async () => {
  const all = await storage();
  for (const says of ["backup.tar cannot be read: ENOENT", "backup.tar is a folder"]) {
    const refused: unknown = await all.restore(join(all.parent, "restored")).catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(BackupError);
    expect(refused).toMatchObject({ message: expect.stringContaining(says) as string });
    expect(await readdir(all.parent)).not.toContain("restored");
    await mkdir(join(all.parent, "backup.tar"), { recursive: true });
  }
});

test("names that lead out of the folder are refused", async () => {
  const all = await storage();
  const head = JSON.stringify({ format: 1, version: "0", stateVersion: 1 });
  for (const name of ["data/../../evil", "data//etc/evil", "data/a/../evil", "other/evil", "evil"]) {
    const tar = await packTar([
      { header: { name: "airfield-backup.json", size: head.length, type: "file" }, body: head },
      { header: { name, size: 1, type: "file" }, body: "x" },
    ]);
    await writeFile(join(all.parent, "backup.tar"), tar);
    const folder = await mkdtemp(join(all.parent, "restored-"));
    await expect(all.restore(folder)).rejects.toThrow("is no file of a data folder");
    expect(await readdir(join(folder, "restore-under-way"))).toEqual([]);
  }
});

test("one record of a journal that is at rest can be read", async () => {
  const all = await storage();
  await all.journal.append([{ table: "state.version", key: "version", value: "7" }]);
  await all.stop();
  const file = join(all.folder, "state.db");
  expect([recordIn(file, "state.version", "version"), recordIn(file, "t", "k")]).toEqual(["7", undefined]);
});
