import {
  BatchGetRepositoryScanningConfigurationCommand,
  DescribeImageScanFindingsCommand,
  DescribeImagesCommand,
  GetRegistryScanningConfigurationCommand,
  PutRegistryScanningConfigurationCommand,
  StartImageScanCommand,
  type RegistryScanningRule,
  type ScanFrequency,
  type ScanType,
} from "@aws-sdk/client-ecr";
import { describe, expect, test } from "vitest";
import { osvRecord } from "../../testing/osv-records.ts";
import { scanningWorld, type ScanningWorld } from "../../testing/scanning-world.ts";

const rule = (scanFrequency: ScanFrequency, ...filters: readonly string[]): RegistryScanningRule => ({
  scanFrequency,
  repositoryFilters: filters.map((filter) => ({ filter, filterType: "WILDCARD" })),
});

async function configure(world: ScanningWorld, scanType: ScanType, ...rules: RegistryScanningRule[]) {
  return world.ecr.send(new PutRegistryScanningConfigurationCommand({ scanType, rules }));
}

const layer = {
  "etc/os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"',
  "var/lib/dpkg/status": [
    "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl (1:3.0.11-1~deb12u1)\nVersion: 1:3.0.11-1~deb12u1+b1",
    "Package: openssl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:3.0.11-1~deb12u1",
    "Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\nSource: zlib\nVersion: 1:1.2.13",
    "Package: old\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1",
  ].join("\n\n"),
};
const CRITICAL = { severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }] };
const openssl = osvRecord({ id: "CVE-2026-1", ecosystem: "Debian:12", name: "openssl", fixed: "1:3.0.11-1~deb12u2", more: CRITICAL });
const zlib = osvRecord({ id: "CVE-2026-1", ecosystem: "Debian:12", name: "zlib" });

async function findingsOf(world: ScanningWorld, imageTag = "v1") {
  return world.ecr.send(new DescribeImageScanFindingsCommand({ repositoryName: "app", imageId: { imageTag } }));
}

describe("a registry's scanning configuration", () => {
  test("is basic until it is set, and tells of each repository what applies", async () => {
    await using world = await scanningWorld();
    for (const name of ["prod/app", "prod/web", "dev"]) await world.repository(name);
    expect(await world.ecr.send(new GetRegistryScanningConfigurationCommand({}))).toMatchObject({
      registryId: "123456789012",
      scanningConfiguration: { scanType: "BASIC", rules: [] },
    });
    const rules = [rule("CONTINUOUS_SCAN", "prod/a*"), rule("SCAN_ON_PUSH", "prod")];
    const put = await configure(world, "ENHANCED", ...rules);
    expect(put.registryScanningConfiguration).toEqual({ scanType: "ENHANCED", rules });
    expect((await world.ecr.send(new GetRegistryScanningConfigurationCommand({}))).scanningConfiguration).toEqual({
      scanType: "ENHANCED",
      rules,
    });
    const repositoryNames = ["prod/app", "prod/web", "dev", "no-such"];
    const batch = await world.ecr.send(new BatchGetRepositoryScanningConfigurationCommand({ repositoryNames }));
    expect(batch.scanningConfigurations).toEqual([
      {
        repositoryArn: "arn:aws:ecr:us-east-1:123456789012:repository/prod/app",
        repositoryName: "prod/app",
        scanOnPush: true,
        scanFrequency: "CONTINUOUS_SCAN",
        appliedScanFilters: [{ filter: "prod/a*", filterType: "WILDCARD" }],
      },
      expect.objectContaining({ repositoryName: "prod/web", scanFrequency: "SCAN_ON_PUSH", scanOnPush: true }),
      expect.objectContaining({ repositoryName: "dev", scanFrequency: "MANUAL", scanOnPush: false, appliedScanFilters: [] }),
    ]);
    expect(batch.failures).toEqual([
      {
        repositoryName: "no-such",
        failureCode: "REPOSITORY_NOT_FOUND",
        failureReason: "The repository with name 'no-such' does not exist in the registry with id '123456789012'",
      },
    ]);
  });

  test.each<[string, ScanType, readonly RegistryScanningRule[], string]>([
    ["continuous basic scans", "BASIC", [rule("CONTINUOUS_SCAN", "*")], "CONTINUOUS_SCAN is not available with the scan type BASIC"],
    ["two rules of one frequency", "BASIC", [rule("SCAN_ON_PUSH", "a"), rule("SCAN_ON_PUSH", "b")], "must not name a scan frequency twice"],
    ["a filter in capitals", "BASIC", [rule("SCAN_ON_PUSH", "Prod")], "must satisfy regular expression"],
    ["a filter of nothing", "BASIC", [rule("SCAN_ON_PUSH", "")], "length greater than or equal to 1"],
    ["a scan type that is none", "DEEP" as never, [], "Member must satisfy enum value set: [BASIC, ENHANCED]"],
    ["three rules", "ENHANCED", [rule("SCAN_ON_PUSH"), rule("CONTINUOUS_SCAN"), rule("MANUAL")], "length less than or equal to 2"],
  ])("does not take %s", async (_what, scanType, rules, message) => {
    await using world = await scanningWorld();
    await expect(configure(world, scanType, ...rules)).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: expect.stringContaining(message) as string,
    });
  });
});

describe("an enhanced scan", () => {
  test("comes with a push, and tells one finding a vulnerability with all packages that it is in", async () => {
    await using world = await scanningWorld();
    await world.repository("app");
    world.vulnerabilities.take([openssl, zlib]);
    await configure(world, "ENHANCED", rule("SCAN_ON_PUSH", "*"));
    const image = await world.push("app", "v1", layer);
    await world.scanned();
    const found = await findingsOf(world);
    expect(found.imageScanStatus).toEqual({ status: "COMPLETE", description: "The scan was completed successfully." });
    expect(found.imageScanFindings?.findings).toBeUndefined();
    expect(found.imageScanFindings?.findingSeverityCounts).toEqual({ CRITICAL: 1 });
    const common = { arch: "AMD64", filePath: "var/lib/dpkg/status", packageManager: "OS", sourceLayerHash: image.layerDigests[0] };
    expect(found.imageScanFindings?.enhancedFindings).toEqual([
      expect.objectContaining({
        awsAccountId: "123456789012",
        type: "PACKAGE_VULNERABILITY",
        status: "ACTIVE",
        title: "CVE-2026-1 - libssl3, openssl, zlib1g",
        severity: "CRITICAL",
        score: 9.8,
        fixAvailable: "PARTIAL",
        findingArn: expect.stringMatching(/^arn:aws:inspector2:us-east-1:123456789012:finding\/[0-9a-f]{32}$/) as string,
        remediation: { recommendation: { text: "Update openssl to 1:3.0.11-1~deb12u2." } },
        packageVulnerabilityDetails: expect.objectContaining({
          vulnerabilityId: "CVE-2026-1",
          source: "DEBIAN_CVE",
          sourceUrl: "https://security-tracker.debian.org/tracker/CVE-2026-1",
          cvss: [{ baseScore: 9.8, scoringVector: CRITICAL.severity[0]?.score, version: "3.1", source: "DEBIAN_CVE" }],
          vulnerablePackages: [
            { ...common, name: "libssl3", epoch: 1, version: "3.0.11", release: "1~deb12u1+b1", fixedInVersion: "1:3.0.11-1~deb12u2" },
            { ...common, name: "openssl", epoch: 1, version: "3.0.11", release: "1~deb12u1", fixedInVersion: "1:3.0.11-1~deb12u2" },
            { ...common, name: "zlib1g", epoch: 1, version: "1.2.13", fixedInVersion: "NotAvailable" },
          ],
        }) as object,
        resources: [
          {
            type: "AWS_ECR_CONTAINER_IMAGE",
            id: `arn:aws:ecr:us-east-1:123456789012:repository/app/${image.digest}`,
            details: {
              awsEcrContainerImage: expect.objectContaining({
                imageHash: image.digest,
                imageTags: ["v1"],
                platform: "Debian GNU/Linux 12 (bookworm)",
                repositoryName: "app",
              }) as object,
            },
          },
        ],
      }),
    ]);
    const { imageDetails } = await world.ecr.send(new DescribeImagesCommand({ repositoryName: "app" }));
    expect(imageDetails?.[0]?.imageScanFindingsSummary?.findingSeverityCounts).toEqual({ CRITICAL: 1 });
  });

  test("cannot be asked for, and is forgotten with no switch between basic and enhanced", async () => {
    await using world = await scanningWorld();
    await world.repository("app", { scanOnPush: true });
    world.vulnerabilities.take([openssl]);
    await world.push("app", "v1", layer);
    await world.scanned();
    await configure(world, "ENHANCED");
    await expect(world.ecr.send(new StartImageScanCommand({ repositoryName: "app", imageId: { imageTag: "v1" } }))).rejects.toMatchObject({
      name: "ValidationException",
      message: "This feature is disabled",
    });
    await expect(findingsOf(world)).rejects.toMatchObject({ name: "ScanNotFoundException" });
    await configure(world, "BASIC");
    expect((await findingsOf(world)).imageScanFindings?.findings).toHaveLength(1);
  });

  test("of what is not supported has a status of its own", async () => {
    await using world = await scanningWorld();
    await world.repository("app");
    await configure(world, "ENHANCED", rule("SCAN_ON_PUSH", "app"));
    await world.push("app", "v1", { "bin/app": "static" });
    await world.scanned();
    expect((await findingsOf(world)).imageScanStatus?.status).toBe("UNSUPPORTED_IMAGE");
  });
});

describe("a continuous scan", () => {
  test("takes up what is there already, and looks again when the data changes, whatever was found before", async () => {
    await using world = await scanningWorld();
    await world.repository("app");
    await world.push("app", "v1", layer);
    await configure(world, "ENHANCED", rule("CONTINUOUS_SCAN", "app"));
    await world.scanned();
    const without = await findingsOf(world);
    expect(without.imageScanStatus).toMatchObject({ status: "FAILED", description: expect.stringContaining("vulndb import") as string });
    expect(without.imageScanFindings).toBeUndefined();

    world.vulnerabilities.take([zlib]);
    await world.scanned();
    const first = await findingsOf(world);
    expect(first.imageScanStatus).toEqual({ status: "ACTIVE", description: "Continuous scan is selected for image." });
    expect(first.imageScanFindings?.enhancedFindings).toMatchObject([{ severity: "UNDEFINED", title: "CVE-2026-1 - zlib1g" }]);

    world.clock.advance(60_000);
    world.vulnerabilities.take([zlib, osvRecord({ id: "CVE-2026-2", ecosystem: "Debian:12", name: "openssl", more: CRITICAL })]);
    await world.scanned();
    const [newer, older] = (await findingsOf(world)).imageScanFindings?.enhancedFindings ?? [];
    expect(newer).toMatchObject({ severity: "CRITICAL", firstObservedAt: new Date(world.clock.now()) });
    expect(older).toMatchObject({ firstObservedAt: new Date(world.clock.now() - 60_000), lastObservedAt: new Date(world.clock.now()) });

    world.vulnerabilities.take([openssl]);
    await world.scanned();
    expect((await findingsOf(world)).imageScanFindings?.enhancedFindings).toMatchObject([{ title: "CVE-2026-1 - libssl3, openssl" }]);
  });

  test("leaves repositories alone that no rule names", async () => {
    await using world = await scanningWorld();
    await world.repository("app");
    await world.push("app", "v1", layer);
    await configure(world, "ENHANCED", rule("CONTINUOUS_SCAN", "other*"));
    world.vulnerabilities.take([zlib]);
    await world.scanned();
    await expect(findingsOf(world)).rejects.toMatchObject({ name: "ScanNotFoundException" });
  });
});
