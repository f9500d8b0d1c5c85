import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keepCoreFilesEmpty } from "./core-files.ts";

const LINUX = process.platform === "linux";

test.runIf(LINUX)("the kernel is told that no memory of this process belongs into a core file", async () => {
  await keepCoreFilesEmpty();
  expect((await readFile("/proc/self/coredump_filter", "utf8")).trim()).toMatch(/^0+$/);
});

test.runIf(LINUX)("a kernel that has no core files is none the worse", async () => {
  const folder = await mkdtemp(join(tmpdir(), "airfield-core-"));
  await expect(keepCoreFilesEmpty(join(folder, "none", "filter"))).resolves.toBeUndefined();
  await writeFile(join(folder, "filter"), "33");
  await keepCoreFilesEmpty(join(folder, "filter"));
  expect(await readFile(join(folder, "filter"), "utf8")).toBe("0");
  await rm(folder, { recursive: true });
});
