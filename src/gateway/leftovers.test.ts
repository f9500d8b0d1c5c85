import { createServer, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { connect, type AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { takeLeftover } from "./leftovers.ts";
import { PatientResponse } from "./patient-response.ts";

const MEBIBYTE = 1024 * 1024;
/** What all connections together wait between two that read on. */
const TURN_MS = 40;

describe("what is left of a body", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] }));
  afterEach(() => void vi.useRealTimers());

  function left(length: number | undefined) {
    const socket = { destroySoon: vi.fn<() => void>() };
    const headers = length === undefined ? {} : { "content-length": String(length) };
    const request = Object.assign(new PassThrough({ highWaterMark: 10 * MEBIBYTE }), { headers, socket });
    const taken = vi.fn<() => void>();
    takeLeftover(request as unknown as IncomingMessage, taken);
    return {
      request,
      taken,
      closed: socket.destroySoon,
      [Symbol.dispose]() {
        request.emit("close");
        request.destroy();
        vi.advanceTimersByTime(10 * TURN_MS);
      },
    };
  }

  test("is taken without waiting where it is small, and that is told once", async () => {
    using body = left(65_536);
    body.request.end("x");
    await once(body.request, "close");
    expect(body.taken).toHaveBeenCalledTimes(1);
  });

  test.each([65_537, undefined])("waits for its turn where it is large or of unknown length: %s", async (length) => {
    using body = left(length);
    body.request.end("x");
    expect(body.request.isPaused()).toBe(true);
    vi.advanceTimersByTime(TURN_MS - 1);
    expect(body.request.isPaused()).toBe(true);
    vi.advanceTimersByTime(1);
    expect(body.request.isPaused()).toBe(false);
    await once(body.request, "close");
    expect(body.taken).toHaveBeenCalledTimes(1);
  });

  test("is read a turn at a time, each connection its own", () => {
    using first = left(MEBIBYTE);
    using second = left(MEBIBYTE);
    const flowing = (): readonly boolean[] => [first, second].map(({ request }) => !request.isPaused());
    vi.advanceTimersByTime(TURN_MS);
    expect(flowing()).toEqual([true, false]);
    vi.advanceTimersByTime(TURN_MS);
    expect(flowing()).toEqual([false, true]);
    vi.advanceTimersByTime(TURN_MS);
    expect(flowing()).toEqual([true, false]);
  });

  test("takes no turn from others when its client is gone", () => {
    using gone = left(MEBIBYTE);
    using waiting = left(MEBIBYTE);
    gone.request.emit("close");
    expect(gone.taken).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(TURN_MS);
    expect(waiting.request.isPaused()).toBe(false);
  });

  test("ends the connection of who has been silent for a second", () => {
    using silent = left(MEBIBYTE);
    vi.advanceTimersByTime(900);
    expect(silent.closed).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    expect(silent.closed).toHaveBeenCalledTimes(1);
  });

  test.each<[string, number, number]>([
    ["goes on for half a minute", 30_000, 1],
    ["sends more than 64 MiB", 400, 16 * MEBIBYTE],
  ])("ends the connection of who %s", (_what, afterMs, piece) => {
    using endless = left(undefined);
    const send = (untilMs: number): void => {
      while (performance.now() - began < untilMs) {
        endless.request.emit("data", { length: piece });
        vi.advanceTimersByTime(100);
      }
    };
    const began = performance.now();
    send(afterMs);
    expect(endless.closed).not.toHaveBeenCalled();
    send(afterMs + 300);
    expect(endless.closed).toHaveBeenCalledTimes(1);
  });
});

test("an answer comes before the rest of the body, and the connection ends after it", async () => {
  await using server = createServer({ ServerResponse: PatientResponse }, (_request, response) => {
    response.setHeader("connection", "close").end("refused");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const body = Buffer.alloc(MEBIBYTE);
  client.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n`);
  let answer = "";
  client.on("data", (piece: Buffer) => (answer += piece.toString()));
  await vi.waitFor(() => expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*content-length: 7\r\n.*\r\n\r\nrefused$/is));
  expect(client.readableEnded).toBe(false);
  const ended = once(client, "end");
  client.write(body);
  await ended;
});
