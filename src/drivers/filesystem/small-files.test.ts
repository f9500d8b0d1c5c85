import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SMALL_FILE, smallFile, SmallFiles, type SmallFile } from "./small-files.ts";

let folder: string;
let path: string;
let files: SmallFiles;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "airfield-small-"));
  path = join(folder, "file");
  files = new SmallFiles();
});
afterEach(() => rm(folder, { recursive: true }));

function written(text: string, at = path): SmallFile {
  const fd = openSync(at, "w+");
  writeSync(fd, text);
  const file = smallFile(fd, text.length, Date.now() + 0.123);
  closeSync(fd);
  if (!file) throw new Error("it is not small");
  return file;
}

test("a file that is as it was is not read again", () => {
  files.keep(path, written("as it was"));
  expect(files.get(path)?.toString()).toBe("as it was");
});

test.each<[string, () => unknown]>([
  ["written anew in the same moment, with as many bytes", () => writeFileSync(path, "as it is.")],
  ["longer", () => writeFileSync(path, "as it was, and more")],
  ["removed", () => rm(path)],
  [
    "exchanged",
    async () => {
      await writeFile(`${path}.new`, "as it was");
      await rename(`${path}.new`, path);
    },
  ],
])("one that was %s is not given out", async (_what, change) => {
  files.keep(path, written("as it was"));
  await change();
  expect(files.get(path)).toBeUndefined();
});

test("what is forgotten or too large is not kept, and the ones that were used last are", () => {
  files.keep(path, written("forgotten"));
  files.forget(path);
  expect(files.get(path)).toBeUndefined();
  files.keep(path, { ...written("large"), bytes: new Uint8Array(SMALL_FILE + 1) });
  expect(files.get(path)).toBeUndefined();
  const text = "x".repeat(SMALL_FILE);
  const paths = Array.from({ length: 257 }, (_, at) => join(folder, String(at)));
  for (const each of paths) {
    files.keep(each, written(text, each));
    // The first one is used all the time.
    files.get(paths[0] ?? "");
  }
  expect(paths.filter((each) => files.get(each) === undefined)).toEqual([paths[1]]);
});
