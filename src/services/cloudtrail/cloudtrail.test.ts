import { CloudTrailClient, LookupEventsCommand, paginateLookupEvents, type LookupEventsCommandInput } from "@aws-sdk/client-cloudtrail";
import { CreateClusterCommand, DescribeClustersCommand, ECSClient } from "@aws-sdk/client-ecs";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { CreateRoleCommand, GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../drivers/system/clock.ts";
import { apiWorld, FOREIGN_KEYS, TEST_KEYS, type ApiWorld } from "../../testing/api-world.ts";

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

async function names(
  api: ApiWorld,
  input: LookupEventsCommandInput = {},
  client = api.client(CloudTrailClient),
): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { Events = [] } of paginateLookupEvents({ client, pageSize: 2 }, input))
    found.push(...Events.map(({ EventName = "" }) => EventName));
  return found.filter((name) => name !== "LookupEvents");
}

async function busyWorld(): Promise<ApiWorld> {
  const api = await apiWorld();
  const ecs = api.client(ECSClient);
  await ecs.send(new CreateClusterCommand({ clusterName: "shop" }));
  await ecs.send(new DescribeClustersCommand({ clusters: ["shop"] }));
  await api.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "team/shop" }));
  const iam = api.client(IAMClient);
  await iam.send(new CreateRoleCommand({ RoleName: "worker", AssumeRolePolicyDocument: TRUST }));
  await iam.send(new GetRoleCommand({ RoleName: "worker" }));
  return api;
}

describe("LookupEvents", () => {
  test("shows what happened in the account and region, the latest first, page by page", async () => {
    await using api = await busyWorld();
    expect(await names(api)).toEqual(["GetRole", "CreateRole", "CreateRepository", "DescribeClusters", "CreateCluster"]);
    expect(await names(api, {}, api.client(CloudTrailClient, "eu-west-1"))).toEqual([]);
    const foreign = new CloudTrailClient({ endpoint: api.url, region: "us-east-1", credentials: FOREIGN_KEYS });
    expect(await names(api, {}, foreign)).toEqual([]);
  });

  test("shows an event with its record", async () => {
    await using api = await busyWorld();
    const LookupAttributes = [{ AttributeKey: "EventName" as const, AttributeValue: "CreateRepository" }];
    const { Events } = await api.client(CloudTrailClient).send(new LookupEventsCommand({ LookupAttributes }));
    expect(Events).toMatchObject([
      {
        EventName: "CreateRepository",
        ReadOnly: "false",
        AccessKeyId: TEST_KEYS.accessKeyId,
        EventSource: "ecr.amazonaws.com",
        Username: "root",
        Resources: [{ ResourceType: "AWS::ECR::Repository", ResourceName: "team/shop" }],
      },
    ]);
    const record: unknown = JSON.parse(Events?.[0]?.CloudTrailEvent ?? "");
    expect(record).toMatchObject({ eventID: Events?.[0]?.EventId, requestParameters: { repositoryName: "team/shop" } });
    expect(Math.abs((Events?.[0]?.EventTime?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  test.each<[string, string, readonly string[]]>([
    ["EventName", "CreateCluster", ["CreateCluster"]],
    ["EventName", "createcluster", []],
    ["EventSource", "ecs.amazonaws.com", ["DescribeClusters", "CreateCluster"]],
    ["ReadOnly", "true", ["GetRole", "DescribeClusters"]],
    ["ReadOnly", "perhaps", []],
    ["Username", "root", ["GetRole", "CreateRole", "CreateRepository", "DescribeClusters", "CreateCluster"]],
    ["Username", "ada", []],
    ["AccessKeyId", TEST_KEYS.accessKeyId, ["GetRole", "CreateRole", "CreateRepository", "DescribeClusters", "CreateCluster"]],
    ["AccessKeyId", "AKIAOTHER", []],
    ["ResourceName", "worker", ["GetRole", "CreateRole"]],
    ["ResourceName", "team/shop", ["CreateRepository"]],
    ["ResourceName", "arn:aws:ecr:us-east-1:123456789012:repository/team/shop", ["CreateRepository"]],
    ["ResourceType", "AWS::IAM::Role", ["GetRole", "CreateRole"]],
    ["EventId", "none", []],
  ])("by %s %s", async (key, value, expected) => {
    await using api = await busyWorld();
    expect(await names(api, { LookupAttributes: [{ AttributeKey: key as never, AttributeValue: value }] })).toEqual(expected);
  });

  test("within a time", async () => {
    await using api = await busyWorld();
    const at = (ms: number): Date => new Date(Date.now() + ms);
    expect(await names(api, { EndTime: at(-60_000) })).toEqual([]);
    expect(await names(api, { StartTime: at(60_000) })).toEqual([]);
    expect(await names(api, { StartTime: at(-60_000), EndTime: at(60_000) })).toHaveLength(5);
  });

  test("forgets what is longer ago than 90 days", async () => {
    let ahead = 0;
    await using api = await apiWorld({ clock: { ...systemClock, now: () => Date.now() + ahead } });
    await api.client(ECSClient).send(new CreateClusterCommand({ clusterName: "shop" }));
    const systemClockOffset = (ahead = 91 * 86_400_000);
    const client = new CloudTrailClient({ endpoint: api.url, region: "us-east-1", credentials: TEST_KEYS, systemClockOffset });
    expect(await names(api, {}, client)).toEqual([]);
  });

  test.each<[string, object, string]>([
    ["too many results", { MaxResults: 51 }, "InvalidMaxResultsException"],
    ["no results", { MaxResults: 0 }, "InvalidMaxResultsException"],
    ["an end before the start", { StartTime: new Date(2000), EndTime: new Date(1000) }, "InvalidTimeRangeException"],
    ["a token that is none", { NextToken: "nonsense" }, "InvalidNextTokenException"],
    [
      "an attribute that is none",
      { LookupAttributes: [{ AttributeKey: "Colour", AttributeValue: "red" }] },
      "InvalidLookupAttributesException",
    ],
    ["an empty value", { LookupAttributes: [{ AttributeKey: "EventName", AttributeValue: "" }] }, "InvalidLookupAttributesException"],
    [
      "two attributes",
      { LookupAttributes: ["a", "b"].map((AttributeValue) => ({ AttributeKey: "EventName", AttributeValue })) },
      "InvalidLookupAttributesException",
    ],
    ["a category that is none", { EventCategory: "weather" }, "InvalidEventCategoryException"],
  ])("refuses %s", async (_, input, code) => {
    await using api = await apiWorld();
    await expect(api.client(CloudTrailClient).send(new LookupEventsCommand(input))).rejects.toMatchObject({ name: code });
  });

  test("a token is good for its own question only", async () => {
    await using api = await busyWorld();
    const client = api.client(CloudTrailClient);
    const { NextToken } = await client.send(new LookupEventsCommand({ MaxResults: 1 }));
    const LookupAttributes = [{ AttributeKey: "ReadOnly" as const, AttributeValue: "true" }];
    await expect(client.send(new LookupEventsCommand({ NextToken, LookupAttributes }))).rejects.toMatchObject({
      name: "InvalidNextTokenException",
    });
  });
});

test("the aws command line looks events up", async () => {
  await using api = await busyWorld();
  const { stdout, stderr } = await api.aws(
    ..."cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=CreateCluster --query Events[].Username --output text".split(
      " ",
    ),
  );
  expect({ stdout, stderr }).toEqual({ stdout: "root\n", stderr: "" });
});
