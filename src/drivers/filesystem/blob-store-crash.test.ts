import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { testKeys } from "../../testing/blob-keys.ts";
import { FilesystemBlobStore } from "./blob-store.ts";

const CRASH_KEYS = testKeys("crash");
const WRITER = fileURLToPath(new URL("../../testing/blob-store-writer.ts", import.meta.url));

test.each([1, 7, 23])("killed after %d blobs: what was promised is there, and what is there is whole", async (count) => {
  const directory = await mkdtemp(join(tmpdir(), "airfield-crash-"));
  const writer = spawn(process.execPath, ["--import", "tsx", WRITER, directory], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const promised: string[] = [];
    for await (const line of createInterface({ input: writer.stdout })) {
      promised.push(line);
      if (promised.length === count) writer.kill("SIGKILL");
    }
    if (writer.exitCode === null && writer.signalCode === null) await once(writer, "exit");
    expect(promised.length).toBeGreaterThanOrEqual(count);

    const store = await FilesystemBlobStore.open(directory);
    const there = new Set<string>();
    for await (const digest of store.list(CRASH_KEYS.domain)) {
      const hash = createHash("sha256");
      for await (const piece of await store.in(CRASH_KEYS).read(digest)) hash.update(piece as Buffer);
      expect(`sha256:${hash.digest("hex")}`).toBe(digest);
      there.add(digest);
    }
    expect(promised.filter((digest) => !there.has(digest))).toEqual([]);
    await store.abortIdle(Date.now() + 60_000);
  } finally {
    writer.kill("SIGKILL");
    await rm(directory, { recursive: true, force: true });
  }
});
