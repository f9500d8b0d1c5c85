import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { madeCertificate } from "../../testing/certificates.ts";
import { addToDatabase, inDatabase, nssDatabases, removeFromDatabase } from "./nss-databases.ts";
import { toolPath } from "./run-tool.ts";
import { addToStore, isInStore, removeFromStore, type SystemStore } from "./system-store.ts";

let folder: string;
let ca: string;
let otherCa: string;

beforeAll(async () => {
  const authority = () => madeCertificate({ commonName: "Authority", authority: true }).then(({ pem }) => pem);
  [ca, otherCa] = await Promise.all([authority(), authority()]);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "airfield-trust-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("a program is found by its name, or not", async () => {
  expect(await toolPath("sh")).toMatch(/\/sh$/);
  expect(await toolPath("no-such-program")).toBeUndefined();
});

describe("the system's store", () => {
  /** One whose program notes what it finds. */
  async function store(): Promise<SystemStore> {
    const update = join(folder, "update");
    await writeFile(update, `#!/bin/sh\nls ${folder}/added > ${folder}/seen\necho again >> ${folder}/runs\n`);
    await chmod(update, 0o755);
    return { folder: join(folder, "added"), update, args: [] };
  }

  test("gets a file of the installation's, and is told of it, once", async () => {
    const at = await store();
    expect([await addToStore(at, "0a1b", ca), await addToStore(at, "0a1b", ca)]).toEqual([true, false]);
    expect(await readFile(join(folder, "seen"), "utf8")).toBe("airfield-0a1b.crt\n");
    expect(await readFile(join(folder, "runs"), "utf8")).toBe("again\n");
    expect([await isInStore(at, "0a1b", ca), await isInStore(at, "0a1b", otherCa), await isInStore(at, "ffff", ca)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(await addToStore(at, "0a1b", otherCa)).toBe(true);
  });

  test("loses it again, and nobody else's", async () => {
    const at = await store();
    await addToStore(at, "0a1b", ca);
    await addToStore(at, "ffff", otherCa);
    expect([await removeFromStore(at, "0a1b"), await removeFromStore(at, "0a1b")]).toEqual([true, false]);
    expect(await readFile(join(folder, "seen"), "utf8")).toBe("airfield-ffff.crt\n");
  });

  test("that cannot be told of it fails with what its program says", async () => {
    const at = await store();
    await writeFile(at.update, "#!/bin/sh\necho no such folder >&2\nexit 3\n");
    await expect(addToStore(at, "0a1b", ca)).rejects.toThrow("no such folder");
  });

  test("that could not be told of it is told the next time", async () => {
    const at = await store();
    const broken = { ...at, update: join(folder, "no-such-program") };
    await expect(addToStore(broken, "0a1b", ca)).rejects.toThrow("ENOENT");
    expect(await addToStore(at, "0a1b", ca)).toBe(true);
    await expect(removeFromStore(broken, "0a1b")).rejects.toThrow("ENOENT");
    expect(await isInStore(at, "0a1b", ca)).toBe(true);
    expect(await removeFromStore(at, "0a1b")).toBe(true);
    expect(await readFile(join(folder, "runs"), "utf8")).toBe("again\nagain\n");
  });

  const debian = "/usr/sbin/update-ca-certificates";
  test.skipIf(!existsSync(debian))("of Debian takes it up", async () => {
    const [added, made, hooks] = ["added", "made", "hooks"].map((name) => join(folder, name)) as [string, string, string];
    await Promise.all([added, made, hooks].map((one) => mkdir(one)));
    const at = { folder: added, update: debian, args: ["--localcertsdir", added, "--etccertsdir", made, "--hooksdir", hooks] };
    await addToStore(at, "0a1b", ca);
    const bundle = async () => (await readFile(join(made, "ca-certificates.crt"), "utf8")).includes(ca.trim());
    expect(await bundle()).toBe(true);
    await removeFromStore(at, "0a1b");
    expect(await bundle()).toBe(false);
  });
});

test("a home without browsers has the place where Chromium would look; profiles of Firefox are found", async () => {
  const chromium = { browser: "Chromium", folder: join(folder, ".pki/nssdb") };
  expect(await nssDatabases(folder)).toEqual([chromium]);
  const profile = join(folder, ".mozilla/firefox/abc.default");
  await mkdir(profile, { recursive: true });
  expect(await nssDatabases(folder)).toEqual([chromium]);
  await writeFile(join(profile, "cert9.db"), "");
  expect(await nssDatabases(folder)).toEqual([chromium, { browser: "Firefox", folder: profile }]);
});

const certutil = await toolPath("certutil");
// Debian has it in libnss3-tools.
describe.skipIf(certutil === undefined)("a browser's database, by certutil", () => {
  const tool = certutil ?? "";

  test("is made where it is not there, and trusts the authority for servers until it is taken out", async () => {
    const [database] = await nssDatabases(folder);
    if (!database) throw new Error("there is no place for a database");
    const file = join(folder, "ca.crt");
    await writeFile(file, ca);
    expect(await inDatabase(tool, database, "0a1b")).toBeUndefined();
    const add = (pem: string) => addToDatabase(tool, database, "0a1b", file, pem);
    expect([await add(ca), await add(ca)]).toEqual([true, false]);
    expect(execFileSync(tool, ["-L", "-d", `sql:${database.folder}`], { encoding: "utf8" })).toMatch(/airfield-0a1b\s+C,,/);
    await writeFile(file, otherCa);
    expect(await add(otherCa)).toBe(true);
    expect((await inDatabase(tool, database, "0a1b"))?.trim()).toBe(otherCa.trim());
    expect([await removeFromDatabase(tool, database, "0a1b"), await removeFromDatabase(tool, database, "0a1b")]).toEqual([true, false]);
  });
});
