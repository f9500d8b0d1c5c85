import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { TEST_KEYS } from "../../src/testing/api-world.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";
import { osvRecord, writeOsvZip } from "../../src/testing/osv-records.ts";

const IMAGE = "airfield-test/scanned:v1";
const LODASH = { "app/node_modules/lodash/package.json": '{"name":"lodash","version":"4.17.20"}' };
const CRITICAL = { severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }] };

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "airfield-osv-"));
  // The root file system of a Debian, as far as its packages go, is that of this machine; a later layer removes what npm had installed.
  await buildImage({
    name: IMAGE,
    files: {
      "etc/os-release": await readFile("/etc/os-release", "utf8"),
      "var/lib/dpkg/status": await readFile("/var/lib/dpkg/status", "utf8"),
      ...LODASH,
      "srv/node_modules/left-pad/package.json": '{"name":"left-pad","version":"1.3.0"}',
    },
    instructions: ['RUN ["/bin/busybox", "rm", "-r", "/app"]'],
  });
});

afterAll(async () => {
  await removeImage(IMAGE);
  await rm(folder, { recursive: true, force: true });
});

/** `ecr` commands of the command line, with JSON out. */
async function ecr(
  airfield: AirfieldProcess,
  ...args: readonly string[]
): Promise<Record<string, never> & { readonly [key: string]: unknown }> {
  const { code, stdout, stderr } = await airfield.aws("ecr", ...args);
  if (code !== 0) throw new Error(stderr);
  return stdout === "" ? {} : JSON.parse(stdout);
}

test("an image that docker pushed is scanned with the data that the operator imports, while the server runs", async () => {
  await using airfield = await airfieldProcess();
  const imageId = ["--repository-name", "app", "--image-id", "imageTag=v1"];
  await ecr(airfield, "create-repository", "--repository-name", "app", "--image-scanning-configuration", "scanOnPush=true");
  await pushImage(airfield, IMAGE, "app", "v1");

  // Nothing was imported: the waiter is told of the failure, not of a clean image.
  await expect(ecr(airfield, "wait", "image-scan-complete", ...imageId)).rejects.toThrow("terminal failure state");
  const failed = await ecr(airfield, "describe-image-scan-findings", ...imageId);
  expect(failed).toMatchObject({
    imageScanStatus: { status: "FAILED", description: expect.stringContaining("airfield vulndb import") as string },
  });
  // The command line shows what is absent, and would be paged, as null.
  expect(failed["imageScanFindings"]).toBeNull();

  const release = /VERSION_ID="?(\d+)/.exec(await readFile("/etc/os-release", "utf8"))?.[1] ?? "";
  const bash = execFileSync("dpkg-query", ["-W", "-f", "${source:Version}", "bash"], { encoding: "utf8" });
  const debian = (id: string, fixed: string) => osvRecord({ id, ecosystem: `Debian:${release}`, name: "bash", fixed, more: CRITICAL });
  const zips = [
    await writeOsvZip(join(folder, "debian.zip"), [debian("CVE-2026-1", `${bash}+deb1`), debian("CVE-2026-2", bash)]),
    await writeOsvZip(join(folder, "npm.zip"), [
      osvRecord({ id: "GHSA-1", ecosystem: "npm", name: "lodash", fixed: "4.17.21" }),
      osvRecord({ id: "GHSA-2", ecosystem: "npm", name: "left-pad" }),
    ]),
  ];
  const imported = await airfield.run("npx", ["airfield", "vulndb", "import", "--data", airfield.dataDirectory, ...zips]);
  expect(imported).toMatchObject({ code: 0, stdout: "Debian: 2 records\nnpm: 2 records\n" });

  await ecr(airfield, "start-image-scan", ...imageId);
  await ecr(airfield, "wait", "image-scan-complete", ...imageId);
  const found = await ecr(airfield, "describe-image-scan-findings", ...imageId);
  expect(found).toMatchObject({
    imageScanStatus: { status: "COMPLETE", description: "The scan was completed successfully." },
    imageScanFindings: {
      findingSeverityCounts: { CRITICAL: 1, UNDEFINED: 1 },
      findings: [
        {
          name: "CVE-2026-1",
          severity: "CRITICAL",
          attributes: [{ key: "package_name", value: "bash" }, { key: "package_version", value: bash }, {}, {}, {}],
        },
        { name: "GHSA-2", severity: "UNDEFINED" },
      ],
    },
  });
  await expect(ecr(airfield, "start-image-scan", ...imageId)).rejects.toThrow(
    "An error occurred (LimitExceededException) when calling the StartImageScan operation: The scan quota per image has been exceeded. Wait and try again.",
  );

  const keys = [`AIRFIELD_ROOT_ACCESS_KEY_ID=${TEST_KEYS.accessKeyId}`, `AIRFIELD_ROOT_SECRET_ACCESS_KEY=${TEST_KEYS.secretAccessKey}`];
  const sbom = await airfield.run("env", [...keys, "npx", "airfield", "sbom", "app:v1", "--data", airfield.dataDirectory]);
  expect(sbom.code).toBe(0);
  const names = JSON.parse(sbom.stdout).components.map(({ name }: { readonly name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(["bash", "left-pad"]));
  expect(names).not.toContain("lodash");

  await airfield.stop();
  await using again = await airfield.restart();
  expect(await ecr(again, "describe-image-scan-findings", ...imageId)).toEqual(found);
});
