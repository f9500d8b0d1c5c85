import {
  CreateServiceLinkedRoleCommand,
  CreateRoleCommand,
  AttachRolePolicyCommand,
  GetPolicyVersionCommand,
  IAMClient,
  ListPoliciesCommand,
} from "@aws-sdk/client-iam";
import { CreateClusterCommand, ECSClient } from "@aws-sdk/client-ecs";
import { DescribeRegionsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { AssumeRoleCommand, GetCallerIdentityCommand, GetFederationTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { describe, expect, test } from "vitest";
import { apiWorld } from "../../testing/api-world.ts";

const ACCOUNT = "123456789012";
const EVERYBODY = JSON.stringify({ Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] });

describe.each([
  ["us-east-1", "aws", "amazonaws.com"],
  ["cn-north-1", "aws-cn", "amazonaws.com.cn"],
  ["us-gov-west-1", "aws-us-gov", "amazonaws.com"],
])("in %s, everything is of the partition %s", (region, partition, dnsSuffix) => {
  test("who asks, roles and their sessions, federated users", async () => {
    await using api = await apiWorld();
    const [iam, sts] = [api.client(IAMClient, region), api.client(STSClient, region)];
    expect((await sts.send(new GetCallerIdentityCommand({}))).Arn).toBe(`arn:${partition}:iam::${ACCOUNT}:root`);
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "app", AssumeRolePolicyDocument: EVERYBODY }));
    expect(Role?.Arn).toBe(`arn:${partition}:iam::${ACCOUNT}:role/app`);
    const keys = api.user("bob", { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });
    const assume = new AssumeRoleCommand({ RoleArn: Role!.Arn!, RoleSessionName: "session" });
    const { AssumedRoleUser } = await api.client(STSClient, region, keys).send(assume);
    expect(AssumedRoleUser?.Arn).toBe(`arn:${partition}:sts::${ACCOUNT}:assumed-role/app/session`);
    const { FederatedUser } = await sts.send(new GetFederationTokenCommand({ Name: "guest" }));
    expect(FederatedUser?.Arn).toBe(`arn:${partition}:sts::${ACCOUNT}:federated-user/guest`);
    expect(api.defects).toEqual([]);
  });

  test("AWS's policies, which can be attached, and their documents", async () => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient, region);
    const { Policies } = await iam.send(new ListPoliciesCommand({ Scope: "AWS", MaxItems: 1000 }));
    expect(new Set(Policies?.map(({ Arn }) => Arn?.split("policy/")[0]))).toEqual(new Set([`arn:${partition}:iam::aws:`]));
    const PolicyArn = `arn:${partition}:iam::aws:policy/AmazonECS_FullAccess`;
    await iam.send(new CreateRoleCommand({ RoleName: "app", AssumeRolePolicyDocument: EVERYBODY }));
    await iam.send(new AttachRolePolicyCommand({ RoleName: "app", PolicyArn }));
    const VersionId = Policies!.find(({ Arn }) => Arn === PolicyArn)!.DefaultVersionId!;
    const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }));
    const arns = decodeURIComponent(PolicyVersion!.Document!).match(/arn:[a-z-]+:/g);
    expect(new Set(arns)).toEqual(new Set([`arn:${partition}:`]));
  });

  test("service-linked roles, clusters, and the regions that there are", async () => {
    await using api = await apiWorld();
    const { cluster } = await api.client(ECSClient, region).send(new CreateClusterCommand({ clusterName: "c" }));
    expect(cluster?.clusterArn).toBe(`arn:${partition}:ecs:${region}:${ACCOUNT}:cluster/c`);
    const linked = new CreateServiceLinkedRoleCommand({ AWSServiceName: "elasticloadbalancing.amazonaws.com" });
    expect((await api.client(IAMClient, region).send(linked)).Role?.Arn).toMatch(`arn:${partition}:iam::${ACCOUNT}:role/aws-service-role/`);
    const { Regions = [] } = await api.client(EC2Client, region).send(new DescribeRegionsCommand({}));
    expect(Regions).toContainEqual(expect.objectContaining({ RegionName: region, Endpoint: `ec2.${region}.${dnsSuffix}` }));
    expect(Regions.some(({ RegionName }) => RegionName === "eu-west-1")).toBe(partition === "aws");
  });
});
