import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { motoServer } from "../../bench/peers/moto.ts";
import { BucketTakenError, S3BlobStore } from "../../src/drivers/s3/blob-store.ts";
import type { S3Location } from "../../src/drivers/s3/location.ts";
import { testKeys } from "../../src/testing/blob-keys.ts";
import { blobStoreContract, digestOf, type BlobStoreWorld } from "../../src/testing/blob-store-contract.ts";

const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY" };
let server: Awaited<ReturnType<typeof motoServer>>;
let client: S3Client;

beforeAll(async () => {
  server = await motoServer("s3");
  client = new S3Client({ endpoint: server.url, region: "us-east-1", credentials, forcePathStyle: true });
});
afterAll(async () => {
  client.destroy();
  await server[Symbol.asyncDispose]();
});

/** A bucket of its own, with a prefix. */
async function bucketWorld(): Promise<
  BlobStoreWorld & { readonly location: S3Location; readonly directory: string; readonly store: S3BlobStore }
> {
  const bucket = `blobs-${randomBytes(6).toString("hex")}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const directory = await mkdtemp(join(tmpdir(), "airfield-s3-"));
  const location: S3Location = { bucket, prefix: "air/field/", region: "us-east-1", endpoint: server.url, credentials };
  const opened: S3BlobStore[] = [];
  const restarted = async (): Promise<S3BlobStore> => {
    const store = await S3BlobStore.open(location, { directory, owner: "one" });
    opened.push(store);
    return store;
  };
  const at = (domain: string, digest: string) => ({ Bucket: bucket, Key: `air/field/sealed/${domain}/${digest.replace(":", "/")}` });
  return {
    location,
    directory,
    store: await restarted(),
    restarted,
    async stored(domain, digest) {
      const { Body } = await client.send(new GetObjectCommand(at(domain, digest)));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    async overwrite(domain, digest, bytes) {
      await client.send(new PutObjectCommand({ ...at(domain, digest), Body: bytes }));
    },
    async [Symbol.asyncDispose]() {
      for (const store of opened) store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

blobStoreContract("a bucket", bucketWorld);

async function* inPieces(bytes: Buffer): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

test("a blob of several parts comes back whole and in ranges", async () => {
  await using world = await bucketWorld();
  const blobs = world.store.in(testKeys("ours"));
  const bytes = randomBytes(20 * 1024 * 1024 + 12_345);
  const digest = digestOf(bytes);
  await blobs.startUpload("large");
  await blobs.append("large", 0, inPieces(bytes));
  expect(await blobs.commit("large", digest)).toEqual({ size: bytes.length });
  const read = async (range?: { start: number; end: number }): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    for await (const piece of await blobs.read(digest, range)) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  };
  expect((await read()).equals(bytes)).toBe(true);
  const range = { start: 8 * 1024 * 1024 - 100, end: 16 * 1024 * 1024 + 100 };
  expect((await read(range)).equals(bytes.subarray(range.start, range.end + 1))).toBe(true);
});

test("the bucket has nothing of an upload that is not committed", async () => {
  await using world = await bucketWorld();
  const blobs = world.store.in(testKeys("ours"));
  await blobs.startUpload("hidden");
  await blobs.append("hidden", 0, inPieces(randomBytes(9_000_000)));
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: world.location.bucket }));
  expect(Contents.map(({ Key }) => Key)).toEqual(["air/field/airfield-owner"]);
});

test("a bucket that another installation uses is left alone", async () => {
  await using world = await bucketWorld();
  const open = S3BlobStore.open(world.location, { directory: world.directory, owner: "another" });
  await expect(open).rejects.toThrow(BucketTakenError);
  const beside = await S3BlobStore.open({ ...world.location, prefix: "elsewhere/" }, { directory: world.directory, owner: "another" });
  beside.close();
});

test("parts that a crash left behind are ended when they are old", async () => {
  await using world = await bucketWorld();
  const at = { Bucket: world.location.bucket, Key: "air/field/sealed/ours/sha256/half" };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at));
  await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: randomBytes(1000) }));
  // This server says of all of them that they were begun in 2010.
  expect(await world.store.abortIdle(Date.parse("2009-01-01"))).toBe(0);
  expect(await world.store.abortIdle(Date.parse("2012-01-01"))).toBe(1);
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: world.location.bucket }));
  expect(Uploads).toEqual([]);
});

test("more blobs than fit a page are all listed", async () => {
  await using world = await bucketWorld();
  const Bucket = world.location.bucket;
  const names = Array.from({ length: 1001 }, (_, at) => digestOf(Buffer.from(String(at))));
  for (let at = 0; at < names.length; at += 50)
    await Promise.all(
      names
        .slice(at, at + 50)
        .map((digest) =>
          client.send(new PutObjectCommand({ Bucket, Key: `air/field/sealed/ours/${digest.replace(":", "/")}`, Body: Buffer.from("x") })),
        ),
    );
  const listed: string[] = [];
  for await (const digest of world.store.list("ours")) listed.push(digest);
  expect(listed.toSorted()).toEqual(names.toSorted());
});

/** A door to the server that can be shut. */
async function doorTo(url: string): Promise<{ readonly url: string; shut: boolean; cut(): void } & AsyncDisposable> {
  const open = new Set<Socket>();
  const door = createServer((from) => {
    if (state.shut) {
      from.destroy();
      return;
    }
    const to = connect(Number(new URL(url).port), "127.0.0.1");
    for (const socket of [from, to]) {
      open.add(socket);
      socket.on("error", () => undefined).once("close", () => [from, to].forEach((one) => one.destroy()));
    }
    from.pipe(to).pipe(from);
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  const state = {
    url: `http://127.0.0.1:${(door.address() as AddressInfo).port}`,
    shut: false,
    cut: () => open.forEach((socket) => socket.destroy()),
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      door.close();
      await once(door, "close");
    },
  };
  return state;
}

test("while the bucket cannot be reached nothing is promised, and the upload goes on when it can be again", async () => {
  await using world = await bucketWorld();
  await using door = await doorTo(server.url);
  const store = await S3BlobStore.open({ ...world.location, endpoint: door.url }, { directory: world.directory, owner: "one" });
  const blobs = store.in(testKeys("ours"));
  const bytes = randomBytes(9_000_000);
  await blobs.startUpload("later");
  await blobs.append("later", 0, inPieces(bytes));
  door.shut = true;
  door.cut();
  await expect(blobs.commit("later", digestOf(bytes))).rejects.toThrow(/ECONN|socket hang up|closed/i);
  expect(await blobs.upload("later")).toEqual({ id: "later", size: bytes.length });
  door.shut = false;
  expect(await blobs.commit("later", digestOf(bytes))).toEqual({ size: bytes.length });
  store.close();
});
