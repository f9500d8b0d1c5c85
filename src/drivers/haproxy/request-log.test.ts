import { mkdtemp, rm } from "node:fs/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { systemClock as clock } from "../system/clock.ts";
import { requestLog } from "./request-log.ts";

let directory: string;
beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), "request-log-"))));
afterAll(() => rm(directory, { recursive: true }));

test("what comes beyond what may wait is dropped, and told; what waits stays", async () => {
  const told: unknown[] = [];
  const logger = {
    info: () => undefined,
    warn: (_text: string, { bytes }: { bytes?: unknown } = {}) => void told.push(bytes),
    error: () => undefined,
  };
  await using log = await requestLog({ directory, clock, logger, most: 20 });
  const worker = connect(join(directory, "requests.sock"));
  await once(worker, "connect");
  worker.write("a line of twenty by.\n".slice(1));
  await vi.waitFor(async () => expect(await log.parts()).toHaveLength(1));
  worker.write("one more\n");
  await vi.waitFor(async () => {
    expect(await log.parts()).toHaveLength(1);
    expect(told).toEqual(["one more\n".length]);
  });
  worker.destroy();
});
