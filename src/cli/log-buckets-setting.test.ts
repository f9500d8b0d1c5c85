import { expect, test } from "vitest";
import { logBucketsSetting } from "./log-buckets-setting.ts";

test("logs go nowhere, into a folder, or into buckets that are reached as the registry's", () => {
  expect(logBucketsSetting({})).toBeUndefined();
  expect(logBucketsSetting({ AIRFIELD_LOG_BUCKETS: "/var/log/airfield" })).toEqual({ folder: "/var/log/airfield" });
  const at = { region: "us-east-1", prefix: "", endpoint: "http://127.0.0.1:9000" };
  expect(logBucketsSetting({ AIRFIELD_LOG_BUCKETS: "s3://one, s3://two/", AIRFIELD_S3_ENDPOINT: "http://127.0.0.1:9000" })).toEqual({
    buckets: [
      { ...at, bucket: "one" },
      { ...at, bucket: "two" },
    ],
  });
});

test.each(["logs", "s3://one/prefix", "s3://one,", "./logs"])("%s is refused", (text) => {
  expect(() => logBucketsSetting({ AIRFIELD_LOG_BUCKETS: text })).toThrow("neither a folder nor a bucket");
});
