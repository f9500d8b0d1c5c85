import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import type { ClientLine, ExecSessions } from "../ports/exec-sessions.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { guardedServer } from "./door/guarded-server.ts";
import { dataChannels } from "./data-channels.ts";

const heard: string[] = [];
const lines: ClientLine[] = [];
const clock = new ManualClock();
const sessions: ExecSessions = {
  open: () => ({ sessionId: "s", token: "t" }),
  join(sessionId, token, line) {
    if (sessionId !== "s-1" || token !== "good") return undefined;
    lines.push(line);
    return { receive: (frame) => void heard.push(Buffer.from(frame).toString()), gone: () => void heard.push("gone") };
  },
  resume: () => undefined,
  terminate: () => false,
  [Symbol.asyncDispose]: () => Promise.resolve(),
};
const server = guardedServer((_request, response) => void response.writeHead(200).end("an answer"), {
  upgrades: dataChannels(sessions, clock),
});
let port = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  port = typeof address === "object" ? (address?.port ?? 0) : 0;
});
afterAll(() => void server.close());

function connect(path: string, headers = {}): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
}

const opened = (socket: WebSocket): Promise<unknown> => new Promise((resolve) => socket.once("open", resolve));
const closed = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.once("close", resolve));
const failed = (socket: WebSocket): Promise<string> => new Promise((resolve) => socket.once("error", ({ message }) => resolve(message)));
const token = (TokenValue: unknown): string => JSON.stringify({ MessageSchemaVersion: "1.0", TokenValue });

test("a client with its token has its session, and what it sends before counts for nothing", async () => {
  const socket = connect("/v1/data-channel/s-1?role=publish_subscribe");
  await opened(socket);
  socket.send(token("good"));
  socket.send(Buffer.from("binary"));
  socket.send("text is none of the protocol's");
  socket.send(Buffer.from("more"));
  await expect.poll(() => heard).toEqual(["binary", "more"]);
  const answer = new Promise((resolve) => socket.once("message", (data: Buffer) => resolve(data.toString())));
  lines[0]?.send(Buffer.from("frame"));
  expect(await answer).toBe("frame");
  lines[0]?.close();
  await closed(socket);
  await expect.poll(() => heard.at(-1)).toBe("gone");
});

test.each([
  ["no token", "{}"],
  ["another's", token("bad")],
  ["no text", token(7)],
  ["no JSON", "x"],
  ["nothing", "null"],
])("%s closes it", async (_, first) => {
  const socket = connect("/v1/data-channel/s-1");
  await opened(socket);
  socket.send(first);
  expect(await closed(socket)).toBe(1008);
});

test("who says nothing is sent away, and who sends too much", async () => {
  const silent = connect("/v1/data-channel/s-1");
  await opened(silent);
  await expect.poll(() => clock.waiting).toBeGreaterThan(0);
  clock.advance(10_000);
  expect(await closed(silent)).toBe(1008);
  const loud = connect("/v1/data-channel/s-1");
  await opened(loud);
  loud.send(Buffer.alloc(200_000));
  expect(await closed(loud)).toBe(1009);
});

test("everything else is answered as if no other protocol had been asked for", async () => {
  const answerTo = (path: string, headers: Record<string, string>, method = "GET"): Promise<string> =>
    new Promise((resolve, reject) => {
      const asked = request({ port, path, method, headers: { connection: "Upgrade", ...headers } }, (response) => {
        let text = `${response.statusCode} `;
        response.on("data", (chunk) => (text += String(chunk))).on("end", () => resolve(text));
      });
      asked.on("upgrade", () => reject(new Error("upgraded"))).on("error", reject);
      asked.end(method === "POST" ? "a body" : undefined);
    });
  expect(await answerTo("/", { upgrade: "h2c" })).toBe("200 an answer");
  expect(await answerTo("/", { upgrade: "h2c" }, "POST")).toBe("200 an answer");
  expect(await answerTo("/v1/data-channel/s-1", { upgrade: "h2c" })).toBe("200 an answer");
  expect(await answerTo("/v1/data-channel/s-1", { upgrade: "websocket" }, "POST")).toBe("200 an answer");
  expect(await answerTo("/v1/other", { upgrade: "websocket" })).toBe("200 an answer");
});

test("a page that calls us by another's name gets none", async () => {
  expect(await failed(connect("/v1/data-channel/s-1", { host: "evil.example" }))).toContain("421");
});
