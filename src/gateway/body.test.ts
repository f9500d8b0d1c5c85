import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BodyCrowdedOutError, BodyRoom } from "./body-room.ts";
import { BodyTooSlowError, readBody } from "./body.ts";
import { DisconnectedError } from "./disconnected.ts";
import { LIMITS } from "./limits.ts";

/** A body on its way, with nothing below it that could be slow; the room has place for a thousand thousand bytes. */
function coming({ length, largest = 1_000_000 }: { readonly length?: number; readonly largest?: number } = {}) {
  const stream = new PassThrough({ highWaterMark: 10_000_000 });
  const headers = length === undefined ? {} : { "content-length": String(length) };
  const message = Object.assign(stream, { headers, socket: { remoteAddress: "192.0.2.1" } }) as unknown as IncomingMessage;
  const room = new BodyRoom(1_000_000);
  return { stream, room, read: readBody(message, largest, { room, limits: LIMITS }) };
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("a body is whole, whatever it came in", () => {
  test.each<[string, readonly string[], number | undefined]>([
    ["nothing", [], 0],
    ["one piece", ["Action=A"], 8],
    ["several pieces", ["Act", "ion", "=A"], 8],
    ["more than was gathered at first", ["a".repeat(1000), "b".repeat(1000), "c".repeat(500_000)], undefined],
    ["more than was said", ["a".repeat(5000)], 3],
    ["pieces over the end of a slab", ["a".repeat(262_143), "bc", "d".repeat(262_144)], 524_289],
  ])("%s", async (_, pieces, length) => {
    const { stream, room, read } = coming(length === undefined ? {} : { length });
    for (const piece of pieces) stream.write(piece);
    stream.end();
    const whole = pieces.join("");
    const { body, bodyHash } = (await read) ?? {};
    expect(body?.toString() === whole).toBe(true);
    expect(bodyHash).toBe(hashOf(whole));
    expect(room.bytes).toBe(0);
  });
});

test.each<[string, number | undefined, number]>([
  ["a little where little was announced, or nothing", undefined, 1024],
  ["as much as was announced", 5000, 5000],
  ["no more than a slab, whatever was announced", 900_000, 262_144],
])("memory is taken for a body as it comes: at first %s", async (_, length, bytes) => {
  const { stream, room, read } = coming(length === undefined ? {} : { length });
  stream.write("x");
  await new Promise(setImmediate);
  expect(room.bytes).toBe(bytes);
  stream.end();
  await read;
});

describe("a body is too large", () => {
  test("when it says so, before anything is read", async () => {
    expect(await coming({ length: 11, largest: 10 }).read).toBeUndefined();
  });

  test("when it comes to be so, and the rest is not read", async () => {
    const { stream, room, read } = coming({ largest: 10 });
    stream.write("0123456789");
    stream.write("x");
    expect(await read).toBeUndefined();
    expect([room.bytes, stream.isPaused(), stream.listenerCount("data")]).toEqual([0, true, 0]);
  });

  test("not when it is as large as may be", async () => {
    const { stream, read } = coming({ length: 10, largest: 10 });
    stream.end("0123456789");
    expect((await read)?.body.toString()).toBe("0123456789");
  });
});

describe("a body is given up", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] }));
  afterEach(() => void vi.useRealTimers());

  /** Each piece is read before the next one comes. */
  async function send({ stream }: ReturnType<typeof coming>, piece: string, times: number): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      stream.write(piece);
      await new Promise(setImmediate);
    }
  }

  test("that comes in too small pieces, after a thousand of them", async () => {
    const tiny = coming();
    void send(tiny, "x".repeat(63), 1001);
    await expect(tiny.read).rejects.toThrow(BodyTooSlowError);
    expect(tiny.room.bytes).toBe(0);
  });

  test.each([
    ["in a thousand of them", "x", 1000],
    ["in more that are large enough", "x".repeat(64), 1001],
  ])("not %s", async (_, piece, times) => {
    const enough = coming();
    await send(enough, piece, times);
    enough.stream.end();
    expect((await enough.read)?.body.length).toBe(piece.length * times);
  });

  test("of which too little has come since it was last looked at", async () => {
    const slow = coming();
    const refused = slow.read.catch((cause: unknown) => cause);
    await send(slow, "x".repeat(LIMITS.bodyPace.bytes), 1);
    vi.advanceTimersByTime(LIMITS.bodyPace.ms);
    await send(slow, "x".repeat(LIMITS.bodyPace.bytes - 1), 1);
    expect(slow.room.bytes).toBeGreaterThan(0);
    vi.advanceTimersByTime(LIMITS.bodyPace.ms);
    expect(await refused).toBeInstanceOf(BodyTooSlowError);
    expect(slow.room.bytes).toBe(0);
  });

  test("that is not whole in time, however much comes", async () => {
    const long = coming();
    const refused = long.read.catch((cause: unknown) => cause);
    for (let ms = LIMITS.bodyPace.ms; ms < LIMITS.bodyMs; ms += LIMITS.bodyPace.ms) {
      await send(long, "x".repeat(LIMITS.bodyPace.bytes), 1);
      vi.advanceTimersByTime(LIMITS.bodyPace.ms);
    }
    await send(long, "x".repeat(LIMITS.bodyPace.bytes), 1);
    expect(long.room.bytes).toBeGreaterThan(0);
    vi.advanceTimersByTime(LIMITS.bodyPace.ms);
    expect(await refused).toBeInstanceOf(BodyTooSlowError);
  });

  test("whose client is gone", async () => {
    const { stream, room, read } = coming();
    stream.write("x");
    stream.destroy();
    await expect(read).rejects.toThrow(DisconnectedError);
    expect([room.bytes, vi.getTimerCount()]).toEqual([0, 0]);
  });

  test("for whom there is no room any more", async () => {
    const { stream, room, read } = coming();
    const refused = read.catch((cause: unknown) => cause);
    stream.write("x");
    await new Promise(setImmediate);
    const other = room.enter("192.0.2.1", () => undefined);
    other.grow(999_999);
    other.leave();
    stream.write("x".repeat(900_000));
    await new Promise(setImmediate);
    room.enter("192.0.2.1", () => undefined).grow(100_000);
    expect(await refused).toBeInstanceOf(BodyCrowdedOutError);
  });
});
