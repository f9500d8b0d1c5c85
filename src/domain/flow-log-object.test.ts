import { expect, test } from "vitest";
import { bucketAndFolder, flowLogObjectKey } from "./flow-log-object.ts";

const OBJECT = {
  ...{ account: "123456789012", region: "us-east-1", flowLogId: "fl-1", folder: "", hiveCompatible: false, perHour: false },
  ...{ endedAt: "2026-03-09T07:05:00.000Z", unique: "0a1b2c3d" },
};
const FILE = "123456789012_vpcflowlogs_us-east-1_fl-1_20260309T0705Z_0a1b2c3d.log.gz";

test.each([
  [{}, "AWSLogs/123456789012/vpcflowlogs/us-east-1/2026/03/09/"],
  [{ folder: "a/b", perHour: true }, "a/b/AWSLogs/123456789012/vpcflowlogs/us-east-1/2026/03/09/07/"],
  [{ hiveCompatible: true }, "AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region=us-east-1/year=2026/month=03/day=09/"],
])("the object of %o lies in %s", (more, folder) => {
  expect(flowLogObjectKey({ ...OBJECT, ...more })).toBe(`${folder}${FILE}`);
});

test.each([
  ["arn:aws:s3:::logs", { bucket: "logs", folder: "" }],
  ["arn:aws:s3:::logs/a/b/", { bucket: "logs", folder: "a/b" }],
  ["arn:aws:s3:::logs/../b", undefined],
  ["arn:aws:s3:::logs/a//b", undefined],
  ["arn:aws:s3:::l", undefined],
  ["logs", undefined],
])("%s names a bucket, or none", (arn, place) => {
  expect(bucketAndFolder(arn)).toEqual(place);
});
