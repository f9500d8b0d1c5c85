import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock as clock } from "../system/clock.ts";
import { runsInFormerPlace } from "./former-place.ts";
import { haproxyTrafficProxy } from "./haproxy-traffic-proxy.ts";

let above: string;
let former: string;
const warnings: string[] = [];
const started: ChildProcess[] = [];
const logger = { info: () => undefined, warn: (message: string) => void warnings.push(message), error: () => undefined };
beforeEach(async () => {
  above = await mkdtemp(join(tmpdir(), "airfield-former-"));
  former = join(above, "proxy");
  await mkdir(former, { mode: 0o700 });
  warnings.length = 0;
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  await rm(above, { recursive: true, force: true });
});

/** Called as an earlier version called HAProxy, with its process id where HAProxy wrote it. A shell, which any user may run: Node.js may lie in a folder of one's own. */
async function anOldProxy(uid?: number): Promise<ChildProcess> {
  const child = spawn("sh", ["-c", "echo up; read -r _; :", "sh", join(former, "haproxy.cfg")], {
    stdio: ["pipe", "pipe", "ignore"],
    ...(uid !== undefined && { uid }),
  });
  started.push(child);
  await once(child.stdout ?? child, "data");
  await writeFile(join(former, "haproxy.pid"), `${child.pid}\n`);
  return child;
}

const looked = (): Promise<boolean> => runsInFormerPlace(former, { clock, logger });

describe("where an earlier version had the proxy's folder", () => {
  test("a proxy that runs is adopted", async () => {
    const proxy = await anOldProxy();
    expect(await looked()).toBe(true);
    expect([proxy.exitCode, proxy.signalCode, warnings]).toEqual([null, null, []]);
  });

  test("what one left that does not run any more is removed", async () => {
    const proxy = await anOldProxy();
    proxy.kill("SIGKILL");
    await once(proxy, "exit");
    expect(await looked()).toBe(false);
    expect(await readdir(above)).toEqual([]);
  });

  test("nothing is, as a rule", async () => {
    await rm(former, { recursive: true });
    expect(await looked()).toBe(false);
    expect([await readdir(above), warnings]).toEqual([[], []]);
  });

  test.skipIf(process.platform !== "linux").each<[string, boolean, () => Promise<unknown>]>([
    ["is gone", true, () => rm(former, { recursive: true })],
    ["others may write into", true, () => chmod(former, 0o777)],
    ["is a link", true, async () => (await rename(former, join(above, "moved"))) ?? symlink(join(above, "moved"), former)],
    ["is somebody else's", process.geteuid?.() === 0, () => chown(former, 12_345, 12_345)],
  ])("a proxy whose folder %s is ended, and that is told", async (_what, possible, harm) => {
    if (!possible) return;
    const proxy = await anOldProxy();
    const ended = once(proxy, "exit");
    await harm();
    expect(await looked()).toBe(false);
    expect(await ended).toEqual([null, "SIGTERM"]);
    expect(warnings).toEqual(["HAProxy ran in a folder that cannot be trusted: it was ended, and is started anew in the data folder"]);
  });
});

test.runIf(process.platform === "linux" && process.geteuid?.() === 0)("what somebody else calls so is none of ours", async () => {
  const theirs = await anOldProxy(12_345);
  await rm(former, { recursive: true });
  expect(await runsInFormerPlace(former, { clock, logger })).toBe(false);
  expect([theirs.exitCode, theirs.signalCode, warnings]).toEqual([null, null, []]);
});

describe("the proxy's folder", () => {
  test("may have a path that is far longer than that of a socket", async () => {
    const long = join(above, "x".repeat(200));
    const proxy = await haproxyTrafficProxy({ directory: long, clock });
    await proxy.close();
    expect((await lstat(long)).mode & 0o777).toBe(0o700);
  });

  test("is refused where others could have put a configuration into it", async () => {
    await writeFile(join(former, "haproxy.cfg"), "theirs");
    await symlink(former, join(above, "link"));
    await expect(haproxyTrafficProxy({ directory: join(above, "link"), clock })).rejects.toMatchObject({ name: "UntrustedPlaceError" });
    await chmod(former, 0o777);
    await expect(haproxyTrafficProxy({ directory: former, clock })).rejects.toMatchObject({ name: "UntrustedPlaceError" });
  });
});
