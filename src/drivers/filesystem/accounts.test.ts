import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Logger } from "../../ports/logger.ts";
import { accountsFolder, addAccount, followAccounts, readAccounts } from "./accounts.ts";
import { openInstallation, readRootCredentials } from "./installation.ts";

let data: string;
let folder: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "airfield-accounts-"));
  folder = accountsFolder(data);
});

afterEach(() => rm(data, { recursive: true, force: true }));

/** A logger that says when it was told something. */
function listener(): Logger & { readonly told: () => Promise<string> } {
  let tell: (message: string) => void = () => undefined;
  const log = (message: string): void => tell(message);
  return { info: log, warn: log, error: log, told: () => new Promise((resolve) => (tell = resolve)) };
}

test("an account has keys of its own, in a file that only its owner may read, and keeps them", async () => {
  const added = await addAccount(folder, "222222222222");
  expect(added.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
  expect(added.secretAccessKey).toMatch(/^[A-Za-z0-9]{40}$/);
  expect((await stat(join(folder, "222222222222.json"))).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect(await addAccount(folder, "222222222222")).toEqual(added);
  const other = await addAccount(folder, "111111111111");
  expect(await readAccounts(folder)).toEqual([other, added]);
});

test("there are none before the first is made, and what is no account's file is none", async () => {
  expect(await readAccounts(folder)).toEqual([]);
  await addAccount(folder, "222222222222");
  await writeFile(join(folder, "notes.json"), "{}");
  expect(await readAccounts(folder)).toHaveLength(1);
});

test("they come in the order of their numbers", async () => {
  const numbers = [7, 3, 9, 1, 8, 2, 6].map((digit) => String(digit).repeat(12));
  for (const account of numbers) await addAccount(folder, account);
  expect((await readAccounts(folder)).map(({ account }) => account)).toEqual(numbers.toSorted());
});

test("where there are none yet, who follows them makes a folder that is its owner's alone", async () => {
  using _followed = await followAccounts(folder, listener());
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

test("who follows them hears of an account that is added, and keeps those known when the folder cannot be read", async () => {
  const logger = listener();
  using followed = await followAccounts(folder, logger);
  expect(followed.current).toEqual([]);
  const told = logger.told();
  const added = await addAccount(folder, "222222222222");
  expect(await told).toBe("the accounts have changed");
  expect(followed.current).toEqual([added]);
  const warned = logger.told();
  await writeFile(join(folder, "333333333333.json"), "no JSON");
  expect(await warned).toContain("cannot be read");
  expect(followed.current).toEqual([added]);
});

test("who follows them no more hears of nothing", async () => {
  const [gone, stays] = [listener(), listener()];
  const left = await followAccounts(folder, gone);
  using followed = await followAccounts(folder, stays);
  left[Symbol.dispose]();
  // The other one was told after it would have been.
  const told = stays.told();
  const added = await addAccount(folder, "222222222222");
  await told;
  expect([left.current, followed.current]).toEqual([[], [added]]);
});

test("a folder that cannot be read is no folder without accounts", async () => {
  await writeFile(folder, "");
  await expect(readAccounts(folder)).rejects.toMatchObject({ code: "ENOTDIR" });
});

test.each(["credentials.json", "root-key"])("%s that others may read is closed to them, and told", async (name) => {
  const none = { accessKeyId: undefined, secretAccessKey: undefined };
  const before = await openInstallation(data, none);
  const file = join(data, name);
  await chmod(file, 0o644);
  const exposed: unknown[] = [];
  const after = await openInstallation(data, none, (...told) => void exposed.push(told));
  expect(exposed).toEqual([[file, 0o644]]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(after).toEqual(before);
});

test("everything that an installation makes is for its owner alone", async () => {
  await openInstallation(data, { accessKeyId: undefined, secretAccessKey: undefined });
  for (const name of await readdir(data)) expect((await stat(join(data, name))).mode & 0o077, name).toBe(0);
  expect((await stat(data)).mode & 0o777).toBe(0o700);
  expect(await readRootCredentials(data)).toBeDefined();
});
