import { describe, expect, test } from "vitest";
import { arn, parseArn } from "./arn.ts";

describe("an ARN is read", () => {
  test.each([
    ["of a region", "arn:aws:ecs:us-east-1:123456789012:cluster/shop", { service: "ecs", region: "us-east-1", resource: "cluster/shop" }],
    ["of a global service", "arn:aws:iam::123456789012:role/a/b", { service: "iam", region: "", resource: "role/a/b" }],
    ["of AWS's own", "arn:aws:iam::aws:policy/Any", { account: "aws" }],
    ["of a bucket", "arn:aws:s3:::bucket/key", { account: "", resource: "bucket/key" }],
    ["of China", "arn:aws-cn:ecs:cn-north-1:123456789012:cluster/a", { partition: "aws-cn" }],
    ["with colons in its resource", "arn:aws:logs:us-east-1:123456789012:log-group:/a:*", { resource: "log-group:/a:*" }],
  ])("%s", (_, text, expected) => {
    expect(parseArn(text)).toMatchObject(expected);
  });
});

describe("what is nearly an ARN is none", () => {
  test.each([
    "arn:x/AdminTask",
    "arn:aws:iam::123456789012:",
    "arn:aws:iam:123456789012:role/a",
    "ARN:aws:iam::123456789012:role/a",
    " arn:aws:iam::123456789012:role/a",
    "arn:aws:iam::123456789012:role/a ",
    "arn:aws:iam::123456789012:role/a\n",
    "arn:aws:iam::123456789012:role/\u0000a",
    "arn:other:iam::123456789012:role/a",
    "arn:aws:iam::12345678901:role/a",
    "arn:aws:iam::*:role/a",
    "arn:aws:ecs:nowhere:123456789012:cluster/a",
    "arn:aws:ecs:cn-north-1:123456789012:cluster/a",
    "arn:aws-cn:ecs:us-east-1:123456789012:cluster/a",
    "arn:aws:e s:us-east-1:123456789012:cluster/a",
    "arn:aws::us-east-1:123456789012:cluster/a",
    "",
  ])("%j", (text) => {
    expect(parseArn(text)).toBeUndefined();
  });
});

test("what is built is read", () => {
  const text = arn("ecs", { account: "123456789012", region: "us-gov-west-1" }, "cluster/a");
  expect(parseArn(text)).toEqual({
    partition: "aws-us-gov",
    service: "ecs",
    region: "us-gov-west-1",
    account: "123456789012",
    resource: "cluster/a",
  });
});
