import {
  CloudWatchLogsClient,
  DeleteResourcePolicyCommand,
  DescribeResourcePoliciesCommand,
  PutResourcePolicyCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { expect, test } from "vitest";
import { mayWriteLogs } from "../../authorization/log-writers.ts";
import { apiWorld, FOREIGN_KEYS, type ApiWorld, type Keys } from "../../testing/api-world.ts";

const ACCOUNT = "123456789012";
const GROUP = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/dns/*`;
const statement = (more: object = {}) => ({
  ...{ Effect: "Allow", Principal: { Service: "route53.amazonaws.com" }, Resource: GROUP },
  ...{ Action: ["logs:CreateLogStream", "logs:PutLogEvents"], ...more },
});
const policy = (...Statement: object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });
const put = (api: ApiWorld, policyName: string, policyDocument: string) =>
  api.client(CloudWatchLogsClient).send(new PutResourcePolicyCommand({ policyName, policyDocument }));
const listed = async (api: ApiWorld, keys?: Keys): Promise<unknown> => {
  const client = api.client(CloudWatchLogsClient, "us-east-1", keys);
  const { resourcePolicies = [] } = await client.send(new DescribeResourcePoliciesCommand({}));
  return resourcePolicies.map(({ policyName, policyDocument }) => [policyName, policyDocument]);
};
function may(
  api: ApiWorld,
  { group = "/dns/a", service = "route53.amazonaws.com", sourceAccount = ACCOUNT, region = "us-east-1" } = {},
): boolean {
  const caller = { service, sourceAccount, sourceArn: "arn:aws:route53:::hostedzone/Z1" };
  return mayWriteLogs(api.state, { account: ACCOUNT, region, group, stream: "Z1/LOCAL" }, caller, api.platform.clock.now());
}

test("a service writes logs where the policies of the account say so, all together", async () => {
  await using api = await apiWorld();
  expect(may(api)).toBe(false);
  await put(api, "one", policy(statement({ Action: "logs:PutLogEvents" })));
  expect(may(api)).toBe(false);
  await put(
    api,
    "two",
    policy(statement({ Action: "logs:CreateLogStream", Condition: { StringEquals: { "aws:SourceAccount": ACCOUNT } } })),
  );
  expect(may(api)).toBe(true);
  for (const other of [{ group: "/other" }, { service: "es.amazonaws.com" }, { sourceAccount: "210987654321" }, { region: "eu-west-1" }])
    expect([other, may(api, other)]).toEqual([other, false]);
  await put(api, "three", policy(statement({ Effect: "Deny", Principal: "*" })));
  expect(may(api)).toBe(false);
});

test("policies are listed by name, put again in place, deleted, and each account's own", async () => {
  await using api = await apiWorld();
  const client = api.client(CloudWatchLogsClient);
  await put(api, "b", policy(statement()));
  await put(api, "a", policy(statement()));
  const again = await put(api, "a", policy(statement({ Resource: "*" })));
  expect(again.resourcePolicy).toMatchObject({ policyName: "a", lastUpdatedTime: expect.any(Number) as number });
  expect(await listed(api)).toEqual([
    ["a", policy(statement({ Resource: "*" }))],
    ["b", policy(statement())],
  ]);
  expect(await listed(api, FOREIGN_KEYS)).toEqual([]);
  await client.send(new DeleteResourcePolicyCommand({ policyName: "a" }));
  await expect(client.send(new DeleteResourcePolicyCommand({ policyName: "a" }))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
  const ofGroup = new DescribeResourcePoliciesCommand({ policyScope: "RESOURCE" });
  expect((await client.send(ofGroup)).resourcePolicies).toEqual([]);
});

test.each<[string, string]>([
  ["no JSON", "{"],
  ["no statement", JSON.stringify({ Version: "2012-10-17" })],
  ["no principal", policy(statement({ Principal: undefined }))],
  ["a principal that is no service", policy(statement({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }))],
  ["no resource", policy(statement({ Resource: undefined }))],
])("a policy with %s is refused", async (_what, document) => {
  await using api = await apiWorld();
  await expect(put(api, "a", document)).rejects.toMatchObject({ name: "InvalidParameterException" });
  expect(await listed(api)).toEqual([]);
});

test("there are ten at most, and none of a group alone", async () => {
  await using api = await apiWorld();
  for (let at = 0; at < 10; at += 1) await put(api, `policy-${at}`, policy(statement()));
  await expect(put(api, "more", policy(statement()))).rejects.toMatchObject({ name: "LimitExceededException" });
  await put(api, "policy-0", policy(statement({ Resource: "*" })));
  const ofGroup = new PutResourcePolicyCommand({ policyName: "a", policyDocument: policy(statement()), resourceArn: GROUP });
  await expect(api.client(CloudWatchLogsClient).send(ofGroup)).rejects.toThrow("resourceArn is refused");
});
