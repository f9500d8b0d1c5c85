import { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { LogPlace, LogSink } from "../../ports/task-runner.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import type { EngineCall } from "./engine.ts";
import { followLog } from "./log-follower.ts";

const PLACE: LogPlace = { account: "123456789012", region: "us-east-1", group: "/g", stream: "s" };
const START = 1_700_000_000_000;

/** A line as the engine's log has it, so many milliseconds after the start. */
function line(text: string, at: number): Buffer {
  const body = Buffer.from(`${new Date(START + at).toISOString()} ${text}\n`);
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

interface Followed {
  readonly clock: ManualClock;
  /** All that the sink took, with the position that came with it. */
  readonly written: { readonly message: string; readonly position: string }[];
  readonly queries: readonly EngineCall["query"][];
  readonly drained: Promise<void>;
  /** The container exits. */
  exit(): void;
  stop(): void;
}

/** Follows a container whose output the engine gives as told: `answers` in turn, the last one again and again. */
function followed(
  answers: readonly (() => Readable)[],
  multilinePattern?: string,
  stored?: string,
  other: Partial<LogSink> = {},
): Followed {
  const clock = new ManualClock(START);
  const written: { message: string; position: string }[] = [];
  const queries: EngineCall["query"][] = [];
  const sink: LogSink = {
    write(_log, lines, position) {
      written.push(...lines.map(({ message }) => ({ message, position })));
      return Promise.resolve();
    },
    resumeFrom: () => Promise.resolve(stored),
    ...other,
  };
  let exit: () => void = () => undefined;
  const exited = new Promise<void>((resolve) => (exit = resolve));
  const engine = {
    stream(_method: string, _path: string, { query }: EngineCall) {
      queries.push(query);
      return Promise.resolve((answers[queries.length - 1] ?? answers.at(-1)!)());
    },
  };
  const following = followLog({
    engine: engine as never,
    sink,
    clock,
    containerId: "c",
    log: multilinePattern === undefined ? PLACE : { ...PLACE, multilinePattern },
    terminal: false,
    adopted: stored !== undefined,
    exited,
    events: { connected: () => Promise.resolve(), generation: () => 1 },
    warn: (message) => expect.unreachable(message),
  });
  return { clock, written, queries, drained: following.drained, exit, stop: () => following.stop() };
}

const messages = ({ written }: Followed): readonly string[] => written.map(({ message }) => message);

test("what was printed last is read after the end, where the engine that follows stopped before it", async () => {
  const all = [line("one", 0), line("part", 1)];
  const log = followed([() => Readable.from(all.slice(0, 1)), () => Readable.from(all)]);
  log.exit();
  await log.drained;
  expect(messages(log)).toEqual(["one", "part"]);
  expect(log.queries.map((query) => query?.["follow"])).toEqual([true, false, false]);
});

test("the stream is there when the container runs, also of one that prints nothing; of an adopted one it was made before", async () => {
  const begun: string[] = [];
  const begin = ({ stream }: LogPlace): Promise<void> => {
    begun.push(stream);
    return Promise.resolve();
  };
  const silent = followed([() => Readable.from([])], undefined, undefined, { begin });
  silent.exit();
  await silent.drained;
  expect(begun).toEqual(["s"]);
  const adopted = followed([() => Readable.from([])], undefined, "1", { begin });
  adopted.exit();
  await adopted.drained;
  expect(begun).toEqual(["s"]);
});

test("the engine is read until it has no more", async () => {
  const all = [line("one", 0), line("two", 1), line("three", 2)];
  const log = followed([1, 1, 2, 3].map((count) => () => Readable.from(all.slice(0, count))));
  log.exit();
  await log.drained;
  // The second reading brought nothing new: that is the end.
  expect(messages(log)).toEqual(["one"]);
  const other = followed([1, 2, 3].map((count) => () => Readable.from(all.slice(0, count))));
  other.exit();
  await other.drained;
  expect(messages(other)).toEqual(["one", "two", "three"]);
});

test("an event of several lines is held until the next begins, and no longer than five seconds", async () => {
  const printed = new Readable({ read: () => undefined });
  const log = followed([() => printed, () => Readable.from([])], "^[A-Z]");
  printed.push(line("Trace", 0));
  printed.push(line("  at x", 1));
  await log.clock.settled();
  expect(messages(log)).toEqual([]);
  printed.push(line("Next", 2));
  await log.clock.settled();
  expect(messages(log)).toEqual(["Trace\n  at x\n"]);
  await log.clock.pass(4_999);
  expect(messages(log)).toEqual(["Trace\n  at x\n"]);
  await log.clock.pass(1);
  expect(messages(log)).toEqual(["Trace\n  at x\n", "Next\n"]);
  printed.push(line("Last", 3));
  printed.push(null);
  log.exit();
  await log.drained;
  expect(messages(log)).toEqual(["Trace\n  at x\n", "Next\n", "Last\n"]);
});

test("cut off in the middle of an event, it is whole after the restart", async () => {
  const all = [line("Trace", 0), line("  at x", 1), line("Next", 2), line("  at y", 3)];
  const printed = new Readable({ read: () => undefined });
  const before = followed([() => printed], "^[A-Z]");
  for (const one of all.slice(0, 3)) printed.push(one);
  await before.clock.settled();
  before.stop();
  expect(messages(before)).toEqual(["Trace\n  at x\n"]);
  const after = followed([() => Readable.from(all)], "^[A-Z]", before.written[0]!.position);
  after.exit();
  await after.drained;
  expect(messages(after)).toEqual(["Next\n  at y\n"]);
});

test("what a container prints waits at the engine where the sink is busy, also where it is few lines and much", async () => {
  let [read, free] = [0, (): void => undefined];
  const print = function* (): Generator<Buffer> {
    for (let at = 0; at < 200; at += 1) {
      read += 1;
      yield line("x".repeat(250_000), at);
    }
  };
  const log = followed([() => Readable.from(print(), { highWaterMark: 1 }), () => Readable.from([])], undefined, undefined, {
    write: () => new Promise((resolve) => (free = resolve)),
  });
  await log.clock.settled();
  expect(read).toBeLessThan(60);
  log.stop();
  free();
});

test("lines that are looked at for a pattern leave others their turn", async () => {
  let turns = 0;
  const print = function* (): Generator<Buffer> {
    for (let at = 0; at < 20; at += 1) yield line("x".repeat(4_096), at);
  };
  const log = followed([() => Readable.from([Buffer.concat([...print()])]), () => Readable.from([])], "^y");
  const count = (): void => {
    turns += 1;
    if (turns < 1_000) setImmediate(count);
  };
  setImmediate(count);
  log.exit();
  await log.drained;
  expect(turns).toBeGreaterThanOrEqual(20);
});
