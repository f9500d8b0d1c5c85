import { mkdir, mkdtemp, readFile, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { HostGrants } from "../../domain/host-grants.ts";
import { openHostPaths } from "./host-paths.ts";

const [A, B] = ["111111111111", "222222222222"];

/** A host in a folder: `data` is Airfield's, `srv` what the operator grants. */
async function host(grants: (root: string) => Partial<HostGrants> = (root) => ({ paths: [{ path: `${root}/srv` }] })) {
  const root = await realpath(await mkdtemp(join(tmpdir(), "airfield-host-")));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const folder of ["data/keys", "srv/app", "etc"]) await mkdir(join(root, folder), { recursive: true });
  await writeFile(join(root, "data/root-key"), "secret");
  const made: HostGrants = {
    paths: [],
    privilegedAccounts: [],
    volumes: [],
    ownFolders: `${root}/data/host-volumes`,
    never: [`${root}/data`],
    ...grants(root),
  };
  return { root, open: () => openHostPaths(made) };
}

test("a granted path is there as it is, and one that is missing is made for whoever the container runs as", async () => {
  const { root, open } = await host();
  const paths = await open();
  await writeFile(join(root, "srv/file"), "x");
  expect(await paths(`${root}/srv//app/../file`, A)).toBe(`${root}/srv/file`);
  expect(await readFile(join(root, "srv/file"), "utf8")).toBe("x");
  expect(await paths(`${root}/srv`, A)).toBe(`${root}/srv`);
  const before = process.umask(0o077);
  onTestFinished(() => void process.umask(before));
  expect(await paths(`${root}/srv/new/one`, A)).toBe(`${root}/srv/new/one`);
  for (const made of ["srv/new", "srv/new/one"]) expect((await stat(join(root, made))).mode & 0o777).toBe(0o755);
});

test("an account's own folder is in the data folder, and only what lies directly in it", async () => {
  const { root, open } = await host(() => ({}));
  const paths = await open();
  const own = `${root}/data/host-volumes/${A}`;
  expect(await paths(`${own}/db`, A)).toBe(`${own}/db`);
  for (const other of [own, `${own}/db/deep`, `${own}/db/../../${B}/db`, `${own}/../../root-key`])
    await expect(paths(other, A)).rejects.toThrow("cannot be mounted");
  await expect(paths(`${own}/db`, B)).rejects.toThrow("no task may mount");
});

describe("links", () => {
  test.each([
    ["the folder of all accounts", "data/host-volumes"],
    ["an account's own folder", `data/host-volumes/${A}`],
  ])("%s is none, wherever it leads", async (_, link) => {
    const { root, open } = await host(() => ({}));
    await mkdir(join(root, "etc", A));
    await mkdir(join(root, link, ".."), { recursive: true });
    await symlink(join(root, "etc"), join(root, link));
    await expect((await open())(`${root}/data/host-volumes/${A}/db`, A)).rejects.toThrow("it leads through a link");
  });

  test.each([
    ["at the end", "srv/link", "srv/link"],
    ["on the way", "srv/link", "srv/link/keys"],
    ["on the way to what is missing", "srv/link", "srv/link/new"],
  ])("%s lead nowhere", async (_what, link, asked) => {
    const { root, open } = await host();
    const paths = await open();
    for (const to of ["data", "etc", "srv/app", "nowhere"]) {
      await symlink(join(root, to), join(root, link));
      await expect(paths(join(root, asked), A)).rejects.toThrow("it leads through a link");
      await rm(join(root, link));
    }
  });

  test("the operator's own are followed as they were at the start, and not as somebody makes them later", async () => {
    const { root, open } = await host((at) => ({ paths: [{ path: `${at}/granted` }] }));
    await symlink(join(root, "srv"), join(root, "granted"));
    const paths = await open();
    expect(await paths(`${root}/granted/app`, A)).toBe(`${root}/srv/app`);
    await rm(join(root, "srv"), { recursive: true });
    await symlink(join(root, "data"), join(root, "srv"));
    await expect(paths(`${root}/granted/app`, A)).rejects.toThrow("it leads through a link");
  });

  test("a granted folder that is a link in another granted one is none of the operator's", async () => {
    const { root, open } = await host((at) => ({
      paths: [
        { account: B, path: `${at}/srv/inner` },
        { account: A, path: `${at}/srv` },
      ],
    }));
    await symlink(join(root, "etc"), join(root, "srv/inner"));
    await expect(open()).rejects.toThrow("it is a link in");
  });
});

describe("Airfield's own data is never mounted", () => {
  test.each([["/"], ["/data"], ["/data/root-key"], ["/data/new"], ["//data/../data/keys"]])("%s", async (path) => {
    const { root, open } = await host(() => ({ paths: [{ path: "/" }] }));
    const paths = await open();
    await expect(paths(`${root}${path}`, A)).rejects.toThrow("no task may mount");
    expect(await paths(`${root}/etc`, A)).toBe(`${root}/etc`);
  });

  test("also where it goes by a name that we did not know", async () => {
    const { root, open } = await host((at) => ({ paths: [{ path: `${at}/real` }], never: [`${at}/data`] }));
    await rm(join(root, "data"), { recursive: true });
    await mkdir(join(root, "real/data/keys"), { recursive: true });
    await symlink(join(root, "real/data"), join(root, "data"));
    const paths = await open();
    for (const path of ["real", "real/data", "real/data/keys"])
      await expect(paths(join(root, path), A)).rejects.toThrow("no task may mount");
    expect(await paths(join(root, "real/other"), A)).toBe(join(root, "real/other"));
  });

  test("a grant of it is refused at the start", async () => {
    const { open } = await host((root) => ({ paths: [{ path: `${root}/data/keys` }] }));
    await expect(open()).rejects.toThrow("no task may mount");
  });
});
