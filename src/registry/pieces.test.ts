import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import type { BlobPieces } from "../ports/blob-store.ts";
import { releasing, sendPieces } from "./pieces.ts";

const PIECE = 256 * 1024;
let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Asks a server that answers with `answer`, which settles when that does. */
async function asked(answer: (response: ServerResponse) => Promise<void>): Promise<{ got: IncomingMessage; answered: Promise<unknown> }> {
  let settle: (outcome: Promise<unknown>) => void;
  const answered = new Promise<unknown>((resolve) => (settle = resolve));
  const failed = (cause: unknown): unknown => cause;
  server = createServer((_, response) => settle(answer(response).then(() => "sent", failed))).listen(0, "127.0.0.1");
  await once(server, "listening");
  const sent = request({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" }).end();
  const [got] = (await once(sent, "response")) as [IncomingMessage];
  got.on("error", () => undefined);
  return { got, answered };
}

/** Pieces, then what `more` gives; nothing more where absent. */
function given(
  pieces: readonly Buffer[],
  more: () => Promise<Buffer | undefined> = () => Promise.resolve(undefined),
): BlobPieces & { returned: number } {
  const waiting = [...pieces];
  return {
    returned: 0,
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const value = waiting.shift() ?? (await more());
      return value ? { value, done: false } : { value: undefined, done: true };
    },
    return() {
      this.returned += 1;
      return Promise.resolve({ value: undefined, done: true });
    },
  };
}

describe("sending", () => {
  test("all bytes arrive in their order, and their memory is free", async () => {
    const pieces = Array.from({ length: 40 }, () => Buffer.concat([randomBytes(PIECE)]));
    const wanted = createHash("sha256");
    for (const piece of pieces) wanted.update(piece);
    const { got, answered } = await asked((response) => sendPieces(given(pieces), response));
    const hash = createHash("sha256");
    for await (const chunk of got) hash.update(chunk as Buffer);
    expect(hash.digest("hex")).toBe(wanted.digest("hex"));
    expect(await answered).toBe("sent");
    expect(pieces.map(({ length }) => length)).toEqual(pieces.map(() => 0));
  });

  test("nothing to send is sent", async () => {
    const { got, answered } = await asked((response) => sendPieces(given([]), response));
    expect(await got.toArray()).toEqual([]);
    expect(await answered).toBe("sent");
  });

  test("a client that goes away ends the reading, also when nothing is written", async () => {
    const stuck = given([Buffer.alloc(PIECE)], () => new Promise(() => undefined));
    const { got, answered } = await asked((response) => sendPieces(stuck, response));
    await once(got, "data");
    got.destroy();
    expect(await answered).toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
    expect(stuck.returned).toBe(1);
  });

  test("a client that goes away in the middle of a write ends the reading", async () => {
    const endless = given([], () => Promise.resolve(Buffer.alloc(PIECE)));
    const { got, answered } = await asked((response) => sendPieces(endless, response));
    await once(got, "readable");
    got.destroy();
    expect(await answered).toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
    expect(endless.returned).toBe(1);
  });

  test("who left before anything was sent is told of, and nothing is read", async () => {
    const stuck = given([], () => new Promise(() => undefined));
    const { got, answered } = await asked(async (response) => {
      response.writeHead(200, { "content-length": 5 }).flushHeaders();
      response.destroy();
      await once(response, "close");
      await sendPieces(stuck, response);
    });
    await expect(got.toArray()).rejects.toThrow("aborted");
    expect(await answered).toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
    expect(stuck.returned).toBe(1);
  });

  test("a blob that cannot be read on leaves the answer unfinished", async () => {
    const broken = given([Buffer.alloc(PIECE)], () => Promise.reject(new Error("damaged")));
    const { got, answered } = await asked((response) =>
      sendPieces(broken, response).catch((cause: unknown) => {
        response.destroy();
        throw cause;
      }),
    );
    expect(await answered).toMatchObject({ message: "damaged" });
    await expect(got.toArray()).rejects.toThrow("aborted");
  });
});

describe("receiving", () => {
  test("a piece can be read until the next one is asked for, and is freed in the end", async () => {
    const pieces = Array.from({ length: 40 }, (_, at) => Buffer.alloc(PIECE, at));
    const seen: number[] = [];
    for await (const piece of releasing(Readable.from(pieces))) seen.push(piece[PIECE - 1] ?? -1);
    expect(seen).toEqual(pieces.map((_, at) => at));
    expect(pieces.map(({ length }) => length)).toEqual(pieces.map(() => 0));
  });

  test("who stops in the middle stops the stream's reader", async () => {
    const source = Readable.from(Array.from({ length: 40 }, () => Buffer.alloc(PIECE)));
    for await (const piece of releasing(source)) {
      expect(piece.length).toBe(PIECE);
      break;
    }
    expect(source.destroyed).toBe(true);
  });
});
