import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeImagesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { expect, test } from "vitest";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { registryWorld, type RegistryWorld } from "../../src/testing/registry-world.ts";

/** Names that no other test on this engine uses. */
const unique = (name: string): string => `airfield-e2e-${name}-${randomBytes(4).toString("hex")}`;

/** Builds an image of random bytes, so that no layer of it is known anywhere. */
async function build(world: RegistryWorld, images: BuiltImages, reference: string, megabytes: readonly number[]): Promise<void> {
  const context = join(world.home, randomBytes(4).toString("hex"));
  await mkdir(context, { recursive: true });
  for (const [at, size] of megabytes.entries()) await writeFile(join(context, `layer-${at}`), randomBytes(Math.round(size * 1024 * 1024)));
  await writeFile(
    join(context, "Dockerfile"),
    ["FROM scratch", ...megabytes.map((_, at) => `COPY layer-${at} /layer-${at}`), 'CMD ["/none"]'].join("\n"),
  );
  images.note((await must(world, "docker", ["build", "--quiet", "--tag", reference, context])).trim());
  await rm(context, { recursive: true });
}

async function must(world: RegistryWorld, command: string, args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await world.run(command, args, input);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${stdout}${stderr}`);
  return stdout;
}

async function login(world: RegistryWorld): Promise<void> {
  const password = await world.aws("ecr", "get-login-password");
  expect(await must(world, "docker", ["login", "--username", "AWS", "--password-stdin", world.host], password.stdout)).toContain(
    "Login Succeeded",
  );
}

/** Remembers what was built and removes it at the end, with all its names, also after a test that fails. */
class BuiltImages implements AsyncDisposable {
  readonly #world: RegistryWorld;
  readonly #ids = new Set<string>();

  constructor(world: RegistryWorld) {
    this.#world = world;
  }

  note(id: string): void {
    this.#ids.add(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#world.run("docker", ["image", "rm", "--force", ...this.#ids]);
  }
}

test("login, push, push again, pull: layers go over the wire once", async () => {
  await using world = await registryWorld();
  const reference = `${world.host}/${unique("app")}:v1`;
  await using images = new BuiltImages(world);
  await login(world);
  const repository = reference.slice(world.host.length + 1, -":v1".length);
  const created = JSON.parse((await world.aws("ecr", "create-repository", "--repository-name", repository)).stdout);
  expect(created.repository.repositoryUri).toBe(`${world.host}/${repository}`);

  await build(world, images, reference, [3, 1]);
  const first = await must(world, "docker", ["push", reference]);
  const digest = /digest: (sha256:[0-9a-f]{64})/.exec(first)?.[1];
  expect(first.match(/: Pushed/g)).toHaveLength(2);
  const second = await must(world, "docker", ["push", reference]);
  expect(second.match(/: Layer already exists/g)).toHaveLength(2);

  await must(world, "docker", ["image", "rm", "--force", reference]);
  expect(await must(world, "docker", ["pull", reference])).toContain(`Digest: ${digest}`);

  const { imageDetails } = await world.client(ECRClient).send(new DescribeImagesCommand({ repositoryName: repository }));
  expect(imageDetails).toMatchObject([
    { imageDigest: digest, imageTags: ["v1"], imageManifestMediaType: expect.stringContaining("manifest") },
  ]);
  expect(imageDetails?.[0]?.imageSizeInBytes).toBeGreaterThan(4 * 1024 * 1024);
  expect(await readdir(join(world.directory, "uploads"))).toEqual([]);
  expect(world.defects).toEqual([]);
});

test("a push without a repository, without a login, or over an immutable tag fails with ECR's words", async () => {
  await using world = await registryWorld();
  const name = unique("refused");
  const reference = `${world.host}/${name}:1.0.2`;
  await using images = new BuiltImages(world);
  await build(world, images, reference, [0.01]);
  expect((await world.run("docker", ["push", reference])).stderr).toContain("no basic auth credentials");
  await login(world);
  expect((await world.run("docker", ["push", reference])).stderr).toContain(
    `name unknown: The repository with name '${name}' does not exist in the registry with id '123456789012'`,
  );
  await world.aws("ecr", "create-repository", "--repository-name", name, "--image-tag-mutability", "IMMUTABLE");
  await must(world, "docker", ["push", reference]);
  await build(world, images, reference, [0.01]);
  expect((await world.run("docker", ["push", reference])).stderr).toContain(
    `tag invalid: The image tag '1.0.2' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`,
  );
  expect((await world.run("docker", ["pull", `${world.host}/${name}:absent`])).stderr).toContain(
    "manifest unknown: Requested image not found",
  );
  const wrong = await world.run("docker", ["login", "--username", "AWS", "--password-stdin", world.host], "not-a-token");
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("401 Unauthorized") });
  expect(world.defects).toEqual([]);
});

test("a layer of another repository is mounted, not sent", async () => {
  await using world = await registryWorld();
  const [one, two] = [unique("one"), unique("two")];
  const references = [`${world.host}/${one}:v1`, `${world.host}/${two}:v1`] as const;
  await using images = new BuiltImages(world);
  await login(world);
  for (const name of [one, two]) await world.aws("ecr", "create-repository", "--repository-name", name);
  await build(world, images, references[0], [2]);
  await must(world, "docker", ["push", references[0]]);
  await must(world, "docker", ["tag", ...references]);
  expect(await must(world, "docker", ["push", references[1]])).toContain(`Mounted from ${one}`);
  await must(world, "docker", ["image", "rm", "--force", ...references]);
  await must(world, "docker", ["pull", references[1]]);
});

test("two pushes at once of images that share a layer", async () => {
  await using world = await registryWorld();
  const names = [unique("left"), unique("right")];
  const references = names.map((name) => `${world.host}/${name}:v1`);
  await using images = new BuiltImages(world);
  await login(world);
  for (const name of names) await world.aws("ecr", "create-repository", "--repository-name", name);
  await build(world, images, references[0]!, [8, 1]);
  await must(world, "docker", ["tag", ...references]);
  await Promise.all(references.map((reference) => must(world, "docker", ["push", reference])));
  await must(world, "docker", ["image", "rm", "--force", ...references]);
  for (const reference of references) await must(world, "docker", ["pull", reference]);
  expect(world.defects).toEqual([]);
});

test("skopeo copies images and indexes in and out", async () => {
  await using world = await registryWorld();
  const name = unique("copied");
  const source = `${world.host}/${name}:built`;
  await using images = new BuiltImages(world);
  await world.aws("ecr", "create-repository", "--repository-name", name);
  await build(world, images, source, [1]);
  const password = (await world.aws("ecr", "get-login-password")).stdout.trim();
  const archive = join(world.home, "image.tar");
  await must(world, "docker", ["save", "--output", archive, source]);
  const insecure = ["--dest-tls-verify=false", "--dest-creds", `AWS:${password}`];
  for (const format of ["oci", "v2s2"])
    await must(world, "skopeo", [
      "copy",
      "--insecure-policy",
      "--format",
      format,
      ...insecure,
      `docker-archive:${archive}`,
      `docker://${world.host}/${name}:${format}`,
    ]);
  const out = join(world.home, "layout");
  await must(world, "skopeo", [
    "copy",
    "--insecure-policy",
    "--all",
    "--src-tls-verify=false",
    "--src-creds",
    `AWS:${password}`,
    `docker://${world.host}/${name}:oci`,
    `oci:${out}:oci`,
  ]);
  const inspected = JSON.parse(
    await must(world, "skopeo", ["inspect", "--tls-verify=false", "--creds", `AWS:${password}`, `docker://${world.host}/${name}:oci`]),
  );
  expect(inspected.RepoTags.toSorted()).toEqual(["oci", "v2s2"]);
  await must(world, "skopeo", ["delete", "--tls-verify=false", "--creds", `AWS:${password}`, `docker://${world.host}/${name}:v2s2`]);
  const { imageDetails = [] } = await world.client(ECRClient).send(new DescribeImagesCommand({ repositoryName: name }));
  expect(imageDetails.map(({ imageTags, imageManifestMediaType }) => [imageTags, imageManifestMediaType])).toEqual([
    [["oci"], "application/vnd.oci.image.manifest.v1+json"],
  ]);
  expect(world.defects).toEqual([]);
});

/** A small disk of its own needs a mount, which only root may make. */
test.skipIf(process.getuid?.() !== 0)("a full disk is told, ends the upload without a trace, and hurts nothing else", async () => {
  const disk = await mkdtemp(join(tmpdir(), "airfield-full-"));
  await using _mounted = await mountSmall(disk);
  await using world = await registryWorld({ parent: disk });
  await world.aws("ecr", "create-repository", "--repository-name", "app");
  const location = (await world.fetch("/v2/app/blobs/uploads/", { method: "POST" })).headers.get("location") ?? "";
  const refused = await world.fetch(location, { method: "PATCH", body: randomBytes(8_000_000) });
  expect([refused.status, await refused.json()]).toEqual([
    507,
    { errors: [{ code: "UNKNOWN", message: expect.stringContaining("disk is full") as string }] },
  ]);
  // What docker sends again finds the room that this one had taken.
  expect((await world.fetch(location)).status).toBe(404);
  const small = randomBytes(2_000_000);
  const digest = `sha256:${createHash("sha256").update(small).digest("hex")}`;
  expect((await world.fetch(`/v2/app/blobs/uploads/?digest=${digest}`, { method: "POST", body: small })).status).toBe(201);
  expect(world.defects).toEqual([]);
});

/** A disk of six megabytes. */
async function mountSmall(at: string): Promise<AsyncDisposable> {
  const { code, stderr } = await runCommand("mount", ["-t", "tmpfs", "-o", "size=6m", "airfield-test", at], process.env);
  if (code !== 0) throw new Error(`mount failed: ${stderr}`);
  return {
    async [Symbol.asyncDispose]() {
      await runCommand("umount", [at], process.env);
      await rm(at, { recursive: true });
    },
  };
}
