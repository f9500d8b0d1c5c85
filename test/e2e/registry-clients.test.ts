import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { expect, test } from "vitest";
import { tarLayer } from "../../src/testing/image-layers.ts";
import { registryWorld, type RegistryWorld } from "../../src/testing/registry-world.ts";
import {
  OCI_INDEX,
  passwordIn,
  pushImageTo,
  pushManifestTo,
  smallImage,
  smallIndex,
  type SmallImage,
} from "../../src/testing/small-image.ts";

const INSECURE = ["--src-tls-verify=false", "--dest-tls-verify=false"];
const ARCHITECTURES = ["amd64", "arm64"] as const;

const has = (command: string): boolean => spawnSync(command, ["--version"]).status === 0;

async function worldWith(...names: readonly string[]): Promise<RegistryWorld> {
  const world = await registryWorld();
  await mkdir(world.home);
  for (const repositoryName of names) await world.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName }));
  return world;
}

async function must(world: RegistryWorld, command: string, args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await world.run(command, args, input);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${stdout}${stderr}`);
  return stdout;
}

/** An image for two platforms under `app:all`, that no engine has seen. */
async function pushPlatforms(world: RegistryWorld): Promise<{ readonly index: string; readonly images: readonly SmallImage[] }> {
  const images = await Promise.all(
    ARCHITECTURES.map(async (architecture) => {
      const layer = await tarLayer({ [`for-${architecture}`]: randomBytes(2000).toString("hex") });
      return smallImage({ content: architecture, layers: [layer], platform: { os: "linux", architecture } });
    }),
  );
  for (const image of images) await pushImageTo(world, "app", image.digest, image);
  const index = smallIndex(images, ARCHITECTURES);
  await pushManifestTo(world, "app", "all", index.text, OCI_INDEX);
  return { index: index.digest, images };
}

async function digestAt(world: RegistryWorld, repository: string, reference: string): Promise<string | null> {
  return (await world.fetch(`/v2/${repository}/manifests/${reference}`, { method: "HEAD" })).headers.get("docker-content-digest");
}

test("skopeo takes an index with all of its images out, between repositories and back in, unchanged, and deletes it", async () => {
  await using world = await worldWith("app", "copied", "restored");
  const { index, images } = await pushPlatforms(world);
  const credentials = `AWS:${passwordIn(world.authorization())}`;
  const both = ["--src-creds", credentials, "--dest-creds", credentials];
  const at = (name: string): string => `docker://${world.host}/${name}:all`;
  const layout = `oci:${join(world.home, "layout")}:all`;
  const copy = (from: string, to: string, flags: readonly string[]): Promise<string> =>
    must(world, "skopeo", ["copy", "--insecure-policy", "--all", "--preserve-digests", ...INSECURE, ...flags, from, to]);
  await copy(at("app"), at("copied"), both);
  await copy(at("copied"), layout, ["--src-creds", credentials]);
  await copy(layout, at("restored"), ["--dest-creds", credentials]);
  for (const repository of ["copied", "restored"])
    for (const [reference, digest] of [["all", index], ...images.map((image) => [image.digest, image.digest])] as [string, string][])
      expect(await digestAt(world, repository, reference)).toBe(digest);
  const one = ["--tls-verify=false", "--creds", credentials];
  expect(JSON.parse(await must(world, "skopeo", ["list-tags", ...one, `docker://${world.host}/restored`]))).toMatchObject({
    Tags: ["all"],
  });
  await must(world, "skopeo", ["delete", ...one, at("restored")]);
  expect(await digestAt(world, "restored", index)).toBeNull();
  expect(await digestAt(world, "copied", index)).toBe(index);
  expect(world.defects).toEqual([]);
});

test("docker pulls its platform of an index, and pushes an index of its own", async () => {
  await using world = await worldWith("app");
  const { images } = await pushPlatforms(world);
  await must(world, "docker", ["login", "--username", "AWS", "--password-stdin", world.host], passwordIn(world.authorization()));
  const reference = `${world.host}/app:all`;
  try {
    for (const architecture of ARCHITECTURES) {
      await must(world, "docker", ["pull", "--platform", `linux/${architecture}`, reference]);
      const inspected = await must(world, "docker", ["image", "inspect", "--format", "{{.Architecture}}", reference]);
      expect(inspected.trim()).toBe(architecture);
    }
  } finally {
    await world.run("docker", ["image", "rm", "--force", reference]);
  }
  const own = `${world.host}/app:own`;
  await must(world, "docker", ["manifest", "create", "--insecure", own, ...images.map(({ digest }) => `${world.host}/app@${digest}`)]);
  const pushed = (await must(world, "docker", ["manifest", "push", "--insecure", own])).trim().split("\n").at(-1);
  expect(await digestAt(world, "app", "own")).toBe(pushed);
  expect(world.defects).toEqual([]);
});

test.skipIf(!has("buildah"))("buildah pushes what it built, alone and in an index, and pulls it again", async () => {
  await using world = await worldWith("app");
  const storage = join(world.home, "storage");
  const layer = join(world.home, "layer.tar");
  await writeFile(layer, await tarLayer({ hello: "from buildah" }));
  const common = ["--root", storage, "--runroot", join(world.home, "run"), "--storage-driver", "vfs"];
  const buildah = (command: string, ...args: string[]): Promise<string> => must(world, "buildah", [...common, command, ...args]);
  const credentials = ["--tls-verify=false", "--creds", `AWS:${passwordIn(world.authorization())}`];
  try {
    const container = (await buildah("from", "scratch")).trim();
    await buildah("add", container, layer);
    await buildah("commit", container, "built");
    const digestFile = join(world.home, "digest");
    await buildah("push", ...credentials, "--digestfile", digestFile, "built", `docker://${world.host}/app:built`);
    expect(await digestAt(world, "app", "built")).toBe((await readFile(digestFile, "utf8")).trim());
    await buildah("manifest", "create", "several");
    await buildah("manifest", "add", "several", "built");
    await buildah("manifest", "push", "--all", ...credentials, "several", `docker://${world.host}/app:several`);
    const several = await world.fetch("/v2/app/manifests/several");
    expect(several.headers.get("content-type")).toBe(OCI_INDEX);
    await buildah("pull", ...credentials, `docker://${world.host}/app:several`);
    expect(world.defects).toEqual([]);
  } finally {
    rmSync(storage, { recursive: true, force: true });
  }
});
