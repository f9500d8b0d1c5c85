import { chmod, chown, lstat, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { isOurs, openDataFolder, openOwnFolder } from "./own-folder.ts";

const ROOT = process.geteuid?.() === 0;
const SOMEBODY = 12_345;

let above: string;
let folder: string;
beforeEach(async () => {
  above = await mkdtemp(join(tmpdir(), "airfield-own-"));
  folder = join(above, "folder");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(above, { recursive: true, force: true });
});

const modeOf = async (path: string): Promise<string> => ((await lstat(path)).mode & 0o777).toString(8);
const makeOpen = async (mode: number): Promise<void> => {
  await mkdir(folder);
  await chmod(folder, mode);
};

describe("a folder of one's own", () => {
  test("is made for its owner alone, and found again", async () => {
    await using made = await openOwnFolder(folder);
    await writeFile(join(made.path, "file"), "1");
    expect(await modeOf(folder)).toBe("700");
    await using again = await openOwnFolder(folder);
    expect(await readFile(join(again.path, "file"), "utf8")).toBe("1");
  });

  test.skipIf(process.platform !== "linux")(
    "stays the one that was looked at when its name leads elsewhere, and has a short path",
    async () => {
      await using held = await openOwnFolder(folder);
      await rename(folder, join(above, "moved"));
      await mkdir(folder);
      await writeFile(join(held.path, "file"), "1");
      expect(await readFile(join(above, "moved", "file"), "utf8")).toBe("1");
      expect(held.path.length).toBeLessThan(30);
    },
  );

  test("that others may read is closed to them", async () => {
    await makeOpen(0o755);
    await writeFile(join(folder, "file"), "1");
    await using _opened = await openOwnFolder(folder);
    expect(await modeOf(folder)).toBe("700");
  });

  test.each([0o777, 0o775, 0o1777])("that others may write into (%i) is refused where something is in it, and closed", async (mode) => {
    await makeOpen(mode);
    await writeFile(join(folder, "haproxy.cfg"), "theirs");
    await expect(openOwnFolder(folder)).rejects.toMatchObject({
      name: "UntrustedPlaceError",
      message: `other users could write into ${folder} until now (mode ${(mode & 0o777).toString(8)})`,
    });
    expect(await modeOf(folder)).toBe("700");
  });

  test("that others may write into is closed to them where nothing is in it", async () => {
    await makeOpen(0o777);
    await using _opened = await openOwnFolder(folder);
    expect(await modeOf(folder)).toBe("700");
  });

  test.each<[string, () => Promise<unknown>]>([
    ["a link to a folder of our own", async () => symlink(await mkdtemp(join(above, "target-")), folder)],
    ["a link to nowhere", () => symlink(join(above, "nowhere"), folder)],
    ["a file", () => writeFile(folder, "")],
  ])("is not %s", async (_what, make) => {
    await make();
    await expect(openOwnFolder(folder)).rejects.toMatchObject({ name: "UntrustedPlaceError", message: `${folder} is a link or no folder` });
  });

  test.runIf(ROOT)("is not somebody else's, except under sudo that of who called it", async () => {
    await makeOpen(0o700);
    await chown(folder, SOMEBODY, SOMEBODY);
    const message = `${folder} belongs to another user (${SOMEBODY})`;
    await expect(openOwnFolder(folder)).rejects.toMatchObject({ name: "UntrustedPlaceError", message });
    vi.stubEnv("SUDO_UID", String(SOMEBODY));
    await using _opened = await openOwnFolder(folder);
  });
});

test("who owns the program could change it, and is trusted with what it works on; nobody else is", () => {
  expect([isOurs(SOMEBODY, SOMEBODY), isOurs(SOMEBODY), isOurs(process.geteuid?.() ?? 0)]).toEqual([true, false, true]);
});

describe("the data folder", () => {
  test("is made with what lies above it, and found through links of ours", async () => {
    const deep = join(above, "a", "b", "data");
    expect(await openDataFolder(deep)).toBe(deep);
    await symlink(join(above, "a"), join(above, "link"));
    expect(await openDataFolder(join(above, "link", "b", "data"))).toBe(deep);
    expect(await modeOf(deep)).toBe("700");
  });

  test("is refused where every user can exchange it, also behind a link", async () => {
    await mkdir(join(above, "open"));
    await chmod(join(above, "open"), 0o777);
    const message = `every user of this machine may exchange what is in ${join(above, "open")}`;
    await expect(openDataFolder(join(above, "open", "data"))).rejects.toMatchObject({ name: "UntrustedPlaceError", message });
    await symlink(join(above, "open", "data"), join(above, "link"));
    await expect(openDataFolder(join(above, "link"))).rejects.toMatchObject({ name: "UntrustedPlaceError", message });
    // As in /tmp, nobody can move there what is somebody else's.
    await chmod(join(above, "open"), 0o1777);
    expect(await openDataFolder(join(above, "open", "data"))).toBe(join(above, "open", "data"));
  });

  test.runIf(ROOT)("is refused below a folder of somebody else's, and behind somebody else's link", async () => {
    await mkdir(join(above, "theirs"));
    await chown(join(above, "theirs"), SOMEBODY, SOMEBODY);
    await expect(openDataFolder(join(above, "theirs", "data"))).rejects.toMatchObject({ name: "UntrustedPlaceError" });
    await symlink(above, join(above, "theirs", "link"));
    await expect(openDataFolder(join(above, "theirs", "link", "data"))).rejects.toMatchObject({ name: "UntrustedPlaceError" });
  });

  test("is refused behind links that go round", async () => {
    await symlink(join(above, "b"), join(above, "a"));
    await symlink(join(above, "a"), join(above, "b"));
    await expect(openDataFolder(join(above, "a"))).rejects.toMatchObject({ code: "ELOOP" });
  });
});
