import { once } from "node:events";
import { createServer, request, type IncomingMessage, type Server } from "node:http";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { freePort } from "../../testing/airfield-process.ts";
import { LIMITS } from "../limits.ts";
import { openTaskEndpoint } from "./open-task-endpoint.ts";

// A loopback address of its own, whose port 80 nobody else on this machine asks for.
const ADDRESS = "127.169.254.2";
const listener = (_request: unknown, response: { end(text: string): unknown }): void => void response.end("here");

async function taken(port: number): Promise<Server> {
  const server = createServer().listen(port, ADDRESS);
  await once(server, "listening");
  return server;
}

test("the port of the APIs answers, and port 80 where it may be had", async () => {
  const port = await freePort();
  await using doors = await openTaskEndpoint({ address: ADDRESS, port, listener });
  expect(doors.port).toBe(port);
  const ports = [port, ...(doors.standard ? [80] : [])];
  for (const open of ports) expect(await (await fetch(`http://${ADDRESS}:${open}/`)).text()).toBe("here");
});

test("a second Airfield on the host has its own port only", async () => {
  const [first, second] = [await freePort(), await freePort()];
  await using one = await openTaskEndpoint({ address: ADDRESS, port: first, listener });
  await using two = await openTaskEndpoint({ address: ADDRESS, port: second, listener });
  expect(two).toMatchObject({ port: second, standard: false });
  expect(one.port).toBe(first);
});

test("closing lets go of every door at once, also of who keeps a connection open", async () => {
  const port = await freePort();
  const doors = await openTaskEndpoint({ address: ADDRESS, port, listener });
  const socket = connect(port, ADDRESS).on("error", () => undefined);
  await once(socket, "connect");
  const closed = once(socket, "close");
  await doors[Symbol.asyncDispose]();
  await closed;
  await using again = await openTaskEndpoint({ address: ADDRESS, port, listener });
  expect(again).toMatchObject({ address: ADDRESS, port, standard: doors.standard });
});

test("where both are somebody else's, it says so", async () => {
  const port = await freePort();
  await using _first = await openTaskEndpoint({ address: ADDRESS, port: await freePort(), listener });
  const other = await taken(port);
  await expect(openTaskEndpoint({ address: ADDRESS, port, listener })).rejects.toMatchObject({ code: "EADDRINUSE" });
  other.close();
});

describe("a container that takes more than its share is let go of", () => {
  test.each([
    ["with headers that do not end", { headersMs: 60 }, "GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ", /^HTTP\/1.1 408 /],
    [
      "with headers too long",
      {},
      `GET / HTTP/1.1\r\nhost: localhost\r\nx-long: ${"x".repeat(LIMITS.headerBytes)}\r\n\r\n`,
      /^HTTP\/1.1 431 /,
    ],
    ["that sends nothing", { idleMs: 60 }, "", /^$/],
  ])("%s", async (_what, limits, sent, answer) => {
    const port = await freePort();
    await using doors = await openTaskEndpoint({ address: ADDRESS, port, listener, limits });
    const socket = connect(doors.port, ADDRESS);
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    // A reset is a way to close, too.
    socket.on("error", () => undefined);
    socket.write(sent);
    await once(socket, "close");
    expect(Buffer.concat(chunks).toString()).toMatch(answer);
  });
});

test("who calls it by another name than its address is not answered, and browsers are told to run nothing", async () => {
  const port = await freePort();
  await using doors = await openTaskEndpoint({ address: ADDRESS, port, listener });
  const answerTo = async (host: string): Promise<readonly [number, string | undefined]> => {
    const asked = request({ host: ADDRESS, port: doors.port, headers: { host }, agent: false }).end();
    const [{ statusCode = 0, headers }] = (await once(asked, "response")) as [IncomingMessage];
    return [statusCode, headers["x-content-type-options"]?.toString()];
  };
  expect(await answerTo(`${ADDRESS}:${port}`)).toEqual([200, "nosniff"]);
  for (const host of ["evil.example", "169.254.170.2"]) expect(await answerTo(host)).toEqual([421, "nosniff"]);
});
