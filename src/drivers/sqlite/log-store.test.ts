import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { logStoreContract } from "../../testing/log-store-contract.ts";
import { sqliteLogStore } from "./log-store.ts";
import { cpuMs } from "../../testing/cpu-time.ts";

describe("the log store in SQLite", () => {
  logStoreContract(() => sqliteLogStore(":memory:"));

  test("keeps events, positions and ids over a restart", async () => {
    const directory = await mkdtemp(join(tmpdir(), "airfield-logs-"));
    const file = join(directory, "logs.db");
    const key = { account: "123456789012", region: "us-east-1", group: "g", stream: "s" };
    try {
      const before = sqliteLogStore(file);
      await before.append(key, [{ timestamp: 1, message: "kept" }], 2, "p1");
      await before.append({ ...key, stream: "gone" }, [{ timestamp: 1, message: "gone" }], 2);
      await before.remove({ ...key, stream: "gone" });
      await before.close();
      const after = sqliteLogStore(file);
      await after.append(key, [{ timestamp: 1, message: "next" }], 3);
      const [kept, next] = after.query({ ...key, limit: 10 });
      expect([kept!.message, next!.message]).toEqual(["kept", "next"]);
      expect(next!.id).toBeGreaterThan(kept!.id);
      expect(after.position(key)).toBe("p1");
      await after.close();
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  test("an answer that was broken off holds nothing: what is written after it can leave the log of writes", async () => {
    const directory = await mkdtemp(join(tmpdir(), "airfield-logs-"));
    const file = join(directory, "logs.db");
    const key = { account: "123456789012", region: "us-east-1", group: "g", stream: "s" };
    const store = sqliteLogStore(file);
    try {
      const events = Array.from({ length: 100 }, (_, timestamp) => ({ timestamp, message: "x".repeat(50_000) }));
      await store.append(key, events, 1);
      expect(store.query({ ...key, limit: 100, mostLength: 1 })).toHaveLength(1);
      for (let at = 0; at < 10; at += 1) await store.append(key, events, 1);
      // All that was written is some fifty megabytes.
      expect((await stat(`${file}-wal`)).size).toBeLessThan(30_000_000);
    } finally {
      await store.close();
      await rm(directory, { recursive: true, force: true });
    }
  });

  test("a range of a large group is found through the index", async () => {
    const store = sqliteLogStore(":memory:");
    const key = { account: "123456789012", region: "us-east-1", group: "g", stream: "s" };
    for (let batch = 0; batch < 10; batch++)
      await store.append(
        key,
        Array.from({ length: 5_000 }, (_, index) => ({ timestamp: batch * 5_000 + index, message: `m${index}` })),
        0,
      );
    const spent = cpuMs(() => {
      for (let turn = 0; turn < 200; turn++) {
        expect(store.query({ ...key, startTime: 49_000, limit: 10 })).toHaveLength(10);
        expect(store.query({ ...key, streams: ["s"], backward: true, limit: 10 })).toHaveLength(10);
      }
    });
    // Without an index, one of these queries alone takes about this long.
    expect(spent / 400).toBeLessThan(5);
    await store.close();
  });
});
