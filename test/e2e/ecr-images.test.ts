import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import type { CliResult } from "../../src/testing/aws-cli.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";

// Images with the real `docker`, `aws` and `curl`, as AWS's own guides use them.

const REPOSITORY = "enterprise-app";
const LOCAL = "airfield-test/enterprise-app:first";
const OTHER = "airfield-test/enterprise-app:second";
let airfield: AirfieldProcess;
let image: string;

beforeAll(async () => {
  airfield = await airfieldProcess();
  await buildImage({ name: LOCAL });
  await buildImage({ name: OTHER, files: { "etc/version": "second" } });
  const encryption = ["--encryption-configuration", "encryptionType=KMS"];
  await ecr("create-repository", "--repository-name", REPOSITORY, "--image-scanning-configuration", "scanOnPush=true", ...encryption);
  image = await pushImage(airfield, LOCAL, REPOSITORY, "1.0.2");
});

afterAll(async () => {
  for (const name of [image, LOCAL, OTHER]) await removeImage(name);
  await airfield[Symbol.asyncDispose]();
});

/** A command of `aws ecr` that must work; its answer. */
async function ecr<T = Record<string, never>>(...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await airfield.aws("ecr", ...args);
  if (code !== 0) throw new Error(stderr);
  return (stdout === "" ? {} : JSON.parse(stdout)) as T;
}

const docker = (...args: readonly string[]): Promise<CliResult> => airfield.run("docker", args);
const here = ["--repository-name", REPOSITORY];

interface Described {
  readonly imageDetails: readonly {
    readonly imageStatus: string;
    readonly lastRecordedPullTime?: number;
    readonly imageSizeInBytes: number;
    readonly imageDigest: string;
  }[];
}
const described = async () => (await ecr<Described>("describe-images", ...here, "--image-ids", "imageTag=1.0.2")).imageDetails[0];

test("an immutable tag is not overwritten, and docker says why in ECR's words", async () => {
  await ecr("put-image-tag-mutability", ...here, "--image-tag-mutability", "IMMUTABLE");
  await docker("tag", OTHER, image);
  const refused = await docker("push", image);
  expect(refused.code).not.toBe(0);
  expect(refused.stdout + refused.stderr).toContain(
    `tag invalid: The image tag '1.0.2' already exists in the '${REPOSITORY}' repository and cannot be overwritten because the tag is immutable.`,
  );
  await docker("tag", LOCAL, image);
  expect((await docker("push", "--quiet", image)).code).toBe(0);
  const filters = ["--image-tag-mutability-exclusion-filters", "filterType=WILDCARD,filter=1.*"];
  await ecr("put-image-tag-mutability", ...here, "--image-tag-mutability", "IMMUTABLE_WITH_EXCLUSION", ...filters);
  const before = (await described())?.imageDigest;
  await docker("tag", OTHER, image);
  expect((await docker("push", "--quiet", image)).code).toBe(0);
  expect((await described())?.imageDigest).not.toBe(before);
});

test("an archived image is not pulled, and is when it was restored; the pull is recorded", async () => {
  const move = (target: string) =>
    ecr<{ imageStatus: string }>("update-image-storage-class", ...here, "--image-id", "imageTag=1.0.2", "--target-storage-class", target);
  await docker("image", "rm", image);
  expect((await move("ARCHIVE")).imageStatus).toBe("ARCHIVED");
  const refused = await docker("pull", image);
  expect([refused.code === 0, refused.stderr]).toEqual([false, expect.stringContaining("Requested image not found: it is archived")]);
  expect((await move("STANDARD")).imageStatus).toBe("ACTIVATING");
  // Nothing tells the command line when it is done.
  await expect.poll(async () => (await described())?.imageStatus, { timeout: 30_000 }).toBe("ACTIVE");
  expect((await docker("pull", image)).stdout).toContain("Downloaded newer image");
  expect((await described())?.lastRecordedPullTime).toEqual(expect.any(Number));
});

test("a layer goes up in parts and comes down by its URL, with nothing but aws and curl", async () => {
  const size = 5 * 1024 * 1024;
  const layer = randomBytes(size + 1000);
  const layerDigest = `sha256:${createHash("sha256").update(layer).digest("hex")}`;
  const { uploadId } = await ecr<{ uploadId: string }>("initiate-layer-upload", ...here);
  for (const [first, last] of [
    [0, size - 1],
    [size, size + 999],
  ] as const) {
    const file = join(airfield.dataDirectory, `part-${first}`);
    await writeFile(file, layer.subarray(first, last + 1));
    const bytes = ["--part-first-byte", String(first), "--part-last-byte", String(last), "--layer-part-blob", `fileb://${file}`];
    expect(await ecr("upload-layer-part", ...here, "--upload-id", uploadId, ...bytes)).toMatchObject({ lastByteReceived: last });
  }
  const completed = await ecr("complete-layer-upload", ...here, "--upload-id", uploadId, "--layer-digests", layerDigest);
  expect(completed).toMatchObject({ layerDigest });
  const config = JSON.stringify({ os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: [layerDigest] } });
  const configDigest = `sha256:${createHash("sha256").update(config).digest("hex")}`;
  const started = await ecr<{ uploadId: string }>("initiate-layer-upload", ...here);
  const file = join(airfield.dataDirectory, "config");
  await writeFile(file, config);
  const bytes = ["--part-first-byte", "0", "--part-last-byte", String(config.length - 1), "--layer-part-blob", `fileb://${file}`];
  await ecr("upload-layer-part", ...here, "--upload-id", started.uploadId, ...bytes);
  await ecr("complete-layer-upload", ...here, "--upload-id", started.uploadId, "--layer-digests", configDigest);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.docker.distribution.manifest.v2+json",
    config: { mediaType: "application/vnd.docker.container.image.v1+json", digest: configDigest, size: config.length },
    layers: [{ mediaType: "application/vnd.docker.image.rootfs.diff.tar", digest: layerDigest, size: layer.length }],
  });
  await ecr("put-image", ...here, "--image-tag", "by-hand", "--image-manifest", manifest);
  const { downloadUrl } = await ecr<{ downloadUrl: string }>("get-download-url-for-layer", ...here, "--layer-digest", layerDigest);
  const out = join(airfield.dataDirectory, "downloaded");
  expect((await airfield.run("curl", ["-sf", "--output", out, downloadUrl])).code).toBe(0);
  expect((await airfield.run("sha256sum", [out])).stdout.slice(0, 64)).toBe(layerDigest.slice("sha256:".length));
});

test("the registry's own settings", async () => {
  const policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "ReplicationAccessCrossAccount",
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::210987654321:root" },
        Action: ["ecr:CreateRepository", "ecr:ReplicateImage"],
        Resource: ["arn:aws:ecr:us-east-1:123456789012:repository/*"],
      },
    ],
  });
  await ecr("put-registry-policy", "--policy-text", policy);
  expect(await ecr("get-registry-policy")).toEqual({ registryId: "123456789012", policyText: policy });
  await ecr("delete-registry-policy");
  await ecr("put-account-setting", "--name", "BLOB_MOUNTING", "--value", "DISABLED");
  expect(await ecr("get-account-setting", "--name", "BLOB_MOUNTING")).toEqual({ name: "BLOB_MOUNTING", value: "DISABLED" });
  await ecr("register-pull-time-update-exclusion", "--principal-arn", "arn:aws:iam::123456789012:role/scanner");
  expect(await ecr("list-pull-time-update-exclusions")).toMatchObject({
    pullTimeUpdateExclusions: ["arn:aws:iam::123456789012:role/scanner"],
  });
  const signing = await airfield.aws("ecr", "get-signing-configuration");
  expect(signing.stderr).toContain("(NotImplemented)");
  expect(signing.stderr).toContain("AWS Signer");
});
