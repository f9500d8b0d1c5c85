import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { motoServer } from "../../bench/peers/moto.ts";
import { s3ObjectReader } from "../../src/drivers/s3/object-reader.ts";
import { LARGEST_OBJECT, ObjectTooLargeError } from "../../src/ports/object-reader.ts";

const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY" };
let server: Awaited<ReturnType<typeof motoServer>>;
let client: S3Client;

beforeAll(async () => {
  server = await motoServer("s3");
  client = new S3Client({ endpoint: server.url, region: "us-east-1", credentials, forcePathStyle: true });
  for (const Bucket of ["trust", "private"]) await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutBucketVersioningCommand({ Bucket: "trust", VersioningConfiguration: { Status: "Enabled" } }));
});
afterAll(async () => {
  client.destroy();
  await server[Symbol.asyncDispose]();
});

const reader = () => s3ObjectReader(["trust"], { region: "us-east-1", endpoint: server.url, credentials });
const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString();

test("an object is read as it is, or as a version of it was", async () => {
  const put = (Body: string) => client.send(new PutObjectCommand({ Bucket: "trust", Key: "deep/ca.pem", Body }));
  const { VersionId: version = "" } = await put("one");
  await put("two");
  expect(text(await reader().read({ bucket: "trust", key: "deep/ca.pem" }))).toBe("two");
  expect(text(await reader().read({ bucket: "trust", key: "deep/ca.pem", version }))).toBe("one");
});

test("what is not there is none, and so is what lies in a bucket that is not open", async () => {
  await client.send(new PutObjectCommand({ Bucket: "private", Key: "key.pem", Body: "key" }));
  expect(await reader().read({ bucket: "trust", key: "away.pem" })).toBeUndefined();
  expect(await reader().read({ bucket: "trust", key: "deep/ca.pem", version: "no-such-version" })).toBeUndefined();
  expect(await reader().read({ bucket: "private", key: "key.pem" })).toBeUndefined();
});

test("what is too large is not read", async () => {
  await client.send(new PutObjectCommand({ Bucket: "trust", Key: "large", Body: Buffer.alloc(LARGEST_OBJECT + 1) }));
  await expect(reader().read({ bucket: "trust", key: "large" })).rejects.toThrow(ObjectTooLargeError);
});
