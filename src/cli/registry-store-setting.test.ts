import { expect, test } from "vitest";
import { registryStoreSetting } from "./registry-store-setting.ts";

test("without a setting, blobs are files", () => {
  expect(registryStoreSetting({})).toBeUndefined();
});

test.each([
  ["s3://images", { bucket: "images", prefix: "" }],
  ["s3://images/", { bucket: "images", prefix: "" }],
  ["s3://images/air/field", { bucket: "images", prefix: "air/field/" }],
  ["s3://images//air//", { bucket: "images", prefix: "air/" }],
])("%s is a place in a bucket", (text, place) => {
  expect(registryStoreSetting({ AIRFIELD_REGISTRY_STORE: text })).toEqual({ ...place, region: "us-east-1" });
});

test("another server than AWS's, with keys of its own", () => {
  const settings = {
    AIRFIELD_REGISTRY_STORE: "s3://images",
    AIRFIELD_S3_ENDPOINT: "http://localhost:9000",
    AIRFIELD_S3_REGION: "eu-west-1",
    AIRFIELD_S3_ACCESS_KEY_ID: "key",
    AIRFIELD_S3_SECRET_ACCESS_KEY: "secret",
  };
  const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
  expect(registryStoreSetting(settings)).toEqual({
    bucket: "images",
    prefix: "",
    region: "eu-west-1",
    endpoint: "http://localhost:9000",
    credentials,
  });
});

test.each([
  [{ AIRFIELD_REGISTRY_STORE: "/var/blobs" }, "is no place for blobs"],
  [{ AIRFIELD_REGISTRY_STORE: "s3://" }, "is no place for blobs"],
  [{ AIRFIELD_REGISTRY_STORE: "s3://Images" }, "is no place for blobs"],
  [{ AIRFIELD_REGISTRY_STORE: "s3://images", AIRFIELD_S3_ENDPOINT: "localhost:9000" }, "is no URL"],
  [{ AIRFIELD_REGISTRY_STORE: "s3://images", AIRFIELD_S3_ACCESS_KEY_ID: "key" }, "go together"],
])("%j is refused: %s", (settings, why) => {
  expect(() => registryStoreSetting(settings)).toThrow(why);
});
