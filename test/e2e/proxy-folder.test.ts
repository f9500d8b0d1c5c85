import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { haproxyTrafficProxy } from "../../src/drivers/haproxy/haproxy-traffic-proxy.ts";
import type { ProxyConfiguration } from "../../src/ports/traffic-proxy.ts";
import { backend, listener, serverAt, watchHealth } from "../../src/testing/traffic-proxy-contract.ts";
import { clock, freePort } from "./traffic-world.ts";

// What only HAProxy itself shows of the folder that it runs in.

const binary = process.env["AIRFIELD_TEST_HAPROXY"] ?? "haproxy";
let above: string;
let port: number;
let served: ProxyConfiguration;
const target = createServer((_request, response) => void response.end("answer"));

beforeEach(async () => {
  above = await mkdtemp(join(tmpdir(), "airfield-proxy-folder-"));
  port = await freePort();
  if (!target.listening) await once(target.listen(0, "127.0.0.1"), "listening");
  const { port: targetPort } = target.address() as AddressInfo;
  served = {
    listeners: [listener("main", port)],
    backends: [backend("web", [serverAt("one", { address: "127.0.0.1", port: targetPort })])],
  };
});
afterAll(() => void target.close());
afterEach(() => rm(above, { recursive: true, force: true }));

const masterIn = async (directory: string): Promise<number> => Number(await readFile(join(directory, "haproxy.pid"), "utf8"));
const answers = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text();

/** As versions before this one called it: every path whole, sockets too. */
async function startedByAnEarlierVersion(directory: string): Promise<number> {
  await mkdir(directory, { mode: 0o700 });
  const configuration = join(directory, "haproxy.cfg");
  await writeFile(
    configuration,
    [
      `global\n    stats socket ${directory}/worker.sock mode 600 level admin expose-fd listeners\n    description before`,
      "ring health\n    format rfc3164\n    maxlen 1024\n    size 65536",
      "defaults\n    mode http\n    timeout connect 1s\n    timeout client 1s\n    timeout server 1s",
      `frontend l_main\n    bind 127.0.0.1:${port}\n    http-request return status 200 content-type text/plain string before`,
      "",
    ].join("\n"),
  );
  const arguments_ = ["-W", "-S", `${directory}/master.sock,mode,600`, "-f", configuration, "-p", `${directory}/haproxy.pid`];
  const child = spawn(binary, arguments_, { detached: true, stdio: ["ignore", "ignore", "pipe"], cwd: directory });
  for await (const line of child.stderr) if (String(line).includes("Loading success")) break;
  child.unref();
  await writeFile(join(directory, "haproxy.log"), "");
  return child.pid ?? 0;
}

test("with a long path it serves, reloads, and is adopted by the next control plane", async () => {
  const directory = join(above, "x".repeat(200));
  const first = await haproxyTrafficProxy({ directory, clock, binary });
  await first.apply(served);
  await first.apply({ ...served, listeners: [...served.listeners, listener("more", await freePort())] });
  const master = await masterIn(directory);
  await first.close();
  const second = await haproxyTrafficProxy({ directory, clock, binary });
  try {
    const health = watchHealth(second);
    await second.apply(served);
    await health.until((report) => report.health === "healthy");
    expect([await answers(), await masterIn(directory)]).toEqual(["answer", master]);
  } finally {
    await second.stop();
  }
});

test("one that an earlier version started in the temporary directory goes on there; the next one has its place in the data folder", async () => {
  const [directory, formerDirectory] = [join(above, "x".repeat(200)), join(above, "former")];
  const master = await startedByAnEarlierVersion(formerDirectory);
  const adopted = await haproxyTrafficProxy({ directory, formerDirectory, clock, binary });
  try {
    expect(await answers()).toBe("before");
    const health = watchHealth(adopted);
    await adopted.apply(served);
    await health.until((report) => report.health === "healthy");
    expect([await answers(), await masterIn(formerDirectory)]).toEqual(["answer", master]);
  } finally {
    await adopted.stop();
  }
  const next = await haproxyTrafficProxy({ directory, formerDirectory, clock, binary });
  try {
    const health = watchHealth(next);
    await next.apply(served);
    await health.until((report) => report.health === "healthy");
    expect([await answers(), existsSync(formerDirectory), existsSync(join(directory, "haproxy.cfg"))]).toEqual(["answer", false, true]);
  } finally {
    await next.stop();
  }
});
