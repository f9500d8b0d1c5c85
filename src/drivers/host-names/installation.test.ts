import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DamagedBlockError } from "./hosts-block.ts";
import { HostNamesConflictError, place, prepare, removeHostNames, withdraw, type Home, type Wish } from "./installation.ts";
import { hostNamesFolder, readHostNames } from "./record.ts";

const STOCKHOLM = "123456789012.dkr.ecr.eu-north-1.amazonaws.com";
const MUMBAI = "123456789012.dkr.ecr.ap-south-1.amazonaws.com";

let root: string;
let home: Home;
let hostsFile: string;
let dockerCerts: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "airfield-host-names-"));
  home = { dataDirectory: join(root, "data"), id: "0a1b2c3d" };
  hostsFile = join(root, "etc", "hosts");
  dockerCerts = join(root, "etc", "docker", "certs.d");
  await mkdir(home.dataDirectory);
  await mkdir(join(root, "etc"));
  await writeFile(hostsFile, "127.0.0.1 localhost\n# caf\u00e9 in Latin-1\n", "latin1");
  await chmod(hostsFile, 0o640);
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function install(hosts: readonly string[], changes: Partial<Wish> = {}): Promise<boolean> {
  return place(await prepare(home, { hosts, hostsFile, dockerCerts, revision: `r-${hosts.join()}`, now: Date.now(), ...changes }));
}

const remove = (): Promise<boolean> => removeHostNames(home, { hostsFile, dockerCerts });

/** Everything below a folder: kind, mode and content by path. */
async function snapshot(folder: string): Promise<Readonly<Record<string, string>>> {
  const seen: Record<string, string> = {};
  for (const name of (await readdir(folder, { recursive: true })).toSorted()) {
    const path = join(folder, name);
    const at = await lstat(path);
    const content = at.isSymbolicLink() ? await readlink(path) : at.isFile() ? await readFile(path, "latin1") : "folder";
    seen[name] = `${at.mode.toString(8)} ${content}`;
  }
  return seen;
}

test.each([
  ["nothing", []],
  ["another name", [STOCKHOLM]],
])("an installation that was refused leaves the record as it was: %s", async (_, before) => {
  if (before.length > 0) await install(before);
  const folder = hostNamesFolder(home.dataDirectory);
  const known = await readHostNames(folder);
  const prepared = await prepare(home, { hosts: [MUMBAI], hostsFile, dockerCerts, revision: "refused", now: Date.now() });
  expect((await readHostNames(folder))?.revision).toBe("refused");
  await withdraw(home, prepared);
  expect(await readHostNames(folder)).toEqual(known);
});

describe("removing leaves what was there before, byte for byte", () => {
  const outside = (): Promise<Readonly<Record<string, string>>> => snapshot(join(root, "etc"));

  test.each([
    ["an ordinary machine", async (): Promise<void> => undefined],
    ["no newline at the end of the hosts file", () => writeFile(hostsFile, "127.0.0.1 localhost")],
    [
      "a hosts file that is a link",
      async () => {
        await writeFile(join(root, "etc", "hosts.real"), "127.0.0.1 localhost\n");
        await rm(hostsFile);
        await symlink("hosts.real", hostsFile);
      },
    ],
    [
      "a folder of certificates with others' in it",
      async () => {
        await mkdir(join(dockerCerts, STOCKHOLM), { recursive: true });
        await writeFile(join(dockerCerts, STOCKHOLM, "ca.crt"), "somebody's");
      },
    ],
  ] as const)("%s", async (_, arrange) => {
    await arrange();
    const before = await outside();
    expect(await install([STOCKHOLM])).toBe(true);
    expect(await install([MUMBAI])).toBe(true);
    expect(await outside()).not.toEqual(before);
    expect(await remove()).toBe(true);
    expect(await outside()).toEqual(before);
    expect(await readdir(hostNamesFolder(home.dataDirectory))).toEqual([]);
    expect(await remove()).toBe(false);
  });

  test("a record that was lost, or an installation cut off before its end", async () => {
    await mkdir(dockerCerts, { recursive: true });
    await mkdir(join(dockerCerts, STOCKHOLM));
    const before = await outside();
    await install([STOCKHOLM]);
    await rm(hostNamesFolder(home.dataDirectory), { recursive: true });
    expect(await remove()).toBe(true);
    expect(await outside()).toEqual(before);

    await prepare(home, { hosts: [MUMBAI], hostsFile, dockerCerts, revision: "r", now: Date.now() });
    expect(await remove()).toBe(true);
    expect(await outside()).toEqual(before);
  });

  test("what others put into folders of ours in the meantime stays", async () => {
    await install([STOCKHOLM, MUMBAI]);
    await writeFile(join(dockerCerts, MUMBAI, "client.cert"), "somebody's");
    await remove();
    expect(await readdir(dockerCerts, { recursive: true })).toEqual([MUMBAI, join(MUMBAI, "client.cert")]);
  });
});

test("installing twice changes nothing; other hosts are added to those that are there, under the same authority", async () => {
  expect(await install([STOCKHOLM])).toBe(true);
  const once = await snapshot(join(root, "etc"));
  expect(await install([STOCKHOLM])).toBe(false);
  expect(await snapshot(join(root, "etc"))).toEqual(once);
  expect(await install([MUMBAI, STOCKHOLM])).toBe(true);
  const certificates = await Promise.all(
    [STOCKHOLM, MUMBAI].map((host) => readFile(join(dockerCerts, host, "airfield-0a1b2c3d.crt"), "utf8")),
  );
  expect(certificates[0]).toBe(certificates[1]);
  expect((await readHostNames(hostNamesFolder(home.dataDirectory)))?.hosts).toEqual([STOCKHOLM, MUMBAI]);
});

test("the hosts file keeps its mode; private keys are the owner's alone", async () => {
  await install([STOCKHOLM]);
  expect((await stat(hostsFile)).mode & 0o777).toBe(0o640);
  const folder = hostNamesFolder(home.dataDirectory);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, "ca.pem"))).mode & 0o777).toBe(0o600);
  expect((await stat(join(dockerCerts, STOCKHOLM, "airfield-0a1b2c3d.crt"))).mode & 0o777).toBe(0o644);
  expect(await readFile(join(dockerCerts, STOCKHOLM, "airfield-0a1b2c3d.crt"), "utf8")).not.toContain("PRIVATE KEY");
});

test.runIf(process.getuid?.() === 0)("what root makes in somebody's data folder is theirs", async () => {
  const { chown } = await import("node:fs/promises");
  await chown(home.dataDirectory, 12_345, 12_346);
  await install([STOCKHOLM]);
  const folder = hostNamesFolder(home.dataDirectory);
  for (const path of [folder, ...(await readdir(folder)).map((name) => join(folder, name))])
    expect(await stat(path)).toMatchObject({ uid: 12_345, gid: 12_346 });
  expect(await stat(join(dockerCerts, STOCKHOLM, "airfield-0a1b2c3d.crt"))).toMatchObject({ uid: 0, gid: 0 });
});

describe("nothing is changed", () => {
  test("where the folder of the names is a link: root would write where it leads", async () => {
    await mkdir(join(root, "target"));
    await symlink(join(root, "target"), hostNamesFolder(home.dataDirectory));
    await expect(install([STOCKHOLM])).rejects.toMatchObject({ name: "UntrustedPlaceError" });
    expect(await readdir(join(root, "target"))).toEqual([]);
  });

  test.each([
    ["where somebody leads the name elsewhere", `127.0.0.1 localhost\n10.0.0.7 ${STOCKHOLM}\n`, {}, HostNamesConflictError],
    ["where our block is damaged", "# BEGIN airfield 0a1b2c3d. x\n127.0.0.1 localhost\n", {}, DamagedBlockError],
  ])("%s", async (_, text, changes, error) => {
    await writeFile(hostsFile, text);
    const before = await snapshot(root);
    await expect(install([STOCKHOLM], changes)).rejects.toThrow(error);
    expect(await snapshot(root)).toEqual(before);
  });

  test("where it is installed with another address already", async () => {
    await install([STOCKHOLM]);
    const before = await snapshot(root);
    await expect(install([STOCKHOLM], { address: "127.45.66.2" })).rejects.toThrow("with 127.45.66.1 instead of 127.45.66.2");
    expect(await snapshot(root)).toEqual(before);
  });
});

test("two installations live side by side", async () => {
  await install([STOCKHOLM]);
  const other: Home = { dataDirectory: join(root, "other"), id: "ffffffff" };
  await mkdir(other.dataDirectory);
  const wish: Wish = { hosts: [STOCKHOLM], address: "127.45.66.2", hostsFile, dockerCerts, revision: "r", now: Date.now() };
  await expect(prepare(other, wish)).rejects.toThrow(`line 4 of ${hostsFile} leads ${STOCKHOLM} to 127.45.66.1`);
  await place(await prepare(other, { ...wish, hosts: [MUMBAI] }));
  await remove();
  expect(await readFile(hostsFile, "latin1")).toContain(`127.45.66.2 ${MUMBAI}\n`);
  expect(await readdir(dockerCerts, { recursive: true })).toEqual([MUMBAI, join(MUMBAI, "airfield-ffffffff.crt")]);
});
