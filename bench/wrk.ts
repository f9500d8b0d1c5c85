import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../src/testing/aws-cli.ts";

export interface WrkLoad {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface WrkResult {
  readonly requestsPerSecond: number;
  /** Answers other than 2xx and 3xx, and connections that failed. */
  readonly failures: number;
  /** Within which 99 of 100 were answered, milliseconds. */
  readonly p99: number;
}

/** Loads a server with `wrk` on one thread: on loopback, and for a bounded time. */
export async function wrk({ url, connections, seconds, method = "GET", headers = {}, body = "" }: WrkLoad): Promise<WrkResult> {
  const folder = await mkdtemp(join(tmpdir(), "airfield-wrk-"));
  try {
    const script = join(folder, "request.lua");
    // It sends the URL's host by itself, beside any that is not called just so.
    const called = (name: string): string => (name.toLowerCase() === "host" ? "Host" : name);
    const assignments = Object.entries(headers).map(([name, value]) => `wrk.headers[${lua(called(name))}] = ${lua(value)}`);
    await writeFile(script, [`wrk.method = ${lua(method)}`, `wrk.body = ${lua(body)}`, ...assignments].join("\n"));
    const { stdout, stderr, code } = await runCommand(
      "wrk",
      ["-t1", "--latency", `-c${connections}`, `-d${seconds}s`, "-s", script, url],
      process.env,
    );
    const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
    if (code !== 0 || rate === undefined) throw new Error(`wrk failed: ${stderr}${stdout}`);
    const wrong = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
    const socket = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1).map(Number) ?? [];
    const [, late = "NaN", unit = "s"] = /\b99%\s+([\d.]+)(us|ms|s|m)/.exec(stdout) ?? [];
    const p99 = Number(late) * { us: 0.001, ms: 1, s: 1000, m: 60_000 }[unit as "us" | "ms" | "s" | "m"];
    return { p99, requestsPerSecond: Number(rate), failures: wrong + socket.reduce((sum, count) => sum + count, 0) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Requests per second, none of which may fail. */
export async function requestRate(load: WrkLoad): Promise<number> {
  const { requestsPerSecond, failures } = await wrk(load);
  if (failures > 0) throw new Error(`${failures} requests to ${load.url} failed`);
  return requestsPerSecond;
}

/** A Lua string literal. */
function lua(text: string): string {
  return `"${text.replace(/["\\\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`))}"`;
}
