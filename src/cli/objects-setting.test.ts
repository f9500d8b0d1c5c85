import { expect, test } from "vitest";
import { objectsSetting } from "./objects-setting.ts";

test("nothing is open unless the operator says so", () => {
  expect(objectsSetting({})).toBeUndefined();
});

test("a folder, or buckets and how they are reached", () => {
  expect(objectsSetting({ AIRFIELD_BUCKETS: "/srv/buckets" })).toEqual({ folder: "/srv/buckets" });
  expect(objectsSetting({ AIRFIELD_BUCKETS: "s3://one, s3://two", AIRFIELD_S3_ENDPOINT: "http://localhost:9000" })).toEqual({
    buckets: ["one", "two"],
    region: "us-east-1",
    endpoint: "http://localhost:9000",
  });
});

test.each(["buckets", "s3://one/prefix", "s3://one,two", "s3://"])("%s is refused", (text) => {
  expect(() => objectsSetting({ AIRFIELD_BUCKETS: text })).toThrow("neither a folder nor a bucket");
});
