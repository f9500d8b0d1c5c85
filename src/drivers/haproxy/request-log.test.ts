import { mkdtemp, rm } from "node:fs/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Clock } from "../../ports/clock.ts";
import { systemClock as clock } from "../system/clock.ts";
import { STREAM_FIELDS } from "./render-request-log.ts";
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

test("lines that come while a part is being closed are of the next one", async () => {
  // Without a rest between two looks, so that much comes in a short time.
  const restless: Clock = {
    now: () => clock.now(),
    soon: (run) => clock.soon(run),
    after(_, run) {
      const waiting = setImmediate(run);
      return { [Symbol.dispose]: () => clearImmediate(waiting) };
    },
  };
  await using folder = {
    path: await mkdtemp(join(tmpdir(), "request-log-")),
    [Symbol.asyncDispose]: () => rm(folder.path, { recursive: true }),
  };
  await using log = await requestLog({ directory: folder.path, clock: restless });
  const worker = connect(join(folder.path, "requests.sock"));
  await once(worker, "connect");
  const line = (at: number): string =>
    `${Object.keys(STREAM_FIELDS)
      .map((name) => (name === "kind" ? "stream" : name === "took" ? at : "-"))
      .join("\t")}\n`;
  const found = new Set<number>();
  const take = async (): Promise<void> => {
    for (const part of await log.parts()) {
      for await (const some of part.read()) for (const entry of some) if (entry.kind === "stream") found.add(entry.took);
      await part.remove();
    }
  };
  let written = 0;
  const writing = (async () => {
    for (; written < 2000; written += 1) {
      worker.write(line(written));
      await turn();
    }
  })();
  // Each time some lines come after what was taken, too.
  for (let seen = 0; written < 2000; seen = written) {
    while (written < seen + 20 && written < 2000) await turn();
    await take();
  }
  await writing;
  await vi.waitFor(async () => {
    await take();
    expect(found.size).toBe(2000);
  });
  worker.destroy();
});
