import {
  DeleteResourcePolicyCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetResourcePoliciesCommand,
  PutParameterCommand,
  PutResourcePolicyCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { apiWorld, FOREIGN_ACCOUNT, FOREIGN_KEYS } from "../../testing/api-world.ts";

const ARN = "arn:aws:ssm:us-east-1:123456789012:parameter/shared/url";
const sharedWith = (principal: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { AWS: principal }, Action: ["ssm:GetParameter", "ssm:DescribeParameters"], Resource: ARN }],
  });

async function sharingWorld() {
  const api = await apiWorld();
  const client = api.client(SSMClient);
  const foreign = api.client(SSMClient, "us-east-1", FOREIGN_KEYS);
  await client.send(new PutParameterCommand({ Name: "/shared/url", Value: "http://x", Type: "String", Tier: "Advanced" }));
  await client.send(new PutParameterCommand({ Name: "/standard", Value: "x", Type: "String" }));
  return {
    ...api,
    client,
    share: (input: object = {}) =>
      client.send(new PutResourcePolicyCommand({ ResourceArn: ARN, Policy: sharedWith(FOREIGN_ACCOUNT), ...input })),
    read: async () => (await foreign.send(new GetParameterCommand({ Name: ARN }))).Parameter!,
    seen: async () => (await foreign.send(new DescribeParametersCommand({ Shared: true }))).Parameters!.map((one) => one.ARN),
  };
}

test("another account reads a parameter by its ARN while a policy shares it", async () => {
  await using api = await sharingWorld();
  await expect(api.read()).rejects.toMatchObject({ name: "AccessDeniedException" });
  expect(await api.seen()).toEqual([]);
  const { PolicyId, PolicyHash } = await api.share();
  expect(await api.read()).toMatchObject({ Value: "http://x", ARN });
  expect(await api.seen()).toEqual([ARN]);
  const { Policies } = await api.client.send(new GetResourcePoliciesCommand({ ResourceArn: ARN }));
  expect(Policies).toEqual([{ PolicyId, PolicyHash, Policy: sharedWith(FOREIGN_ACCOUNT) }]);
  await api.client.send(new DeleteResourcePolicyCommand({ ResourceArn: ARN, PolicyId, PolicyHash }));
  await expect(api.read()).rejects.toMatchObject({ name: "AccessDeniedException" });
});

test("a policy is replaced by who knows its hash", async () => {
  await using api = await sharingWorld();
  const { PolicyId, PolicyHash } = await api.share();
  await expect(api.share()).rejects.toMatchObject({ name: "ResourcePolicyLimitExceededException", Limit: 1 });
  await expect(api.share({ PolicyId, PolicyHash: "0".repeat(64) })).rejects.toMatchObject({ name: "ResourcePolicyConflictException" });
  const replaced = await api.share({ PolicyId, PolicyHash, Policy: sharedWith("111122223333") });
  expect(replaced.PolicyHash).not.toBe(PolicyHash);
  await expect(api.read()).rejects.toMatchObject({ name: "AccessDeniedException" });
});

test.each([
  ["what is no policy", { Policy: "{}" }, "MalformedResourcePolicyDocumentException"],
  ["a policy that is too long", { Policy: "x".repeat(1025) }, "ResourcePolicyLimitExceededException"],
  ["a standard parameter", { ResourceArn: ARN.replace("/shared/url", "/standard") }, "ResourcePolicyInvalidParameterException"],
  ["a parameter that is none", { ResourceArn: `${ARN}2` }, "ResourceNotFoundException"],
  [
    "another kind of resource",
    { ResourceArn: "arn:aws:ssm:us-east-1:123456789012:opsitemgroup/default" },
    "ResourcePolicyInvalidParameterException",
  ],
  ["the id of no policy", { PolicyId: "11111111-1111-1111-1111-111111111111" }, "ResourcePolicyNotFoundException"],
])("sharing refuses %s", async (_what, input, name) => {
  await using api = await sharingWorld();
  await expect(api.share(input)).rejects.toMatchObject({ name });
});
