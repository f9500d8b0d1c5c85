import { createHash } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { expect, test } from "vitest";
import { sealPlainBlobs } from "../drivers/filesystem/plain-blobs.ts";
import { layers, repositories, repositoryKey } from "../state/ecr.ts";
import { registryWorld, type RegistryWorld } from "../testing/registry-world.ts";
import { pushImageTo, smallImage } from "../testing/small-image.ts";
import { homesOf, settleOldRepositories } from "./upgrade.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
const digestOf = (bytes: string): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** A blob as an earlier version left it, with links from repositories. */
async function plainBlob(world: RegistryWorld, bytes: string, names: readonly string[], lying = bytes): Promise<void> {
  const digest = digestOf(bytes);
  const hex = digest.slice("sha256:".length);
  const folder = join(world.directory, "blobs", "sha256", hex.slice(0, 2));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, hex), lying);
  const { state } = world.platform;
  state.commit(() => {
    for (const name of names) state.table(layers).put({ repository: repositoryKey(SCOPE, name), digest, size: bytes.length, usedAt: 0 });
  });
}

test("blobs that lie in the clear are sealed at the start, for each key that needs them, and can be pulled", async () => {
  await using world = await registryWorld();
  const { platform } = world;
  const { state } = platform;
  const ecr = world.client(ECRClient, SCOPE.region);
  for (const repositoryName of ["common", "old-kms"]) await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  const key = repositoryKey(SCOPE, "old-kms");
  const kmsKey = `arn:aws:kms:${SCOPE.region}:${SCOPE.account}:alias/aws/ecr`;
  state.commit(() => state.table(repositories).update(key, (old) => ({ ...old, encryption: { encryptionType: "KMS", kmsKey } })));
  await plainBlob(world, "shared", ["common", "old-kms"]);
  await plainBlob(world, "unused", []);
  await plainBlob(world, "damaged", ["common"], "other bytes");

  settleOldRepositories(platform);
  expect(state.table(repositories).get(key)?.encryption.kmsKey).toMatch(/:key\//);
  const damaged: string[] = [];
  expect(
    await sealPlainBlobs(
      world.directory,
      (digest) => homesOf(platform, digest),
      (digest) => damaged.push(digest),
    ),
  ).toBe(2);
  expect(damaged).toEqual([digestOf("damaged")]);
  for (const name of ["common", "old-kms"])
    expect(await (await world.fetch(`/v2/${name}/blobs/${digestOf("shared")}`, inRegion(world))).text()).toBe("shared");
  expect(await readdir(join(world.directory, "sealed"))).toHaveLength(2);
  expect(await readdir(join(world.directory, "blobs", "sha256"))).toEqual([digestOf("damaged").slice(7, 9)]);
  expect(await readdir(join(world.directory, "uploads"))).toEqual([]);
});

function inRegion(world: RegistryWorld): RequestInit {
  return { headers: { authorization: world.authorization(SCOPE) } };
}

test("a repository with a key of its own keeps it, and so does one whose key AWS manages already", async () => {
  await using world = await registryWorld();
  const { platform } = world;
  const { state } = platform;
  await world.client(ECRClient, SCOPE.region).send(new CreateRepositoryCommand({ repositoryName: "own" }));
  const key = repositoryKey(SCOPE, "own");
  const encryption = { encryptionType: "KMS", kmsKey: `arn:aws:kms:${SCOPE.region}:${SCOPE.account}:key/own` } as const;
  state.commit(() => state.table(repositories).update(key, (old) => ({ ...old, encryption })));
  settleOldRepositories(platform);
  expect(state.table(repositories).get(key)?.encryption).toEqual(encryption);
});

test("a blob is at home where a repository that is there has it as a layer or as a manifest, and nowhere else", async () => {
  await using world = await registryWorld();
  const { platform } = world;
  const { state } = platform;
  await world.client(ECRClient, SCOPE.region).send(new CreateRepositoryCommand({ repositoryName: "app" }));
  const image = smallImage();
  await pushImageTo(world, "app", "v1", image);
  state.commit(() =>
    state
      .table(layers)
      .put({ repository: repositoryKey(SCOPE, "gone"), digest: digestOf("of a repository that is gone"), size: 1, usedAt: 0 }),
  );
  expect(homesOf(platform, image.digest)).toHaveLength(1);
  expect(homesOf(platform, image.blobs[0]?.digest ?? "")).toHaveLength(1);
  expect(homesOf(platform, digestOf("of a repository that is gone"))).toEqual([]);
  expect(homesOf(platform, digestOf("of nobody"))).toEqual([]);
});
