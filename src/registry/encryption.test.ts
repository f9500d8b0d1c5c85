import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BatchGetImageCommand, CreateRepositoryCommand, DeleteRepositoryCommand, ECRClient, PutImageCommand } from "@aws-sdk/client-ecr";
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  KMSClient,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from "@aws-sdk/client-kms";
import { expect, test } from "vitest";
import { registryWorld, type RegistryWorld } from "../testing/registry-world.ts";
import { blobDomain } from "../state/ecr-encryption.ts";
import { repositories } from "../state/ecr.ts";
import { collectBlobs } from "../control/blob-collection.ts";

const digestOf = (bytes: Uint8Array | string): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

interface KeyedWorld extends AsyncDisposable {
  readonly world: RegistryWorld;
  readonly ecr: ECRClient;
  readonly kms: KMSClient;
  readonly keyId: string;
}

/** A repository `app` under a key of the customer's. */
async function keyedWorld(): Promise<KeyedWorld> {
  const world = await registryWorld();
  const [ecr, kms] = [world.client(ECRClient), world.client(KMSClient)];
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const keyId = KeyMetadata?.KeyId ?? "";
  await createRepository(ecr, "app", keyId);
  return { world, ecr, kms, keyId, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

function createRepository(ecr: ECRClient, repositoryName: string, kmsKey?: string) {
  const encryptionConfiguration = { encryptionType: "KMS", ...(kmsKey === undefined ? {} : { kmsKey }) } as const;
  return ecr.send(new CreateRepositoryCommand({ repositoryName, encryptionConfiguration }));
}

function pushBlob(world: RegistryWorld, name: string, bytes: Uint8Array | string): Promise<Response> {
  return world.fetch(`/v2/${name}/blobs/uploads/?digest=${digestOf(bytes)}`, { method: "POST", body: bytes as string });
}

/** Pushes an image of one layer; gives the text of its manifest. */
async function pushImage(world: RegistryWorld, name: string, layer: Uint8Array, tag = "one"): Promise<string> {
  for (const bytes of [layer, "{}"]) expect((await pushBlob(world, name, bytes)).status).toBe(201);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf("{}"), size: 2 },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: digestOf(layer), size: layer.length }],
  });
  const put = await world.fetch(`/v2/${name}/manifests/${tag}`, { method: "PUT", body: manifest, headers: { "content-type": MANIFEST } });
  expect(put.status).toBe(201);
  return manifest;
}

async function blobFiles(world: RegistryWorld): Promise<readonly string[]> {
  const found = await readdir(join(world.directory, "sealed"), { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test.each(["AES256", "KMS"] as const)("nothing of an image can be read on the disk of a repository with %s", async (encryptionType) => {
  await using world = await registryWorld();
  await world.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "app", encryptionConfiguration: { encryptionType } }));
  await pushImage(world, "app", Buffer.from("the recipe ".repeat(50_000)));
  const files = await blobFiles(world);
  expect(files).toHaveLength(3);
  for (const file of files) expect((await readFile(file)).toString("latin1")).not.toMatch(/the recipe|schemaVersion/);
  expect((await world.fetch("/v2/app/manifests/one")).status).toBe(200);
});

test("a repository tells the ARN of its key; where it names none, that of the one that AWS manages for ECR", async () => {
  await using keyed = await keyedWorld();
  const { ecr, kms, keyId } = keyed;
  await kms.send(new CreateAliasCommand({ AliasName: "alias/images", TargetKeyId: keyId }));
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: keyId }));
  const byAlias = await createRepository(ecr, "by-alias", "alias/images");
  expect(byAlias.repository?.encryptionConfiguration).toEqual({ encryptionType: "KMS", kmsKey: KeyMetadata?.Arn });
  const byDefault = await createRepository(ecr, "by-default");
  const managed = await kms.send(new DescribeKeyCommand({ KeyId: "alias/aws/ecr" }));
  expect(byDefault.repository?.encryptionConfiguration).toEqual({ encryptionType: "KMS", kmsKey: managed.KeyMetadata?.Arn });
});

test.each([
  ["a key that there is not", "0d4bb0b5-8a5c-4b5e-9a33-000000000000", "NotFoundException", /does not exist/],
  ["an alias that there is not", "alias/none", "NotFoundException", /is not found/],
])("a repository cannot have %s", async (_what, kmsKey, kmsError, message) => {
  await using keyed = await keyedWorld();
  await expect(createRepository(keyed.ecr, "other", kmsKey)).rejects.toMatchObject({
    name: "KmsException",
    kmsError,
    message: expect.stringMatching(message) as string,
  });
});

test("a repository cannot have a key that is disabled, nor one that makes signatures", async () => {
  await using keyed = await keyedWorld();
  const { ecr, kms, keyId } = keyed;
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" }));
  await expect(createRepository(ecr, "other", KeyMetadata?.Arn)).rejects.toMatchObject({
    name: "KmsException",
    kmsError: "InvalidKeyUsageException",
  });
  await kms.send(new DisableKeyCommand({ KeyId: keyId }));
  await expect(createRepository(ecr, "other", keyId)).rejects.toMatchObject({ name: "KmsException", kmsError: "DisabledException" });
});

test("while its key is disabled or about to be deleted nothing of a repository can be pulled or pushed; then everything can again", async () => {
  await using keyed = await keyedWorld();
  const { world, ecr, kms, keyId } = keyed;
  const layer = randomBytes(100_000);
  const manifest = await pushImage(world, "app", layer);
  // From now on, it is in memory.
  for (let time = 0; time < 2; time += 1) await (await world.fetch(`/v2/app/blobs/${digestOf(layer)}`)).arrayBuffer();
  const one = { repositoryName: "app", imageIds: [{ imageTag: "one" }] };
  const states = [
    {
      take: new DisableKeyCommand({ KeyId: keyId }),
      give: [new EnableKeyCommand({ KeyId: keyId })],
      kmsError: "DisabledException",
      why: "is disabled",
    },
    {
      take: new ScheduleKeyDeletionCommand({ KeyId: keyId }),
      give: [new CancelKeyDeletionCommand({ KeyId: keyId }), new EnableKeyCommand({ KeyId: keyId })],
      kmsError: "KMSInvalidStateException",
      why: "is pending deletion",
    },
  ];
  for (const { take, give, kmsError, why } of states) {
    await kms.send(take as never);
    const refused = [
      await world.fetch("/v2/app/manifests/one"),
      await world.fetch(`/v2/app/blobs/${digestOf(layer)}`),
      await world.fetch("/v2/app/blobs/uploads/", { method: "POST" }),
      await pushBlob(world, "app", "new"),
    ];
    for (const answer of refused) {
      expect(answer.status).toBe(403);
      const { errors } = (await answer.json()) as { errors: { code: string; message: string }[] };
      expect(errors[0]).toEqual({
        code: "DENIED",
        message: expect.stringMatching(new RegExp(`^KmsException: arn:aws:kms:.* ${why}`)) as string,
      });
    }
    await expect(ecr.send(new BatchGetImageCommand(one))).rejects.toMatchObject({ name: "KmsException", kmsError });
    const put = new PutImageCommand({ repositoryName: "app", imageManifest: manifest, imageTag: "two" });
    await expect(ecr.send(put)).rejects.toMatchObject({ name: "KmsException", kmsError });
    for (const command of give) await kms.send(command as never);
    expect(await (await world.fetch("/v2/app/manifests/one")).text()).toBe(manifest);
    expect(Buffer.from(await (await world.fetch(`/v2/app/blobs/${digestOf(layer)}`)).arrayBuffer()).equals(layer)).toBe(true);
  }
  expect(world.defects).toEqual([]);
});

test("what was pushed before a key was rotated can be pulled after it", async () => {
  await using keyed = await keyedWorld();
  const { world, kms, keyId } = keyed;
  await pushImage(world, "app", Buffer.from("before"), "before");
  await kms.send(new EnableKeyRotationCommand({ KeyId: keyId }));
  await kms.send(new RotateKeyOnDemandCommand({ KeyId: keyId }));
  await pushImage(world, "app", Buffer.from("after"), "after");
  for (const layer of ["before", "after"]) expect(await (await world.fetch(`/v2/app/blobs/${digestOf(layer)}`)).text()).toBe(layer);
});

test("an upload goes on over requests, and not while the key is disabled", async () => {
  await using keyed = await keyedWorld();
  const { world, kms, keyId } = keyed;
  const location = (await world.fetch("/v2/app/blobs/uploads/", { method: "POST" })).headers.get("location") ?? "";
  expect((await world.fetch(location, { method: "PATCH", body: "one " })).status).toBe(202);
  await kms.send(new DisableKeyCommand({ KeyId: keyId }));
  expect((await world.fetch(location, { method: "PATCH", body: "two" })).status).toBe(403);
  await kms.send(new EnableKeyCommand({ KeyId: keyId }));
  expect((await world.fetch(`${location}?digest=${digestOf("one two")}`, { method: "PUT", body: "two" })).status).toBe(201);
});

test("repositories share blobs where their keys are the same, and only there", async () => {
  await using keyed = await keyedWorld();
  const { world, ecr, keyId } = keyed;
  await createRepository(ecr, "same-key", keyId);
  await createRepository(ecr, "other-key");
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "common" }));
  const mount = (into: string): Promise<Response> =>
    world.fetch(`/v2/${into}/blobs/uploads/?mount=${digestOf("layer")}&from=app`, { method: "POST" });
  await pushBlob(world, "app", "layer");
  expect((await mount("same-key")).status).toBe(201);
  await pushBlob(world, "same-key", "layer");
  expect(await blobFiles(world)).toHaveLength(1);
  for (const name of ["other-key", "common"]) {
    expect((await mount(name)).status).toBe(202);
    expect((await world.fetch(`/v2/${name}/blobs/${digestOf("layer")}`)).status).toBe(404);
    await pushBlob(world, name, "layer");
    expect(await (await world.fetch(`/v2/${name}/blobs/${digestOf("layer")}`)).text()).toBe("layer");
  }
  expect(await blobFiles(world)).toHaveLength(3);
});

test("a blob is collected where nobody needs it, and stays in the domain of those who do", async () => {
  await using keyed = await keyedWorld();
  const { world, ecr } = keyed;
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "common" }));
  await pushImage(world, "app", Buffer.from("layer"));
  await pushImage(world, "common", Buffer.from("layer"));
  expect(await blobFiles(world)).toHaveLength(6);
  await ecr.send(new DeleteRepositoryCommand({ repositoryName: "app", force: true }));
  expect(await collectBlobs(world.platform, -60_000)).toMatchObject({ blobs: 3 });
  expect((await world.fetch("/v2/common/manifests/one")).status).toBe(200);
  expect(await (await world.fetch(`/v2/common/blobs/${digestOf("layer")}`)).text()).toBe("layer");
});

test("a push that began in a repository which was deleted and made anew with another key is not acknowledged", async () => {
  await using keyed = await keyedWorld();
  const { world, ecr } = keyed;
  const location = (await world.fetch("/v2/app/blobs/uploads/", { method: "POST" })).headers.get("location") ?? "";
  await ecr.send(new DeleteRepositoryCommand({ repositoryName: "app" }));
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "app" }));
  const put = await world.fetch(`${location}?digest=${digestOf("layer")}`, { method: "PUT", body: "layer" });
  expect(put.status).toBe(404);
  expect((await world.fetch(`/v2/app/blobs/${digestOf("layer")}`)).status).toBe(404);
});

test("a byte that changed on the disk is an error, and is cut off before it is served", async () => {
  await using world = await registryWorld();
  await world.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "app" }));
  const layer = randomBytes(3_000_000);
  await pushImage(world, "app", layer);
  const { encryption } = [...world.platform.state.table(repositories).values()][0] ?? {};
  const hex = digestOf(layer).slice("sha256:".length);
  const file = join(world.directory, "sealed", blobDomain({ encryption: encryption ?? ({} as never) }), "sha256", hex.slice(0, 2), hex);
  const stored = await readFile(file);
  stored[2_000_000]! ^= 1;
  await writeFile(file, stored);
  const answer = await world.fetch(`/v2/app/blobs/${digestOf(layer)}`);
  const got: Buffer[] = [];
  const reading = (async () => {
    for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>) got.push(Buffer.from(piece));
  })();
  await expect(reading).rejects.toThrow(/terminated/);
  const given = Buffer.concat(got);
  expect(given.length).toBeLessThan(2_000_000);
  expect(given.equals(layer.subarray(0, given.length))).toBe(true);
  const range = { headers: { range: "bytes=2000000-2000010" } };
  const cut = world.fetch(`/v2/app/blobs/${digestOf(layer)}`, range).then((part) => part.arrayBuffer());
  await expect(cut).rejects.toThrow(/terminated|fetch failed/);
  expect((await world.fetch(`/v2/app/blobs/${digestOf(layer)}`, { headers: { range: "bytes=0-10" } })).status).toBe(206);
  expect(world.defects.map(String).join("\n")).toMatch(/is damaged in the store/);
  // Pushed again, it is whole again.
  expect((await pushBlob(world, "app", layer)).status).toBe(201);
  expect(Buffer.from(await (await world.fetch(`/v2/app/blobs/${digestOf(layer)}`)).arrayBuffer()).equals(layer)).toBe(true);
});
