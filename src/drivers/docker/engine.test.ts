import { expect, test } from "vitest";
import { ManualClock } from "../../testing/manual-clock.ts";
import { silentEngine } from "../../testing/silent-engine.ts";
import { deadlineOf } from "./deadlines.ts";
import { dockerEngine, EngineTimeoutError } from "./engine.ts";

const SECOND = 1000;

test.each([
  ["GET", "/_ping", 10],
  ["GET", "/containers/json", 120],
  ["GET", "/containers/abc/json", 120],
  ["GET", "/events", 10],
  ["POST", "/containers/create", 240],
  ["POST", "/containers/abc/start", 180],
  ["POST", "/networks/create", 300],
  ["DELETE", "/containers/abc", 300],
  ["POST", "/images/create", 300],
])("%s %s has %d seconds", (method, path, seconds) => {
  expect(deadlineOf(method, path)).toBe(seconds * SECOND);
});

test("stopping a container has what the container has, and a minute", () => {
  expect(deadlineOf("POST", "/containers/abc/stop", { t: 120 })).toBe(180 * SECOND);
});

test("what may be silent for long has no deadline", () => {
  expect(deadlineOf("GET", "/containers/abc/logs")).toBeUndefined();
  expect(deadlineOf("POST", "/containers/abc/wait")).toBeUndefined();
});

async function world(answers: Parameters<typeof silentEngine>[0] = {}) {
  const silent = await silentEngine(answers);
  const clock = new ManualClock();
  const told: string[] = [];
  const engine = dockerEngine({ socketPath: silent.socketPath, clock, timedOut: ({ message }) => told.push(message) });
  const dispose = async (): Promise<void> => {
    engine.close();
    await silent[Symbol.asyncDispose]();
  };
  return { silent, clock, engine, told, [Symbol.asyncDispose]: dispose };
}

const settled = async (call: Promise<unknown>): Promise<unknown> => {
  const open = Symbol("open");
  await new Promise((resolve) => setImmediate(resolve));
  return Promise.race([call.catch((error: unknown) => error), Promise.resolve(open)]).then((value) => (value === open ? "open" : value));
};

test("a call that an engine takes and does not answer is given up when its time is over, and told", async () => {
  await using at = await world();
  await at.engine.apiVersion();
  at.silent.hang();
  const call = at.engine.call("POST", "/containers/create", { body: {} });
  await at.silent.asked("POST /containers/create");
  at.clock.advance(239 * SECOND);
  expect(await settled(call)).toBe("open");
  at.clock.advance(SECOND);
  await expect(call).rejects.toThrow(EngineTimeoutError);
  expect(at.told).toEqual(["the Docker engine did not answer POST /containers/create within 240 seconds"]);
  at.silent.answer();
  expect(await at.engine.call("POST", "/containers/create", { body: {} })).toEqual({});
});

test("an answer that breaks off in its middle is given up, too", async () => {
  await using at = await world({ "GET /containers/json": (_, response) => void response.write("[") });
  const call = at.engine.call("GET", "/containers/json");
  await at.silent.asked("GET /containers/json");
  at.clock.advance(120 * SECOND);
  await expect(call).rejects.toThrow(EngineTimeoutError);
});

test("the first call of all, which asks for the version, waits no longer than a ping", async () => {
  await using at = await world();
  at.silent.hang();
  const call = at.engine.call("GET", "/containers/json");
  await at.silent.asked("GET /_ping");
  at.clock.advance(10 * SECOND);
  await expect(call).rejects.toThrow("did not answer GET /_ping within 10 seconds");
});

test("a stream that has begun in time may go on for ever; one that has not is given up", async () => {
  let more: (text: string) => void = () => undefined;
  await using at = await world({
    "GET /events": (_, response) => {
      response.write("one");
      more = (text) => void response.end(text);
    },
  });
  const stream = (await at.engine.stream("GET", "/events")).setEncoding("utf8");
  at.clock.advance(3600 * SECOND);
  const read: string[] = [];
  for await (const chunk of stream as AsyncIterable<string>) {
    read.push(chunk);
    if (read.length === 1) more("two");
  }
  expect(read).toEqual(["one", "two"]);
  at.silent.hang();
  const late = at.engine.stream("GET", "/events");
  await at.silent.asked("GET /events");
  await at.silent.asked("GET /events");
  at.clock.advance(10 * SECOND);
  await expect(late).rejects.toThrow(EngineTimeoutError);
});
