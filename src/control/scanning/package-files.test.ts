import { describe, expect, test } from "vitest";
import { packageFiles } from "./package-files.ts";

const MEBIBYTE = 1024 * 1024;
const read = (path: string, text: string) => packageFiles.read(path, text);
const packages = (path: string, text: string): readonly object[] | undefined => {
  const found = read(path, text);
  return found?.kind === "packages" ? found.packages : undefined;
};

describe("a file matters", () => {
  test.each([
    ["etc/os-release", 1],
    ["usr/lib/os-release", 1],
    ["var/lib/dpkg/status", 64],
    ["var/lib/dpkg/status.d/zlib1g", 64],
    ["lib/apk/db/installed", 64],
    ["usr/lib/apk/db/installed", 64],
    ["node_modules/left/package.json", 4],
    ["app/node_modules/@types/node/package.json", 4],
    ["app/node_modules/a/node_modules/b/package.json", 4],
    ["usr/local/lib/python3.12/site-packages/flask-3.0.dist-info/METADATA", 4],
  ])("%s, of up to %i MiB", (path, limit) => expect(packageFiles.limit(path)).toBe(limit * MEBIBYTE));

  test.each([
    "app/etc/os-release",
    "etc/os-release.d",
    "usr/lib/os-release2",
    "var/lib/dpkg/status-old",
    "var/lib/dpkg/status.d/zlib1g.md5sums",
    "var/lib/dpkg/status.d/a/b",
    "app/var/lib/dpkg/status.d/zlib1g",
    "app/lib/apk/db/installed",
    "lib/apk/db/installed.new",
    "package.json",
    "app/package.json",
    "app/my_node_modules/left/package.json",
    "node_modules/.bin/package.json",
    "node_modules/left/dist/package.json",
    "node_modules/left/package.json.bak",
    "node_modules/@types/package.json",
    "usr/lib/python3/dist-packages/six-1.0.dist-info/METADATA",
    "site-packages/flask-3.0.dist-info/RECORD",
  ])("not so %s, which tells nothing", (path) => {
    expect(packageFiles.limit(path)).toBeUndefined();
    expect(read(path, "Name: a\nVersion: 1")).toBeUndefined();
  });
});

test("a distribution is told by its release file, however little that says", () => {
  expect(read("etc/os-release", 'ID=debian\nVERSION_ID="12"')).toMatchObject({
    kind: "distribution",
    distribution: { ecosystem: "Debian:12" },
  });
  expect(read("usr/lib/os-release", "")).toMatchObject({ kind: "distribution" });
});

describe("packages of dpkg", () => {
  const dpkg = (...stanzas: readonly string[]) => packages("var/lib/dpkg/status", stanzas.join("\n\n"));

  test("are read with what they were built from, and for which processor", () => {
    expect(
      dpkg(
        "Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\nSource: zlib\nVersion: 1:1.2.13",
        "Package: libc6\nVersion: 2.36-9\nSource: glibc (2.36-8)",
        "Package: bash\nVersion: 5.2\nArchitecture: all\n",
      ),
    ).toEqual([
      { name: "zlib1g", version: "1:1.2.13", source: { name: "zlib", version: "1:1.2.13" }, architecture: "amd64" },
      { name: "libc6", version: "2.36-9", source: { name: "glibc", version: "2.36-8" } },
      { name: "bash", version: "5.2", architecture: "all" },
    ]);
    expect(read("var/lib/dpkg/status.d/bash", "Package: bash\nVersion: 5.2")).toMatchObject({ manager: "dpkg" });
  });

  test("with a source of their own name and another version name it", () => {
    expect(dpkg("Package: gcc\nVersion: 12.2-1\nSource: gcc (1.200)")).toEqual([
      { name: "gcc", version: "12.2-1", source: { name: "gcc", version: "1.200" } },
    ]);
  });

  test.each([
    ["not installed", "Status: purge ok not-installed"],
    ["removed", "Status: deinstall ok config-files"],
  ])("that are %s are none", (_what, status) => {
    expect(dpkg(`Package: a\nVersion: 1\n${status}`, "Package: b\nVersion: 2")).toEqual([{ name: "b", version: "2" }]);
  });

  test.each([
    ["half-installed", "Status: install ok half-installed"],
    ["of a word that only ends so", "Status: install ok xconfig-files"],
  ])("that are %s are there", (_what, status) => {
    expect(dpkg(`Package: a\nVersion: 1\n${status}`)).toEqual([{ name: "a", version: "1" }]);
  });

  test("need a name and a version", () => {
    expect(dpkg("Package: a", "Version: 1", "Package: \nVersion: 1", "Package: b\nVersion: 2")).toEqual([{ name: "b", version: "2" }]);
  });

  test("are none where the file has none, which then tells nothing", () => {
    expect(read("var/lib/dpkg/status", "")).toBeUndefined();
  });

  test("are told apart by empty lines, also by those of Windows and by several", () => {
    expect(packages("var/lib/dpkg/status", "Package: a\r\nVersion: 1\r\n\r\n\r\nPackage: b\r\nVersion: 2\r\n")).toEqual([
      { name: "a", version: "1" },
      { name: "b", version: "2" },
    ]);
  });

  test("have the fields that begin a line, whatever else has their names", () => {
    expect(dpkg("Package: a\nConfig-Version: 9\nVersion: 1\nDescription: x\n Version: 8")).toEqual([{ name: "a", version: "1" }]);
  });
});

test("packages of apk are read with their origin and processor", () => {
  const text = "C:Q1\nP:musl-utils\nV:1.2.5-r0\nA:x86_64\no:musl\n\nP:musl\nV:1.2.5-r0\no:musl\n\nP:own\nV:1\n\nP:nothing\n\nV:1\n";
  expect(read("lib/apk/db/installed", text)).toEqual({
    kind: "packages",
    manager: "apk",
    packages: [
      { name: "musl-utils", version: "1.2.5-r0", source: { name: "musl", version: "1.2.5-r0" }, architecture: "x86_64" },
      { name: "musl", version: "1.2.5-r0" },
      { name: "own", version: "1" },
    ],
  });
});

describe("a package of npm", () => {
  const path = "node_modules/left/package.json";

  test("is its name and version", () => {
    expect(read(path, '{"name":"left","version":"1.0.0","main":"x"}')).toEqual({
      kind: "packages",
      manager: "npm",
      packages: [{ name: "left", version: "1.0.0" }],
    });
  });

  test.each([
    "",
    "no JSON",
    "null",
    "7",
    "[]",
    '{"name":"left"}',
    '{"version":"1.0.0"}',
    '{"name":1,"version":"1"}',
    '{"name":"a","version":1}',
  ])("is none where its file is %j", (text) => expect(read(path, text)).toBeUndefined());
});

describe("a package of Python", () => {
  const path = "usr/lib/python3.12/site-packages/a-1.dist-info/METADATA";

  test("is told by the headers, and not by its description", () => {
    expect(read(path, "Metadata-Version: 2.1\nName: flask\nVersion: 3.0\n\nName: other\nVersion: 9\n")).toEqual({
      kind: "packages",
      manager: "pip",
      packages: [{ name: "flask", version: "3.0" }],
    });
  });

  test.each(["", "Name: a", "Version: 1", "Metadata-Version: 2.1\n\nName: a\nVersion: 1"])("is none where they are %j", (text) =>
    expect(read(path, text)).toBeUndefined(),
  );
});
