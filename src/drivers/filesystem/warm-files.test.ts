import { closeSync, fstatSync, writeFileSync } from "node:fs";
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
    const fd = await files.open(path);
    expect(fstatSync(fd).size).toBe(4);
    closeSync(fd);
  }
  await rm(folder, { recursive: true });
  for (let time = 0; time < 2; time += 1) await expect(files.open(path)).rejects.toMatchObject({ code: "ENOENT" });
});
