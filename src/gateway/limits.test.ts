import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { apiWorld, type ApiWorld } from "../testing/api-world.ts";
import { LARGEST_BODY } from "./body.ts";
import { LIMITS } from "./limits.ts";

function dial(api: ApiWorld): Socket {
  const { hostname, port } = new URL(api.url);
  return connect(Number(port), hostname);
}

/** What comes back until the server closes the connection. */
async function answerTo(api: ApiWorld, ...parts: readonly string[]): Promise<string> {
  const socket = dial(api);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A reset is a way to close, too.
  socket.on("error", () => undefined);
  for (const part of parts) socket.write(part);
  await once(socket, "close");
  return Buffer.concat(chunks).toString();
}

describe("a client that takes its time is let go of", () => {
  test("with headers that do not end", async () => {
    await using api = await apiWorld({}, { limits: { headersMs: 60 } });
    expect(await answerTo(api, "POST / HTTP/1.1\r\nhost: localhost\r\nx-slow: ")).toMatch(/^HTTP\/1.1 408 /);
  });

  test("with a body that does not end", async () => {
    await using api = await apiWorld({}, { limits: { bodyMs: 60 } });
    expect(await answerTo(api, "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n", "part")).toMatch(/^HTTP\/1.1 408 /);
    expect(api.defects).toEqual([]);
  });

  test("that sends nothing at all", async () => {
    await using api = await apiWorld({}, { limits: { idleMs: 60 } });
    expect(await answerTo(api)).toBe("");
  });
});

describe("a client that sends too much is refused", () => {
  test("in headers", async () => {
    await using api = await apiWorld();
    expect(await answerTo(api, `POST / HTTP/1.1\r\nhost: localhost\r\nx-long: ${"x".repeat(LIMITS.headerBytes)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431 /,
    );
  });

  test("in a body that says so", async () => {
    await using api = await apiWorld();
    expect(await answerTo(api, `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${LARGEST_BODY + 1}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 413 /,
    );
  });

  test("in a body that does not say so", async () => {
    await using api = await apiWorld();
    const megabyte = `100000\r\n${"x".repeat(0x100000)}\r\n`;
    const parts = Array.from({ length: LARGEST_BODY / 0x100000 + 1 }, () => megabyte);
    expect(await answerTo(api, "POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n", ...parts)).toMatch(
      /^HTTP\/1.1 413 /,
    );
  });
});

test("headers as long as session tokens make them are taken", async () => {
  await using api = await apiWorld();
  const response = await fetch(api.url, { method: "POST", headers: { "x-amz-security-token": "x".repeat(20_000) } });
  expect(response.status).toBe(403);
});

test("connections beyond the limit are closed at once, those within go on", async () => {
  await using api = await apiWorld({}, { limits: { connections: 2 } });
  const held = [dial(api), dial(api)];
  await Promise.all(held.map((socket) => once(socket, "connect")));
  expect(await answerTo(api)).toBe("");
  const [first] = held;
  first?.write("OPTIONS / HTTP/1.1\r\nhost: localhost\r\n\r\n");
  const [answer] = (await once(first as Socket, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 204 /);
  for (const socket of held) socket.destroy();
});
