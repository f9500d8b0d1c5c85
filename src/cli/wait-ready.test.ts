import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forgetServer, recordServer } from "./running-server.ts";
import { stop } from "./stop.ts";
import { waitReady } from "./wait-ready.ts";

let data: string;
const server = { url: "http://127.0.0.1:4566", accessKeyId: "AKIAX" };

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "airfield-wait-"));
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(data, { recursive: true, force: true });
});

test("a script goes on when the server is ready, and not before", async () => {
  const said = vi.spyOn(console, "log").mockReturnValue(undefined);
  const waiting = waitReady({ data, timeout: "60" });
  expect(said).not.toHaveBeenCalled();
  recordServer(data, { ...server, pid: process.pid });
  await waiting;
  expect(said).toHaveBeenCalledWith("airfield ready at http://127.0.0.1:4566");
});

test("what a server that was killed has left is no server", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  recordServer(data, { ...server, pid: child.pid ?? 0 });
  await expect(waitReady({ data, timeout: "0" })).rejects.toThrow(`no server was ready on ${data} in 0 seconds`);
  await expect(stop({ data })).rejects.toThrow(`no server works on ${data}`);
});

test("a process that has the id of a server that was killed is not the server: it is left alone", async () => {
  const child = spawn(process.execPath, ["-e", "console.log(1); setInterval(() => {}, 1000)"], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  recordServer(data, { ...server, pid: child.pid ?? 0 });
  const file = join(data, "server.json");
  const kept = JSON.parse(await readFile(file, "utf8")) as { readonly began: string };
  await writeFile(file, JSON.stringify({ ...kept, began: kept.began.replace(/\d+$/, (ticks) => String(Number(ticks) - 1)) }));
  await expect(waitReady({ data, timeout: "0" })).rejects.toThrow("no server was ready");
  await expect(stop({ data })).rejects.toThrow("no server works on");
  expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  child.kill();
});

test.each(["", "soon", "-1", "Infinity"])("a timeout of %j is refused", async (timeout) => {
  await expect(waitReady({ data, timeout })).rejects.toThrow("is no number of seconds");
});

test("stop tells the server, and waits for its end", async () => {
  const program = 'process.on("SIGTERM", () => setTimeout(() => process.exit(), 100)); console.log(1); setInterval(() => {}, 1000)';
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  recordServer(data, { ...server, pid: child.pid ?? 0 });
  const ended = once(child, "exit");
  await stop({ data });
  expect(await ended).toEqual([0, null]);
  forgetServer(data);
  await expect(stop({ data })).rejects.toThrow("no server works");
});
