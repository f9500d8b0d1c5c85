import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateClusterCommand, CreateServiceCommand, DeleteClusterCommand, DescribeServicesCommand, ECSClient } from "@aws-sdk/client-ecs";
import {
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  CreateServiceLinkedRoleCommand,
  DeleteServiceLinkedRoleCommand,
  GetRoleCommand,
  GetServiceLinkedRoleDeletionStatusCommand,
  IAMClient,
} from "@aws-sdk/client-iam";
import { describe, expect, test } from "vitest";
import { roleKey, roles } from "../../state/iam.ts";
import { apiWorld, type ApiWorld } from "../../testing/api-world.ts";
import { ecsWorld, type EcsWorld } from "../../testing/ecs-world.ts";

const ECS_ROLE = "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
const ELB_ROLE = "arn:aws:iam::123456789012:role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing";

const has = ({ state }: ApiWorld, arn: string): boolean =>
  state.table(roles).has(roleKey("123456789012", arn.slice(arn.lastIndexOf("/") + 1)));
const allow = (Action: string, Condition?: object) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action, Resource: "*", ...(Condition ? { Condition } : {}) }],
});
/** What AWS's own policies grant, such as AmazonECS_FullAccess. */
const makingRoleOf = (service: string) => allow("iam:CreateServiceLinkedRole", { StringLike: { "iam:AWSServiceName": service } });

describe("ECS's role", () => {
  test("is made with the first cluster, read by anybody who may, and deleted when no cluster is left", async () => {
    await using api = await apiWorld();
    const ecs = api.client(ECSClient);
    const iam = api.client(IAMClient);
    await ecs.send(new CreateClusterCommand({ clusterName: "a" }));
    await ecs.send(new CreateClusterCommand({ clusterName: "b" }));
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: "AWSServiceRoleForECS" }));
    expect(Role).toMatchObject({ Arn: ECS_ROLE, Description: "Role to enable Amazon ECS to manage your cluster." });
    const deletion = async (): Promise<string | undefined> => {
      const { DeletionTaskId } = await iam.send(new DeleteServiceLinkedRoleCommand({ RoleName: "AWSServiceRoleForECS" }));
      return (await iam.send(new GetServiceLinkedRoleDeletionStatusCommand({ DeletionTaskId }))).Status;
    };
    expect(await deletion()).toBe("FAILED");
    for (const cluster of ["a", "b"]) await ecs.send(new DeleteClusterCommand({ cluster }));
    expect(await deletion()).toBe("SUCCEEDED");
    expect(has(api, ECS_ROLE)).toBe(false);
  });

  test.each([
    ["who may not make it", [], false],
    ["who may make another service's", [makingRoleOf("elasticloadbalancing.amazonaws.com")], false],
    ["who may make it", [makingRoleOf("ecs.amazonaws.com")], true],
  ])("of a cluster by one %s: the cluster is made in any case, the role: %s", async (_who, grants, made) => {
    await using api = await apiWorld();
    const ecs = api.client(ECSClient, "us-east-1", api.user("bob", allow("ecs:CreateCluster"), ...grants));
    expect((await ecs.send(new CreateClusterCommand({}))).cluster).toMatchObject({ status: "ACTIVE" });
    expect(has(api, ECS_ROLE)).toBe(made);
  });

  test("is made with a service that needs it, and shown as the service's role", async () => {
    await using world = await withoutRole();
    await world.ecs.send(service(world));
    const { services } = await world.ecs.send(new DescribeServicesCommand({ services: ["web"] }));
    expect(services).toMatchObject([{ roleArn: ECS_ROLE }]);
    expect(has(world, ECS_ROLE)).toBe(true);
  });

  test("is missed where the caller may not make it", async () => {
    await using world = await withoutRole();
    const bob = world.client(ECSClient, "us-east-1", world.user("bob", allow("ecs:*")));
    await expect(bob.send(service(world))).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
    });
    expect((await world.ecs.send(new DescribeServicesCommand({ services: ["web"] }))).services).toEqual([]);
    // Now that somebody made it, the same call succeeds.
    await world.ecs.send(new CreateClusterCommand({ clusterName: "another" }));
    await bob.send(service(world));
  });

  test("is not needed by a service without network configuration and load balancers", async () => {
    await using world = await withoutRole();
    await world.ecs.send(new CreateServiceCommand({ serviceName: "host", taskDefinition: "host:1", desiredCount: 0 }));
    expect(has(world, ECS_ROLE)).toBe(false);
  });
});

test("who asks for a role describes it, or leaves it without a description", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const bare = await iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: "ecs.amazonaws.com" }));
  expect(bare.Role).not.toHaveProperty("Description");
  const AWSServiceName = "elasticloadbalancing.amazonaws.com";
  const described = await iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName, Description: "for the shop" }));
  expect(described.Role).toMatchObject({ Arn: ELB_ROLE, Description: "for the shop" });
});

describe("the role of load balancing", () => {
  test("is made with the first load balancer", async () => {
    await using api = await apiWorld();
    await api.client(ElasticLoadBalancingV2Client).send(await balancer(api, "web"));
    expect(has(api, ELB_ROLE)).toBe(true);
  });

  test("is asked of who makes the first load balancer, and of nobody after", async () => {
    await using api = await apiWorld();
    const bob = api.client(ElasticLoadBalancingV2Client, "us-east-1", api.user("bob", allow("elasticloadbalancing:*")));
    await expect(bob.send(await balancer(api, "web"))).rejects.toMatchObject({
      name: "AccessDenied",
      message: `User: arn:aws:iam::123456789012:user/bob is not authorized to perform: iam:CreateServiceLinkedRole on resource: ${ELB_ROLE} because no identity-based policy allows the iam:CreateServiceLinkedRole action`,
    });
    await api.client(ElasticLoadBalancingV2Client).send(await balancer(api, "first"));
    await bob.send(await balancer(api, "web"));
  });

  test.each([
    ["made with a target group", [makingRoleOf("elasticloadbalancing.amazonaws.com")], true],
    ["left out where who makes the target group may not make it", [], false],
  ])("is %s", async (_what, grants, made) => {
    await using api = await apiWorld();
    const { VpcId } = await place(api);
    const keys = api.user("bob", allow("elasticloadbalancing:*"), ...grants);
    const bob = api.client(ElasticLoadBalancingV2Client, "us-east-1", keys);
    await bob.send(new CreateTargetGroupCommand({ Name: "web", Protocol: "HTTP", Port: 80, VpcId, TargetType: "ip" }));
    expect(has(api, ELB_ROLE)).toBe(made);
  });
});

/** An account whose cluster was made by one who could not make the role. */
async function withoutRole(): Promise<EcsWorld> {
  const world = await ecsWorld();
  world.state.commit(() => void world.state.table(roles).delete(roleKey("123456789012", "AWSServiceRoleForECS")));
  return world;
}

function service({ awsvpc }: EcsWorld): CreateServiceCommand {
  const how = { launchType: "FARGATE", networkConfiguration: awsvpc, desiredCount: 0 } as const;
  return new CreateServiceCommand({ serviceName: "web", taskDefinition: "web:1", ...how });
}

async function balancer(api: ApiWorld, Name: string): Promise<CreateLoadBalancerCommand> {
  return new CreateLoadBalancerCommand({ Name, Subnets: (await place(api)).subnets });
}

async function place(api: ApiWorld): Promise<{ readonly VpcId: string; readonly subnets: string[] }> {
  const { Subnets = [] } = await api.client(EC2Client).send(new DescribeSubnetsCommand({}));
  return { VpcId: Subnets[0]!.VpcId!, subnets: Subnets.map(({ SubnetId }) => SubnetId!) };
}
