import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SecureContext } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Logger } from "../../ports/logger.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { awaitEndpoint } from "./await-endpoint.ts";
import { openAuthority } from "./certificates.ts";
import { followHostNames, type FollowOptions } from "./follow.ts";
import { readEndpointState, writeHostNames, type HostNames } from "./record.ts";
import { removeHostNames } from "./installation.ts";

const DAY = 24 * 60 * 60 * 1000;
const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const quiet: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

let data: string;
let folder: string;
let clock: ManualClock;
/** Doors that were opened, and `closed ` when they were closed. */
let doors: string[];
let context: (() => Promise<SecureContext>) | undefined;
let failure: NodeJS.ErrnoException | undefined;
/** Which names were told to lead here, each time. */
let served: (readonly string[])[];

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "airfield-follow-"));
  folder = join(data, "host-names");
  clock = new ManualClock(Date.now());
  doors = [];
  served = [];
  context = undefined;
  failure = undefined;
});

afterEach(async () => {
  await rm(data, { recursive: true, force: true });
});

const open: FollowOptions["open"] = async (door) => {
  if (failure) throw failure;
  const name = `${door.address}:${door.port}`;
  doors.push(name);
  ({ context } = door);
  return {
    async [Symbol.asyncDispose]() {
      doors.push(`closed ${name}`);
    },
  };
};

const follow = (): Promise<AsyncDisposable> =>
  followHostNames({ folder, clock, logger: quiet, open, served: (hosts) => void served.push(hosts) });

async function turnOn(revision: string, changes: Partial<HostNames> = {}): Promise<void> {
  await openAuthority({ folder, installation: "0a1b2c3d", now: clock.now(), owner });
  const names = {
    revision,
    address: "127.45.66.1",
    hosts: ["a.amazonaws.com"],
    hostsFile: join(data, "hosts"),
    dockerCerts: join(data, "certs.d"),
    madeFolders: [],
  };
  await writeHostNames(folder, { ...names, ...changes }, owner);
}

const noted = async (revision: string): Promise<unknown> =>
  (await awaitEndpoint(folder, (state) => state?.revision === revision, 5000)).state;

test("nothing listens until host names are on; then at once, and no more once they are off", async () => {
  await using _follower = await follow();
  expect(doors).toEqual([]);
  await turnOn("one");
  expect(await noted("one")).toEqual({ pid: process.pid, revision: "one" });
  expect(doors).toEqual(["127.45.66.1:443"]);
  const { writeFile } = await import("node:fs/promises");
  await writeFile(join(data, "hosts"), "");
  await removeHostNames({ dataDirectory: data, id: "0a1b2c3d" });
  expect((await awaitEndpoint(folder, (state) => state === undefined, 5000)).late).toBe(false);
  expect(doors).toEqual(["127.45.66.1:443", "closed 127.45.66.1:443"]);
});

test("a server that starts with host names on listens before it is ready, and leaves no note behind", async () => {
  await follow().then((first) => first[Symbol.asyncDispose]());
  await turnOn("one");
  {
    await using _follower = await follow();
    expect(doors).toEqual(["127.45.66.1:443"]);
    expect(await readEndpointState(folder)).toEqual({ pid: process.pid, revision: "one" });
  }
  expect(doors).toEqual(["127.45.66.1:443", "closed 127.45.66.1:443"]);
  expect(await readEndpointState(folder)).toBeUndefined();
});

test("names that lead here are told with each change, and none where they cannot be served or are taken back", async () => {
  await using _follower = await follow();
  await turnOn("one");
  await noted("one");
  await turnOn("two", { hosts: ["a.amazonaws.com", "b.amazonaws.com"] });
  await noted("two");
  expect(served.at(-1)).toEqual(["a.amazonaws.com", "b.amazonaws.com"]);
  failure = Object.assign(new Error("listen EACCES"), { code: "EACCES" });
  await turnOn("three", { address: "127.45.66.2" });
  await noted("three");
  expect(served.at(-1)).toEqual([]);
  failure = undefined;
  await turnOn("four");
  await noted("four");
  expect(served.at(-1)).toEqual(["a.amazonaws.com"]);
  await rm(join(folder, "names.json"));
  await awaitEndpoint(folder, (state) => state === undefined, 5000);
  expect(served.at(-1)).toEqual([]);
});

test("other hosts get a new certificate at the door that is open; another address is another door", async () => {
  await using _follower = await follow();
  await turnOn("one");
  await noted("one");
  const first = await context?.();
  expect(await context?.()).toBe(first);
  await turnOn("two", { hosts: ["a.amazonaws.com", "b.amazonaws.com"] });
  await noted("two");
  expect(doors).toEqual(["127.45.66.1:443"]);
  expect(await context?.()).not.toBe(first);
  await turnOn("three", { address: "127.45.66.2" });
  await noted("three");
  expect(doors).toEqual(["127.45.66.1:443", "closed 127.45.66.1:443", "127.45.66.2:443"]);
});

test("the certificate is kept over restarts, and renewed when two thirds of its life are over, once for all who wait", async () => {
  const keptBy = async (): Promise<string> => readFile(join(folder, "server.pem"), "ascii");
  await follow().then((first) => first[Symbol.asyncDispose]());
  await turnOn("one");
  await follow().then((first) => first[Symbol.asyncDispose]());
  const kept = await keptBy();
  expect((await stat(join(folder, "server.pem"))).mode & 0o777).toBe(0o600);
  await using _follower = await follow();
  expect(await keptBy()).toBe(kept);
  clock.advance(260 * DAY);
  await context?.();
  expect(await keptBy()).toBe(kept);
  clock.advance(10 * DAY);
  const [one, two] = await Promise.all([context?.(), context?.()]);
  expect(one).toBe(two);
  expect(await keptBy()).not.toBe(kept);
});

test("a port that cannot be opened is noted with its reason, and tried again at the next installation", async () => {
  await using _follower = await follow();
  failure = Object.assign(new Error("listen EACCES: permission denied 127.45.66.1:443"), { code: "EACCES" });
  await turnOn("one");
  expect(await noted("one")).toMatchObject({ problem: { code: "EACCES", message: failure.message } });
  failure = undefined;
  await turnOn("two");
  expect(await noted("two")).toEqual({ pid: process.pid, revision: "two" });
});

test("an authority that is gone is a problem that says what to do", async () => {
  await using _follower = await follow();
  await writeHostNames(
    folder,
    { revision: "one", address: "127.45.66.1", hosts: [], hostsFile: "", dockerCerts: "", madeFolders: [] },
    owner,
  );
  expect(await noted("one")).toMatchObject({ problem: { message: expect.stringContaining("run `airfield hosts install` again") } });
});
