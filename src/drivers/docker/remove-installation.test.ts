import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { ManualClock } from "../../testing/manual-clock.ts";
import { silentEngine } from "../../testing/silent-engine.ts";
import { removeInstallation } from "./remove-installation.ts";

const json = (response: ServerResponse, body: unknown, status = 200): void =>
  void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

/** An engine that still makes a container when it is asked to remove its network. */
async function engine({ isBusyFor = 1, on = {} as object } = {}) {
  const removed: string[] = [];
  let tries = 0;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? "").replace(/^\/v[\d.]+/, "").replace(/\?.*/, "");
    if (request.method === "GET" && path === "/containers/json") return json(response, tries === 0 ? [] : [{ Id: "late" }]);
    if (request.method === "GET" && path === "/networks/n1") return json(response, { Name: "airfield-a1-vpc", Containers: on });
    if (request.method === "GET" && path === "/networks") return json(response, [{ Id: "n1" }]);
    if (request.method === "GET" && path === "/volumes") return json(response, { Volumes: null });
    tries += path === "/networks/n1" ? 1 : 0;
    if (path === "/networks/n1" && tries <= isBusyFor) return json(response, { message: "network n1 id n1 has active endpoints" }, 403);
    removed.push(path);
    return json(response, {}, 200);
  };
  const paths = [
    "GET /containers/json",
    "GET /networks",
    "GET /networks/n1",
    "GET /volumes",
    "DELETE /networks/n1",
    "DELETE /containers/late",
    "DELETE /networks/airfield-link",
  ];
  const silent = await silentEngine(Object.fromEntries(paths.map((path) => [path, answer])));
  return { silent, removed, [Symbol.asyncDispose]: () => silent[Symbol.asyncDispose]() };
}

/** Lets time pass as somebody waits for it. */
async function settled(clock: ManualClock, work: Promise<unknown>): Promise<unknown> {
  let isOver = false;
  const done = work.catch((error: unknown) => error).finally(() => (isOver = true));
  while (!isOver) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (clock.waiting > 0) clock.advance(200);
  }
  return done;
}

test("a container that the engine was making as its server ended goes, too, and its network after it", async () => {
  await using at = await engine();
  const clock = new ManualClock();
  expect(await settled(clock, removeInstallation({ socketPath: at.silent.socketPath, instance: "a1", clock }))).toEqual([]);
  expect(at.removed.slice(0, 2)).toEqual(["/containers/late", "/networks/n1"]);
});

test("a network that somebody stays on is told of in the end", async () => {
  await using at = await engine({ isBusyFor: Number.POSITIVE_INFINITY, on: { late: {} } });
  const clock = new ManualClock();
  expect(await settled(clock, removeInstallation({ socketPath: at.silent.socketPath, instance: "a1", clock }))).toMatchObject({
    status: 403,
    message: expect.stringContaining("active endpoints"),
  });
});

test("a network that the engine keeps for nobody is named, and keeps nothing else from being removed", async () => {
  await using at = await engine({ isBusyFor: Number.POSITIVE_INFINITY });
  const clock = new ManualClock();
  const removed = removeInstallation({ socketPath: at.silent.socketPath, instance: "a1", clock });
  expect(await settled(clock, removed)).toEqual(["airfield-a1-vpc"]);
  expect(at.silent.calls).toContain("GET /volumes");
});
