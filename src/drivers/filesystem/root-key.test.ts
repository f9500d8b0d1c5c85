import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { installationId, openInstallation } from "./installation.ts";
import { openRootKey, operatorRootKey, RootKeyError } from "./root-key.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "airfield-root-key-"));
});
afterEach(() => rm(folder, { recursive: true }));

const KEY = Buffer.alloc(32, 5);
const none = { accessKeyId: undefined, secretAccessKey: undefined };

describe("the operator's key", () => {
  test("comes from the environment or from a file", async () => {
    const text = KEY.toString("base64");
    const file = join(folder, "key");
    await writeFile(file, `${text}\n`);
    expect(await operatorRootKey({})).toBeUndefined();
    expect(await operatorRootKey({ AIRFIELD_ROOT_KEY: text })).toEqual(KEY);
    expect(await operatorRootKey({ AIRFIELD_ROOT_KEY_FILE: file })).toEqual(KEY);
  });

  test.each([
    ["is too short", { AIRFIELD_ROOT_KEY: Buffer.alloc(31).toString("base64") }, "base64 of 32 bytes"],
    ["is too long", { AIRFIELD_ROOT_KEY: Buffer.alloc(33).toString("base64") }, "base64 of 32 bytes"],
    ["is empty", { AIRFIELD_ROOT_KEY: "" }, "base64 of 32 bytes"],
    ["is no base64", { AIRFIELD_ROOT_KEY: "*".repeat(44) }, "base64 of 32 bytes"],
    ["is in a file that is not there", { AIRFIELD_ROOT_KEY_FILE: "/nowhere/key" }, "cannot be read"],
    ["is given twice", { AIRFIELD_ROOT_KEY: KEY.toString("base64"), AIRFIELD_ROOT_KEY_FILE: "x" }, "both set"],
  ])("that %s is refused without being shown", async (_, environment: Record<string, string>, wanted) => {
    const error: unknown = await operatorRootKey(environment).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RootKeyError);
    expect((error as Error).message).toContain(wanted);
    expect((error as Error).message).not.toContain(environment["AIRFIELD_ROOT_KEY"] || "-");
  });

  test("is not written to the data folder, in whatever form", async () => {
    const { rootKey } = await openInstallation(folder, { ...none, rootKey: KEY });
    expect(rootKey).toEqual(KEY);
    expect(await readdir(folder)).not.toContain("root-key");
    const contents = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "latin1")));
    for (const form of ["base64", "hex", "latin1"] as const) expect(contents.join("\n")).not.toContain(KEY.toString(form));
  });

  test("has to be the same at the next start, and has to be brought", async () => {
    await openRootKey(folder, KEY);
    expect(await openRootKey(folder, KEY)).toEqual(KEY);
    await expect(openRootKey(folder, randomBytes(32))).rejects.toThrow("is not the one under which the secrets");
    await expect(openRootKey(folder, undefined)).rejects.toThrow("lie under a root key that is not kept there");
    expect(await readdir(folder)).toEqual(["root-key.check"]);
  });

  test("cannot take over a folder that has a key of its own, unless it is that one", async () => {
    const own = await openRootKey(folder, undefined);
    await expect(openRootKey(folder, KEY)).rejects.toThrow("is not the one under which the secrets");
    expect(await openRootKey(folder, own)).toEqual(own);
    // A folder of the time before the check value.
    await rm(join(folder, "root-key.check"));
    await expect(openRootKey(folder, KEY)).rejects.toThrow("is not the one under which the secrets");
  });
});

test("without an operator's key one is made, kept with mode 0600, and refused where it was changed", async () => {
  const own = await openRootKey(folder, undefined);
  expect(await openRootKey(folder, undefined)).toEqual(own);
  expect((await stat(join(folder, "root-key"))).mode & 0o777).toBe(0o600);
  await writeFile(join(folder, "root-key"), KEY.toString("base64"));
  await expect(openRootKey(folder, undefined)).rejects.toThrow(RootKeyError);
});

test("who needs the name of an installation alone makes no key", async () => {
  const id = await installationId(folder);
  expect(await installationId(folder)).toBe(id);
  expect(await readdir(folder)).toEqual(["installation-id"]);
  expect((await openInstallation(folder, { ...none, rootKey: KEY })).id).toBe(id);
});
