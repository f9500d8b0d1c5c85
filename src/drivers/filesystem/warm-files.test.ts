import { closeSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { WarmFiles } from "./warm-files.ts";

test("a file is opened the first time and again, and one that was removed since is told as missing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "airfield-warm-"));
  const path = join(folder, "file");
  const files = new WarmFiles();
  writeFileSync(path, "here");
  for (let time = 0; time < 2; time += 1) {
    const { fd, size, warm } = await files.open(path);
    expect([size, warm]).toEqual([4, time > 0]);
    closeSync(fd);
  }
  await rm(folder, { recursive: true });
  for (let time = 0; time < 2; time += 1) await expect(files.open(path)).rejects.toMatchObject({ code: "ENOENT" });
});

test("what was used last is warm, up to a gibibyte of it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "airfield-warm-"));
  const files = new WarmFiles();
  const paths = ["a", "b", "c"].map((name) => join(folder, name));
  for (const path of paths) {
    writeFileSync(path, "");
    files.used(path, 512 * 1024 * 1024);
  }
  const warm = async (path: string): Promise<boolean> => {
    const file = await files.open(path);
    closeSync(file.fd);
    return file.warm;
  };
  expect(await Promise.all(paths.map(warm))).toEqual([false, true, true]);
  await rm(folder, { recursive: true });
});
