import { execFileSync } from "node:child_process";
import { chmod, chown, lstat, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addAccount, accountsFolder } from "./accounts.ts";
import { openInstallation, readRootCredentials } from "./installation.ts";
import { readPrivate } from "./private-file.ts";

const NONE = { accessKeyId: undefined, secretAccessKey: undefined };
const ACCOUNT = "accounts/222222222222.json";

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "airfield-private-"));
  await openInstallation(data, NONE);
  await addAccount(accountsFolder(data), "222222222222");
});
afterEach(() => rm(data, { recursive: true, force: true }));

test.each(["installation-id", "credentials.json", "root-key", "root-key.check"])("%s that is a link is not followed", async (name) => {
  await rename(join(data, name), join(data, "elsewhere"));
  await chmod(join(data, "elsewhere"), 0o644);
  await symlink(join(data, "elsewhere"), join(data, name));
  await expect(openInstallation(data, NONE)).rejects.toMatchObject({
    name: "UntrustedPlaceError",
    message: `${join(data, name)} is a link`,
  });
  expect((await lstat(join(data, "elsewhere"))).mode & 0o777).toBe(0o644);
});

test("neither is an account's", async () => {
  const file = join(data, ACCOUNT);
  await rename(file, join(data, "elsewhere"));
  await symlink(join(data, "elsewhere"), file);
  await expect(readPrivate(file)).rejects.toMatchObject({ message: `${file} is a link` });
});

test("a pipe in the place of a file is refused, and not waited for", async () => {
  await rm(join(data, "root-key"));
  execFileSync("mkfifo", [join(data, "root-key")]);
  await expect(openInstallation(data, NONE)).rejects.toMatchObject({ message: `${join(data, "root-key")} is no file` });
});

test.runIf(process.geteuid?.() === 0)(
  "a file of somebody else's stops the start; of the folder's own owner it may be read by root",
  async () => {
    await chown(join(data, "credentials.json"), 12_345, 12_345);
    const message = `${join(data, "credentials.json")} belongs to another user (12345)`;
    await expect(openInstallation(data, NONE)).rejects.toMatchObject({ name: "UntrustedPlaceError", message });
    await chown(data, 12_345, 12_345);
    expect(await readRootCredentials(data)).toBeDefined();
    await expect(openInstallation(data, NONE)).rejects.toMatchObject({ message: `${data} belongs to another user (12345)` });
  },
);

test("a data folder that others could write into stops the start, once", async () => {
  await chmod(data, 0o777);
  await expect(openInstallation(data, NONE)).rejects.toMatchObject({ name: "UntrustedPlaceError" });
  expect((await lstat(data)).mode & 0o777).toBe(0o700);
  await openInstallation(data, NONE);
});

test("there is nothing to read where there is no file", async () => {
  expect(await readPrivate(join(data, "none"))).toBeUndefined();
  await writeFile(join(data, "spaces"), " text \n", { mode: 0o600 });
  expect(await readPrivate(join(data, "spaces"))).toBe("text");
});
