import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { askHaproxyAll } from "./runtime-api.ts";

/** A worker's socket, which prints a prompt as HAProxy 2.6 does. */
async function worker(answer: (command: string) => string | undefined) {
  const connections: string[][] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const commands: string[] = [];
    connections.push(commands);
    let text = "";
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("end", () => {
      for (const command of text.trimEnd().split("\n")) {
        if (command === "quit") break;
        if (command !== "prompt") commands.push(command);
        const said = command === "prompt" ? "" : answer(command);
        if (said === undefined) break;
        socket.write(`${said}${said === "" ? "" : "\n"}\n> `);
      }
      socket.end();
    });
  });
  const folder = await mkdtemp(join(tmpdir(), "airfield-worker-"));
  const path = join(folder, "worker.sock");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });
  return { path, connections };
}

test("many commands go over one connection, and each has its own answer", async () => {
  const said: Record<string, string> = { "add server b/1": "New server registered.\n", "del server b/2": "No such server.\n" };
  const { path, connections } = await worker((command) => said[command] ?? "");
  const commands = ["add server b/1", "enable server b/1", "del server b/2", "set server b/1 weight 1"];
  expect(await askHaproxyAll(path, commands)).toEqual(["New server registered.", "", "No such server.", ""]);
  expect(connections).toEqual([commands]);
  expect(await askHaproxyAll(path, [])).toEqual([]);
  expect(connections).toHaveLength(1);
});

test("an answer that is missing is no answer", async () => {
  const { path } = await worker((command) => (command === "third" ? undefined : ""));
  await expect(askHaproxyAll(path, ["first", "second", "third", "fourth"])).rejects.toThrow("HAProxy answered 2 of 4 commands");
});
