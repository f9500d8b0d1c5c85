import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { NoSuchLogBucketError } from "../../ports/log-buckets.ts";
import { logFolder } from "./log-folder.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "airfield-logs-"));
  await mkdir(join(folder, "my-logs"));
});
afterEach(() => rm(folder, { recursive: true }));

test("an object is a file in the folder of its bucket, and may be written again", async () => {
  for (const text of ["one", "two"]) await logFolder(folder).write("my-logs", "a/AWSLogs/1/x.gz", Buffer.from(text));
  expect(await readFile(join(folder, "my-logs/a/AWSLogs/1/x.gz"), "utf8")).toBe("two");
  expect(await readdir(join(folder, "my-logs/a/AWSLogs/1"))).toEqual(["x.gz"]);
});

test.each([
  ["a bucket that is not there", "other-logs", "a/b"],
  ["the folder above", "..", "a/b"],
  ["a bucket with a path", "my-logs/../x", "a/b"],
  ["a key that leads out", "my-logs", "../b"],
  ["a key with a gap", "my-logs", "a//b"],
  ["a key with a zero byte", "my-logs", "a/b\0"],
])("%s is none", async (_, bucket, key) => {
  await expect(logFolder(folder).write(bucket, key, Buffer.from("x"))).rejects.toThrow(NoSuchLogBucketError);
  expect(await readdir(folder)).toEqual(["my-logs"]);
});
