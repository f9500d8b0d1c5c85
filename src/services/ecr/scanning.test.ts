import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import {
  DescribeImageScanFindingsCommand,
  DescribeImagesCommand,
  PutImageScanningConfigurationCommand,
  StartImageScanCommand,
  type DescribeImageScanFindingsCommandOutput,
} from "@aws-sdk/client-ecr";
import { describe, expect, test } from "vitest";
import { imageScans, scanKey } from "../../state/ecr-scans.ts";
import { osvRecord } from "../../testing/osv-records.ts";
import { scanningWorld, type ScanningWorld } from "../../testing/scanning-world.ts";

const CRITICAL = { severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }] };
const MEDIUM = { severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H" }] };

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n';
const ALPINE = 'ID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME="Alpine Linux v3.19"\n';

const dpkg = (name: string, version: string, source?: string): string =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\n${source === undefined ? "" : `Source: ${source}\n`}Version: ${version}\nDescription: a package\n with more lines\n`;

async function findingsOf(world: ScanningWorld, input: { maxResults?: number; nextToken?: string | undefined } = {}, imageTag = "v1") {
  return world.ecr.send(new DescribeImageScanFindingsCommand({ repositoryName: "app", imageId: { imageTag }, ...input }));
}

/** `CVE package version → fixed severity` of each finding. */
function told({ imageScanFindings }: DescribeImageScanFindingsCommandOutput): readonly string[] {
  return (imageScanFindings?.findings ?? []).map(({ name, severity, attributes = [] }) => {
    const of = (key: string): string => attributes.find((attribute) => attribute.key === key)?.value ?? "none";
    return `${name} ${of("package_name")} ${of("package_version")} → ${of("fixed_version")} ${severity}`;
  });
}

async function scan(world: ScanningWorld, imageTag = "v1") {
  const started = await world.ecr.send(new StartImageScanCommand({ repositoryName: "app", imageId: { imageTag } }));
  await world.scanned();
  return started;
}

describe("what is found", () => {
  test.runIf(existsSync("/var/lib/dpkg/status") && readFileSync("/etc/os-release", "utf8").includes("ID=debian"))(
    "in this machine's own Debian is exactly what has no fix yet, of each of its source packages",
    async () => {
      await using world = await scanningWorld();
      await world.repository("app");
      const osRelease = readFileSync("/etc/os-release", "utf8");
      const release = /VERSION_ID="?(\d+)/.exec(osRelease)?.[1] ?? "";
      // An independent reader of the same database.
      const installed = execFileSync("dpkg-query", ["-W", "-f", "${db:Status-Status}|${source:Package}|${source:Version}\\n"], {
        encoding: "utf8",
      });
      const sources = [...new Set(installed.split("\n").filter((line) => line.startsWith("installed|")))].map((line) =>
        line.split("|").slice(1),
      );
      expect(sources.length).toBeGreaterThan(50);
      const expected: string[] = [];
      const records = sources.map(([name = "", version = ""], at) => {
        const fixed = [`${version}+security1`, version, `${version}~`, undefined][at % 4];
        const id = `CVE-2026-${10_000 + at}`;
        if (at % 4 === 0 || at % 4 === 3) expected.push(`${id} ${name} ${version} → ${fixed ?? "none"} CRITICAL`);
        return osvRecord({ id, ecosystem: `Debian:${release}`, name, ...(fixed !== undefined && { fixed }), more: CRITICAL });
      });
      const others = sources.map(([name = ""], at) =>
        osvRecord({ id: `CVE-2025-${10_000 + at}`, ecosystem: "Debian:7", name, more: CRITICAL }),
      );
      world.vulnerabilities.take([...records, ...others]);
      await world.push(
        "app",
        "v1",
        { "usr/lib/os-release": osRelease, "etc/os-release": { type: "symlink", linkname: "../usr/lib/os-release" } },
        { "var/lib/dpkg/status": readFileSync("/var/lib/dpkg/status", "utf8") },
      );
      await scan(world);
      const found = await findingsOf(world, { maxResults: 1000 });
      expect(found.imageScanStatus).toEqual({ status: "COMPLETE", description: "The scan was completed successfully." });
      expect(told(found).toSorted()).toEqual(expected.toSorted());
      expect(found.imageScanFindings?.findingSeverityCounts).toEqual({ CRITICAL: expected.length });
    },
  );

  test("in a distroless image stands in files of their own, and is judged by source package", async () => {
    await using world = await scanningWorld();
    await world.repository("app");
    world.vulnerabilities.take([
      osvRecord({ id: "DSA-1-1", ecosystem: "Debian:12", name: "openssl", fixed: "3.0.11-1~deb12u2", more: { upstream: ["CVE-2026-1"] } }),
      osvRecord({
        id: "DEBIAN-CVE-2026-1",
        ecosystem: "Debian:12",
        name: "openssl",
        fixed: "3.0.11-1~deb12u2",
        more: { upstream: ["CVE-2026-1"], ...CRITICAL },
      }),
      osvRecord({ id: "CVE-2026-2", ecosystem: "Debian:12", name: "libssl3", more: CRITICAL }),
      osvRecord({ id: "CVE-2026-3", ecosystem: "Debian:12", name: "tzdata", fixed: "2024a-0+deb12u1", more: MEDIUM }),
      osvRecord({ id: "CVE-2026-4", ecosystem: "Debian:12", name: "openssl", more: { withdrawn: "2026-02-02T00:00:00Z" } }),
    ]);
    await world.push("app", "v1", {
      "etc/os-release": DEBIAN,
      "var/lib/dpkg/status.d/libssl3": dpkg("libssl3", "3.0.11-1~deb12u1+b1", "openssl (3.0.11-1~deb12u1)"),
      "var/lib/dpkg/status.d/libssl3.md5sums": "0123  usr/lib/libssl.so.3",
      "var/lib/dpkg/status.d/tzdata": dpkg("tzdata", "2024a-0+deb12u1"),
    });
    await scan(world);
    expect(told(await findingsOf(world))).toEqual(["CVE-2026-1 openssl 3.0.11-1~deb12u1 → 3.0.11-1~deb12u2 CRITICAL"]);
  });

  test("in an Alpine image is what its release is affected by, and not what an upper layer removed", async () => {
    await using world = await scanningWorld();
    await world.repository("app");
    const apk = (name: string, version: string, origin = name): string =>
      `C:Q1abc=\nP:${name}\nV:${version}\nA:x86_64\no:${origin}\nF:usr/bin\nR:${name}\na:0:0:755\n`;
    world.vulnerabilities.take([
      osvRecord({ id: "CVE-2026-1", ecosystem: "Alpine:v3.19", name: "busybox", fixed: "1.36.1-r16", more: CRITICAL }),
      osvRecord({ id: "CVE-2026-2", ecosystem: "Alpine:v3.19", name: "musl", fixed: "1.2.4_git20230717-r4", more: CRITICAL }),
      osvRecord({ id: "CVE-2026-3", ecosystem: "Alpine:v3.18", name: "busybox", more: CRITICAL }),
      osvRecord({ id: "CVE-2026-4", ecosystem: "Alpine:v3.19", name: "openssl", more: CRITICAL }),
      osvRecord({ id: "CVE-2026-5", ecosystem: "Alpine:v3.19", name: "curl", fixed: "8.5.0-r1", more: MEDIUM }),
    ]);
    const base = [
      apk("busybox-binsh", "1.36.1-r15", "busybox"),
      apk("musl", "1.2.4_git20230717-r4"),
      apk("libssl3", "3.1.4-r5", "openssl"),
    ];
    await world.push(
      "app",
      "v1",
      { "etc/os-release": ALPINE, "lib/apk/db/installed": base.join("\n") },
      // `apk del` and `apk add` write the database anew.
      { "lib/apk/db/installed": [...base.slice(0, 2), apk("curl", "8.5.0-r0")].join("\n") },
    );
    await scan(world);
    expect(told(await findingsOf(world))).toEqual([
      "CVE-2026-1 busybox 1.36.1-r15 → 1.36.1-r16 CRITICAL",
      "CVE-2026-5 curl 8.5.0-r0 → 8.5.0-r1 MEDIUM",
    ]);
  });

  test("among npm's and Python's packages is told too, by their own orders of versions", async () => {
    await using world = await scanningWorld();
    await world.repository("app");
    const ranged = (ecosystem: string, name: string, ...events: readonly object[]) => ({
      affected: [{ package: { ecosystem, name }, ranges: [{ type: ecosystem === "npm" ? "SEMVER" : "ECOSYSTEM", events }] }],
      database_specific: { severity: "HIGH" },
    });
    const record = (id: string, more: object) => osvRecord({ id, ecosystem: "", name: "", more });
    world.vulnerabilities.take([
      record("GHSA-1", { ...ranged("npm", "lodash", { introduced: "4.0.0" }, { fixed: "4.17.21" }), aliases: ["CVE-2026-1"] }),
      record("GHSA-2", ranged("npm", "@scope/tool", { introduced: "0" }, { fixed: "2.0.0-rc.2" })),
      record("GHSA-3", ranged("npm", "left-pad", { introduced: "0" }, { last_affected: "1.2.0" })),
      record("PYSEC-1", ranged("PyPI", "jinja2", { introduced: "0" }, { fixed: "3.1.3" })),
    ]);
    await world.push(
      "app",
      "v1",
      {
        "app/node_modules/lodash/package.json": '{"name":"lodash","version":"4.17.20"}',
        "app/node_modules/lodash/fp/package.json": '{"name":"lodash","version":"4.0.0"}',
        "app/node_modules/@scope/tool/package.json": '{"name":"@scope/tool","version":"2.0.0-rc.1"}',
        "app/node_modules/@scope/tool/node_modules/left-pad/package.json": '{"name":"left-pad","version":"1.2.0"}',
        "app/node_modules/left-pad/package.json": '{"name":"left-pad","version":"1.3.0"}',
        "app/node_modules/broken/package.json": "{",
        "app/gone/node_modules/lodash/package.json": '{"name":"lodash","version":"4.17.19"}',
        "usr/local/lib/python3.12/site-packages/Jinja2-3.1.2.dist-info/METADATA":
          "Metadata-Version: 2.1\nName: Jinja2\nVersion: 3.1.2\n\nName: no header\n",
      },
      { "app/.wh.gone": "" },
    );
    await scan(world);
    expect(told(await findingsOf(world))).toEqual([
      "CVE-2026-1 lodash 4.17.20 → 4.17.21 HIGH",
      "GHSA-2 @scope/tool 2.0.0-rc.1 → 2.0.0-rc.2 HIGH",
      "GHSA-3 left-pad 1.2.0 → none HIGH",
      "PYSEC-1 Jinja2 3.1.2 → 3.1.3 HIGH",
    ]);
  });

  test("is told worst first, in pages, with scores, descriptions and links", async () => {
    await using world = await scanningWorld();
    await world.repository("app");
    world.vulnerabilities.take([
      osvRecord({ id: "CVE-2026-1", ecosystem: "Debian:12", name: "zlib", more: MEDIUM }),
      osvRecord({ id: "CVE-2026-2", ecosystem: "Debian:12", name: "zlib", fixed: "1:1.3-1", more: CRITICAL }),
      osvRecord({ id: "CVE-2026-3", ecosystem: "Debian:12", name: "zlib" }),
    ]);
    await world.push("app", "v1", { "etc/os-release": DEBIAN, "var/lib/dpkg/status": dpkg("zlib1g", "1:1.2.13.dfsg-1", "zlib") });
    await scan(world);
    const first = await findingsOf(world, { maxResults: 2 });
    expect(first.imageScanFindings).toMatchObject({
      findingSeverityCounts: { CRITICAL: 1, MEDIUM: 1, UNDEFINED: 1 },
      imageScanCompletedAt: new Date(world.clock.now()),
      vulnerabilitySourceUpdatedAt: new Date("2026-03-01T12:00:00Z"),
    });
    expect(first.imageScanFindings?.findings?.[0]).toEqual({
      name: "CVE-2026-2",
      severity: "CRITICAL",
      description: "What is wrong with zlib.",
      uri: "https://security-tracker.debian.org/tracker/CVE-2026-2",
      attributes: [
        { key: "package_name", value: "zlib" },
        { key: "package_version", value: "1:1.2.13.dfsg-1" },
        { key: "fixed_version", value: "1:1.3-1" },
        { key: "CVSS3_VECTOR", value: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" },
        { key: "CVSS3_SCORE", value: "9.8" },
      ],
    });
    const second = await findingsOf(world, { maxResults: 2, nextToken: first.nextToken });
    expect([...told(first), ...told(second)].map((line) => line.slice(0, 10))).toEqual(["CVE-2026-2", "CVE-2026-1", "CVE-2026-3"]);
    expect(second.nextToken).toBeUndefined();
    const { imageDetails } = await world.ecr.send(new DescribeImagesCommand({ repositoryName: "app" }));
    expect(imageDetails).toMatchObject([
      {
        imageScanStatus: { status: "COMPLETE" },
        imageScanFindingsSummary: { findingSeverityCounts: { CRITICAL: 1, MEDIUM: 1, UNDEFINED: 1 } },
      },
    ]);
  });
});

describe("no result is never a clean one:", () => {
  const layer = { "etc/os-release": DEBIAN, "var/lib/dpkg/status": dpkg("zlib1g", "1:1.2.13.dfsg-1", "zlib") };
  const npmRecord = osvRecord({ id: "GHSA-1", ecosystem: "npm", name: "lodash" });

  test("without data the scan fails and says what to do, and may be asked for again at once", async () => {
    await using world = await scanningWorld();
    await world.repository("app");
    await world.push("app", "v1", layer);
    await scan(world);
    const failed = await findingsOf(world);
    expect(failed.imageScanStatus?.status).toBe("FAILED");
    expect(failed.imageScanStatus?.description).toContain("airfield vulndb import");
    expect(failed.imageScanFindings).toBeUndefined();
    const { imageDetails } = await world.ecr.send(new DescribeImagesCommand({ repositoryName: "app" }));
    expect(imageDetails?.[0]?.imageScanStatus?.status).toBe("FAILED");
    expect(imageDetails?.[0]?.imageScanFindingsSummary).toBeUndefined();
    world.vulnerabilities.take([osvRecord({ id: "CVE-2026-1", ecosystem: "Debian:12", name: "zlib" })]);
    await scan(world);
    expect(told(await findingsOf(world))).toHaveLength(1);
  });

  test.each([
    ["data of npm alone says nothing of Debian", [npmRecord], layer, /nothing of Debian:12.*airfield vulndb import/],
    ["data of another release says nothing", [osvRecord({ id: "D", ecosystem: "Debian:11", name: "zlib" })], layer, /nothing of Debian:12/],
    ["an image without packages is not supported", [npmRecord], { "bin/app": "…" }, /^UnsupportedImageError/],
    [
      "a distribution without data is not supported",
      [npmRecord],
      { ...layer, "etc/os-release": "ID=devuan\nPRETTY_NAME=Devuan" },
      /^UnsupportedImageError: The operating system and\/or package manager are not supported\. \(Devuan\)/,
    ],
  ])("%s", async (_what, records, content, description) => {
    await using world = await scanningWorld();
    await world.repository("app");
    world.vulnerabilities.take(records);
    await world.push("app", "v1", content);
    await scan(world);
    const failed = await findingsOf(world);
    expect(failed.imageScanStatus).toMatchObject({ status: "FAILED", description: expect.stringMatching(description) as string });
    expect(failed.imageScanFindings).toBeUndefined();
  });

  test("what of an image could not be judged is told beside the findings", async () => {
    await using world = await scanningWorld();
    await world.repository("app");
    world.vulnerabilities.take([osvRecord({ id: "CVE-2026-1", ecosystem: "Debian:12", name: "glibc" })]);
    await world.push("app", "v1", { ...layer, "app/node_modules/lodash/package.json": '{"name":"lodash","version":"4.17.20"}' });
    await scan(world);
    expect((await findingsOf(world)).imageScanStatus).toEqual({
      status: "COMPLETE",
      description:
        "The scan was completed successfully. Packages of npm were not judged: the imported vulnerability data has nothing of them.",
    });
  });

  test.each<[string, Buffer, string]>([
    ["a layer that is damaged", Buffer.from("garbage"), "cannot be read"],
    ["a layer compressed with zstd", Buffer.from("28b52ffd0458", "hex"), "is compressed with zstd"],
  ])("%s is told", async (_what, bytes, reason) => {
    await using world = await scanningWorld();
    await world.repository("app");
    world.vulnerabilities.take([npmRecord]);
    const image = await world.push("app", "v1", bytes);
    await scan(world);
    const { status, description } = (await findingsOf(world)).imageScanStatus ?? {};
    expect(status).toBe("FAILED");
    expect(description).toContain(`The image could not be scanned: the layer ${image.layerDigests[0]} ${reason}`);
  });
});

describe("a scan", () => {
  const layer = { "etc/os-release": DEBIAN, "var/lib/dpkg/status": dpkg("zlib1g", "1:1.2.13.dfsg-1", "zlib") };
  const zlib = osvRecord({ id: "CVE-2026-1", ecosystem: "Debian:12", name: "zlib" });

  test("is there only once it was asked for, once a day an image", async () => {
    await using world = await scanningWorld();
    await world.repository("app");
    world.vulnerabilities.take([zlib]);
    const { digest } = await world.push("app", "v1", layer);
    await expect(findingsOf(world)).rejects.toMatchObject({
      name: "ScanNotFoundException",
      message:
        "Image scan does not exist for the image with '{imageDigest:'null', imageTag:'v1'}' in the repository with name 'app' in the registry with id '123456789012'",
    });
    expect(await scan(world)).toMatchObject({
      registryId: "123456789012",
      repositoryName: "app",
      imageId: { imageDigest: digest, imageTag: "v1" },
      imageScanStatus: { status: "IN_PROGRESS" },
    });
    await expect(scan(world)).rejects.toMatchObject({
      name: "LimitExceededException",
      message: "The scan quota per image has been exceeded. Wait and try again.",
    });
    const { state } = world.platform;
    const key = scanKey("123456789012/us-east-1/app", digest, "BASIC");
    state.commit(() => state.table(imageScans).update(key, (known) => ({ ...known, requestedAt: known.requestedAt - 86_400_000 })));
    await scan(world);
  });

  test("on push is the repository's own wish, or a rule of the registry, and counts as the day's", async () => {
    await using world = await scanningWorld();
    await world.repository("app", { scanOnPush: true });
    world.vulnerabilities.take([zlib]);
    await world.push("app", "v1", layer);
    await world.scanned();
    expect(told(await findingsOf(world))).toHaveLength(1);
    await expect(scan(world)).rejects.toMatchObject({ name: "LimitExceededException" });
    await world.ecr.send(
      new PutImageScanningConfigurationCommand({ repositoryName: "app", imageScanningConfiguration: { scanOnPush: false } }),
    );
    await world.push("app", "v2", { ...layer, "etc/v2": "2" });
    await world.scanned();
    await expect(findingsOf(world, {}, "v2")).rejects.toMatchObject({ name: "ScanNotFoundException" });
  });

  test("of an image that is gone is gone too", async () => {
    await using world = await scanningWorld();
    await world.repository("app", { scanOnPush: true });
    world.vulnerabilities.take([zlib]);
    const { digest } = await world.push("app", "v1", layer);
    await world.scanned();
    expect((await world.fetch(`/v2/app/manifests/${digest}`, { method: "DELETE" })).status).toBe(202);
    await world.push("app", "v1", layer);
    await world.scanned();
    expect((await findingsOf(world)).imageScanStatus?.status).toBe("COMPLETE");
  });

  test("of a manifest list is refused, and on push told as not supported", async () => {
    await using world = await scanningWorld();
    await world.repository("app", { scanOnPush: true });
    world.vulnerabilities.take([zlib]);
    const { digest, manifest } = await world.push("app", "v1", layer);
    const mediaType = "application/vnd.oci.image.index.v1+json";
    const manifests = [{ mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: manifest.length }];
    const body = JSON.stringify({ schemaVersion: 2, mediaType, manifests });
    expect((await world.fetch("/v2/app/manifests/list", { method: "PUT", body, headers: { "content-type": mediaType } })).status).toBe(201);
    await expect(scan(world, "list")).rejects.toMatchObject({ name: "UnsupportedImageTypeException" });
    await world.scanned();
    expect((await findingsOf(world, {}, "list")).imageScanStatus?.status).toBe("UNSUPPORTED_IMAGE");
  });

  test.each([
    ["an image that is not there", { repositoryName: "app", imageId: { imageTag: "no" } }, "ImageNotFoundException"],
    ["a repository that is not there", { repositoryName: "no-such", imageId: { imageTag: "v1" } }, "RepositoryNotFoundException"],
  ])("of %s is refused", async (_what, input, name) => {
    await using world = await scanningWorld();
    await world.repository("app");
    await expect(world.ecr.send(new StartImageScanCommand(input))).rejects.toMatchObject({ name });
    await expect(world.ecr.send(new DescribeImageScanFindingsCommand(input))).rejects.toMatchObject({ name });
  });
});
