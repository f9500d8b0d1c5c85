import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { expect, test } from "vitest";
import { freePort } from "../../testing/airfield-process.ts";
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

test("where both are somebody else's, it says so", async () => {
  const port = await freePort();
  await using _first = await openTaskEndpoint({ address: ADDRESS, port: await freePort(), listener });
  const other = await taken(port);
  await expect(openTaskEndpoint({ address: ADDRESS, port, listener })).rejects.toMatchObject({ code: "EADDRINUSE" });
  other.close();
});
