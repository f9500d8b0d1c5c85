import { expect, test } from "vitest";
import { fakeWorker } from "../../testing/fake-worker.ts";
import { askHaproxyAll } from "./runtime-api.ts";

test("many commands go over one connection, and each has its own answer", async () => {
  const said: Record<string, string> = { "add server b/1": "New server registered.\n", "del server b/2": "No such server.\n" };
  const { path, connections } = await fakeWorker((command) => said[command] ?? "");
  const commands = ["add server b/1", "enable server b/1", "del server b/2", "set server b/1 weight 1"];
  expect(await askHaproxyAll(path, commands)).toEqual(["New server registered.", "", "No such server.", ""]);
  expect(connections).toEqual([commands]);
  expect(await askHaproxyAll(path, [])).toEqual([]);
  expect(connections).toHaveLength(1);
});

test("what asks for the lines that a command hands over is no answer", async () => {
  const { path } = await fakeWorker((command) =>
    command.startsWith("add map") ? `+ + ${command.endsWith("b") ? "no such map" : ""}` : "",
  );
  expect(await askHaproxyAll(path, ["add map a", "add map b"])).toEqual(["", "no such map"]);
});

test("an answer that is missing is no answer", async () => {
  const { path } = await fakeWorker((command) => (command === "third" ? undefined : ""));
  await expect(askHaproxyAll(path, ["first", "second", "third", "fourth"])).rejects.toThrow("HAProxy answered 2 of 4 commands");
});
