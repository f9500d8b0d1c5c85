import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, test } from "vitest";
import { NoSuchLogBucketError, type LogBuckets } from "../../ports/log-buckets.ts";
import { apiWorld } from "../../testing/api-world.ts";
import { stack } from "../../testing/load-balancer-stack.ts";

const ON = { "access_logs.s3.enabled": "true", "access_logs.s3.bucket": "logs" };

async function world(logBuckets?: LogBuckets) {
  const api = await apiWorld(logBuckets ? { logBuckets } : {});
  const { balancer: LoadBalancerArn } = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  const set = (attributes: Readonly<Record<string, string>>) => {
    const Attributes = Object.entries(attributes).map(([Key, Value]) => ({ Key, Value }));
    return client.send(new elb.ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
  };
  return { set, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

function buckets() {
  const keys: string[] = [];
  const write: LogBuckets["write"] = async (bucket, key) => {
    if (bucket !== "logs") throw new NoSuchLogBucketError("none");
    keys.push(key);
  };
  return { keys, write };
}

test("access logs are switched on where the bucket takes a first file, which tells whose they are", async () => {
  const there = buckets();
  await using at = await world(there);
  const { Attributes } = await at.set({ ...ON, "access_logs.s3.prefix": "a/b" });
  expect(Attributes).toContainEqual({ Key: "access_logs.s3.enabled", Value: "true" });
  expect(there.keys).toEqual(["a/b/AWSLogs/123456789012/ELBAccessLogTestFile"]);
  // Nothing about logs changes: nothing is written.
  await at.set({ "idle_timeout.timeout_seconds": "30" });
  expect(there.keys).toHaveLength(1);
  await at.set({ "access_logs.s3.prefix": "" });
  expect(there.keys).toHaveLength(2);
});

test("connection logs are switched on by themselves, and a network load balancer's access logs", async () => {
  const there = buckets();
  await using api = await apiWorld({ logBuckets: there });
  const { balancer, net } = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  const set = (LoadBalancerArn: string | undefined, attributes: Readonly<Record<string, string>>) =>
    client.send(
      new elb.ModifyLoadBalancerAttributesCommand({
        LoadBalancerArn,
        Attributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })),
      }),
    );
  const connections = { "connection_logs.s3.enabled": "true", "connection_logs.s3.bucket": "logs" };
  await set(balancer, { ...connections, "connection_logs.s3.prefix": "c" });
  expect(there.keys).toEqual(["c/AWSLogs/123456789012/ELBConnectionLogTestFile"]);
  await expect(set(balancer, { "connection_logs.s3.bucket": "" })).rejects.toThrow("'connection_logs.s3.bucket' cannot be empty");
  const { LoadBalancers } = await client.send(
    new elb.CreateLoadBalancerCommand({ Name: "db", Type: "network", Subnets: [net.subnets[0]] }),
  );
  await set(LoadBalancers?.[0]?.LoadBalancerArn, ON);
  expect(there.keys.at(-1)).toBe("AWSLogs/123456789012/ELBAccessLogTestFile");
  await expect(set(LoadBalancers?.[0]?.LoadBalancerArn, connections)).rejects.toThrow("'connection_logs.s3.enabled' is not recognized");
});

describe("access logs are refused", () => {
  const access = "InvalidConfigurationRequestException";
  test.each([
    [
      "a bucket that is not there",
      { "access_logs.s3.bucket": "other" },
      access,
      "Access Denied for bucket: other. Please check S3bucket permission",
    ],
    ["no bucket", { "access_logs.s3.bucket": "" }, "ValidationError", "'access_logs.s3.bucket' cannot be empty"],
    ["a prefix of AWS's own", { "access_logs.s3.prefix": "x/AWSLogs" }, "ValidationError", "cannot contain 'AWSLogs'"],
    ["a prefix that leads out", { "access_logs.s3.prefix": "../x" }, "ValidationError", "is not valid"],
    ["a prefix that ends with a slash", { "access_logs.s3.prefix": "x/" }, "ValidationError", "is not valid"],
  ])("%s", async (_, changes, name, message) => {
    await using at = await world(buckets());
    await expect(at.set({ ...ON, ...changes })).rejects.toMatchObject({ name, message: expect.stringContaining(message) as string });
  });

  test("where the operator has named no buckets", async () => {
    await using at = await world();
    await expect(at.set(ON)).rejects.toMatchObject({ name: access, message: expect.stringContaining("AIRFIELD_LOG_BUCKETS") as string });
  });
});
