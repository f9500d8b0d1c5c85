import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LARGEST_OBJECT, ObjectTooLargeError } from "../../ports/object-reader.ts";
import { folderObjectReader } from "./object-reader.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "objects-"));
  await mkdir(join(folder, "open", "bucket", "deep"), { recursive: true });
  await writeFile(join(folder, "open", "bucket", "deep", "ca.pem"), "authority");
  await writeFile(join(folder, "secret"), "key");
  await symlink(join(folder, "secret"), join(folder, "open", "bucket", "link"));
  await symlink(folder, join(folder, "open", "up"));
  await writeFile(join(folder, "open", "bucket", "large"), "");
  await truncate(join(folder, "open", "bucket", "large"), LARGEST_OBJECT + 1);
  execFileSync("mkfifo", [join(folder, "open", "bucket", "pipe")]);
});
afterAll(() => rm(folder, { recursive: true }));

test("a file of the folder is an object of the bucket", async () => {
  const reader = folderObjectReader(join(folder, "open"));
  expect(String(await reader.read({ bucket: "bucket", key: "deep/ca.pem" }))).toBe("authority");
});

test.each([
  ["what is not there", "bucket", "ca.pem"],
  ["a folder", "bucket", "deep"],
  ["what is outside", "bucket", "../../secret"],
  ["what is outside, by a bucket", "..", "secret"],
  ["what a link leads to", "bucket", "link"],
  ["what is behind a link", "up", "secret"],
  ["a pipe", "bucket", "pipe"],
  ["an empty part", "bucket", "deep//ca.pem"],
  ["a zero byte", "bucket", "deep/ca.pem\0"],
])("nothing else is: %s", async (_, bucket, key) => {
  expect(await folderObjectReader(join(folder, "open")).read({ bucket, key })).toBeUndefined();
});

test("a file has no versions, and may not be too large", async () => {
  const reader = folderObjectReader(join(folder, "open"));
  expect(await reader.read({ bucket: "bucket", key: "deep/ca.pem", version: "1" })).toBeUndefined();
  await expect(reader.read({ bucket: "bucket", key: "large" })).rejects.toThrow(ObjectTooLargeError);
});
