import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { publishFile, type Syncs } from "./publish-file.ts";

let root: string;
let path: string;
let target: string;
let fd: number;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "airfield-publish-"));
  path = join(root, "upload");
  target = join(root, "domain", "ab", "abcd");
  writeFileSync(path, "new");
  fd = openSync(path, "r+");
});
afterEach(async () => {
  closeSync(fd);
  await rm(root, { recursive: true });
});

const unsure = (): string[] => [join(root, "domain", "ab"), join(root, "domain")];

/** A disk that is done with nothing before it is told to. */
function slowDisk() {
  const asked: { readonly what: string; readonly seen: string; readonly done: () => void; readonly fail: (cause: Error) => void }[] = [];
  const ask = (what: string): Promise<void> =>
    new Promise((done, fail) => {
      let seen = "nothing";
      try {
        seen = readFileSync(target, "utf8");
      } catch {
        // Not there yet.
      }
      asked.push({ what, seen, done: () => done(), fail });
    });
  const syncs: Syncs = { bytes: () => ask("bytes"), names: (folder) => ask(folder) };
  return { asked, syncs };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("it is published when its bytes, its name and those of all new folders are on disk, for which the disk is asked at once", async () => {
  const { asked, syncs } = slowDisk();
  let published = false;
  const publishing = publishFile(fd, path, { target, unsure: unsure() }, syncs).then(() => (published = true));
  await turn();
  expect(asked.map(({ what }) => what).toSorted()).toEqual(["bytes", root, join(root, "domain"), join(root, "domain", "ab")].toSorted());
  for (const { done } of asked) {
    await turn();
    expect(published).toBe(false);
    done();
  }
  await publishing;
  expect(readFileSync(target, "utf8")).toBe("new");
});

test("a blob that is there already stays until the bytes that replace it are on disk", async () => {
  await mkdir(join(root, "domain", "ab"), { recursive: true });
  writeFileSync(target, "old");
  const { asked, syncs } = slowDisk();
  const publishing = publishFile(fd, path, { target, unsure: [] }, syncs);
  await turn();
  expect(asked.map(({ what, seen }) => [what, seen])).toEqual([["bytes", "old"]]);
  asked[0]?.done();
  await turn();
  expect(asked.slice(1).map(({ what, seen }) => [what, seen])).toEqual([[join(root, "domain", "ab"), "new"]]);
  asked[1]?.done();
  await publishing;
});

test("a disk that fails leaves the upload where it was, once nothing is asked of it any more", async () => {
  const { asked, syncs } = slowDisk();
  const publishing = publishFile(fd, path, { target, unsure: [join(root, "domain", "ab")] }, syncs);
  let over = false;
  const failed = publishing.then(
    () => undefined,
    (cause: unknown) => {
      over = true;
      return cause;
    },
  );
  await turn();
  asked[0]?.fail(new Error("EIO"));
  await turn();
  expect(over).toBe(false);
  for (const { done } of asked.slice(1)) done();
  expect(await failed).toEqual(new Error("EIO"));
  expect(await readdir(root)).toEqual(["domain", "upload"]);
  expect(await readdir(join(root, "domain", "ab"))).toEqual([]);
});
