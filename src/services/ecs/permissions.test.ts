import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  ListServicesByNamespaceCommand,
  ListServicesCommand,
  ListTasksCommand,
  PutAccountSettingCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { permissionWorld, type Grant } from "../../testing/permission-world.ts";

const ecs = (resource: string): string => `arn:aws:ecs:us-east-1:123456789012:${resource}`;
const PROD = ecs("cluster/prod");
const TASK_ROLE = "arn:aws:iam::123456789012:role/task";
const EXECUTION_ROLE = "arn:aws:iam::123456789012:role/execution";
const container = { name: "web", image: "nginx", memory: 64, privileged: false };

/** Cluster `prod` with the service `web`, tagged `team=red`; the definition `web:1` has a task role and an execution role. */
async function ecsPermissions() {
  const world = await permissionWorld(ECSClient);
  const { root } = world;
  await root.send(new CreateClusterCommand({ clusterName: "prod" }));
  await root.send(new CreateClusterCommand({ clusterName: "dev" }));
  const definition = { family: "web", networkMode: "bridge", containerDefinitions: [container] } as const;
  await root.send(
    new RegisterTaskDefinitionCommand({
      ...definition,
      containerDefinitions: [container],
      taskRoleArn: TASK_ROLE,
      executionRoleArn: EXECUTION_ROLE,
    }),
  );
  await root.send(new RegisterTaskDefinitionCommand({ family: "plain", containerDefinitions: [container] }));
  await root.send(
    new CreateServiceCommand({
      cluster: "prod",
      serviceName: "web",
      taskDefinition: "plain",
      desiredCount: 0,
      tags: [{ key: "team", value: "red" }],
    }),
  );
  return world;
}

type Commands =
  | CreateServiceCommand
  | RunTaskCommand
  | UpdateServiceCommand
  | DescribeServicesCommand
  | RegisterTaskDefinitionCommand
  | ListServicesByNamespaceCommand
  | ListServicesCommand;

async function verdict(command: unknown, ...grants: readonly Grant[]): Promise<string> {
  await using world = await ecsPermissions();
  const outcome = await world.verdict(world.as(...grants) as never, command as Commands);
  expect(world.api.defects).toEqual([]);
  return outcome;
}

const passing = (role = "*"): Grant => ({
  Action: "iam:PassRole",
  Resource: role,
  Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
});
const when = (key: string, value: string, Action: string | string[], Resource = "*", operator = "StringEquals"): Grant => ({
  Action,
  Resource,
  Condition: { [operator]: { [key]: value } },
});
const service = (more: object = {}) =>
  new CreateServiceCommand({ cluster: "prod", serviceName: "api", taskDefinition: "plain", desiredCount: 0, ...more });
const register = (more: object = {}) => new RegisterTaskDefinitionCommand({ family: "web", containerDefinitions: [container], ...more });
const run = (more: object = {}) => new RunTaskCommand({ cluster: "prod", taskDefinition: "plain", ...more });
const TAGS = [{ key: "team", value: "red" }];
const deployments = new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [ecs("service-deployment/prod/web/x")] });

test.each<[string, unknown, Grant[]]>([
  [
    "a service by its ARN",
    new DescribeServicesCommand({ cluster: "prod", services: ["web"] }),
    [{ Action: "ecs:DescribeServices", Resource: ecs("service/prod/web") }],
  ],
  [
    "services of one cluster",
    new UpdateServiceCommand({ cluster: "prod", service: "web", desiredCount: 1 }),
    [when("ecs:cluster", PROD, "ecs:UpdateService", "*", "ArnEquals")],
  ],
  [
    "services with a tag",
    new UpdateServiceCommand({ cluster: "prod", service: "web", desiredCount: 1 }),
    [when("aws:ResourceTag/team", "red", "ecs:UpdateService")],
  ],
  [
    "services with a tag, by ECS's own key",
    new UpdateServiceCommand({ cluster: "prod", service: "web", desiredCount: 1 }),
    [when("ecs:ResourceTag/team", "red", "ecs:UpdateService")],
  ],
  ["lists in a cluster", new ListServicesCommand({ cluster: "prod" }), [when("ecs:cluster", PROD, "ecs:ListServices", "*", "ArnEquals")]],
  [
    "tasks of a cluster",
    new ListTasksCommand({ cluster: "prod" }),
    [{ Action: "ecs:ListTasks", Resource: ecs("container-instance/prod/*") }],
  ],
  ["a run of the newest revision", run(), [{ Action: "ecs:RunTask", Resource: ecs("task-definition/plain:1") }]],
  [
    "a run of any revision of a family",
    run({ taskDefinition: "plain:1" }),
    [{ Action: "ecs:RunTask", Resource: ecs("task-definition/plain:*") }],
  ],
  ["a run without exec", run(), [when("ecs:enable-execute-command", "false", "ecs:RunTask")]],
  [
    "a run whose roles it may pass",
    run({ taskDefinition: "web" }),
    [{ Action: "ecs:RunTask", Resource: "*" }, passing(TASK_ROLE), passing(EXECUTION_ROLE)],
  ],
  [
    "a run with other roles that it may pass",
    run({ taskDefinition: "web", overrides: { taskRoleArn: "other", executionRoleArn: "other" } }),
    [{ Action: "ecs:RunTask", Resource: "*" }, passing("arn:aws:iam::123456789012:role/other")],
  ],
  [
    "a run with tags",
    run({ tags: TAGS }),
    [{ Action: "ecs:RunTask", Resource: "*" }, when("ecs:CreateAction", "RunTask", "ecs:TagResource", ecs("task/prod/*"))],
  ],
  [
    "a registration with roles",
    register({ taskRoleArn: TASK_ROLE, executionRoleArn: "execution" }),
    [{ Action: "ecs:RegisterTaskDefinition", Resource: ecs("task-definition/web:*") }, passing(TASK_ROLE), passing(EXECUTION_ROLE)],
  ],
  [
    "a registration of a size",
    register({ cpu: "1 vCPU", memory: "2GB", networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"] }),
    [
      {
        Action: "ecs:RegisterTaskDefinition",
        Resource: "*",
        Condition: {
          NumericLessThanEquals: { "ecs:task-cpu": "1024", "ecs:task-memory": "2048" },
          "ForAllValues:StringEquals": { "ecs:compute-compatibility": "FARGATE" },
          StringEquals: { "ecs:privileged": "false" },
        },
      },
    ],
  ],
  [
    "a service of one definition",
    service(),
    [when("ecs:task-definition", ecs("task-definition/plain:1"), "ecs:CreateService", ecs("service/prod/*"), "ArnEquals")],
  ],
  [
    "a service with the tags that it must have",
    service({ tags: TAGS }),
    [
      when("aws:RequestTag/team", "red", "ecs:CreateService"),
      when("ecs:CreateAction", "CreateService", "ecs:TagResource", ecs("service/prod/api")),
    ],
  ],
  [
    "a service on a capacity provider",
    service({ capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT" }] }),
    [when("ecs:capacity-provider", ecs("capacity-provider/FARGATE_SPOT"), "ecs:CreateService", "*", "ForAllValues:ArnEquals")],
  ],
  [
    "a service in a subnet, without an address of its own",
    service({ networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-1"] } } }),
    [
      {
        Action: "ecs:CreateService",
        Resource: "*",
        Condition: {
          "ForAllValues:StringEquals": { "ecs:subnet": "subnet-1" },
          Bool: { "ecs:auto-assign-public-ip": "false" },
        },
      },
    ],
  ],
  [
    "a definition whose roles it may pass",
    new UpdateServiceCommand({ cluster: "prod", service: "web", taskDefinition: "web" }),
    [{ Action: "ecs:UpdateService", Resource: "*" }, passing()],
  ],
  [
    "tags within what is allowed",
    new TagResourceCommand({ resourceArn: PROD, tags: TAGS }),
    [when("aws:TagKeys", "team", "ecs:TagResource", PROD, "ForAllValues:StringEquals")],
  ],
  [
    "an account setting",
    new PutAccountSettingCommand({ name: "containerInsights", value: "enabled" }),
    [when("ecs:account-setting", "containerInsights", "ecs:PutAccountSetting")],
  ],
  [
    "deployments and their services",
    deployments,
    [{ Action: "ecs:DescribeServiceDeployments", Resource: [ecs("service/prod/web"), ecs("service-deployment/prod/web/*")] }],
  ],
])("who may have %s has it", async (_what, command, grants) => {
  expect(await verdict(command, ...grants)).toBe("allowed");
});

test.each<[string, unknown, string, Grant[]]>([
  [
    "another service",
    new DescribeServicesCommand({ cluster: "prod", services: ["web"] }),
    `ecs:DescribeServices on resource: ${ecs("service/prod/web")}`,
    [{ Action: "ecs:DescribeServices", Resource: ecs("service/prod/api") }],
  ],
  [
    "one of two services",
    new DescribeServicesCommand({ cluster: "prod", services: ["api", "web"] }),
    `ecs:DescribeServices on resource: ${ecs("service/prod/web")}`,
    [{ Action: "ecs:DescribeServices", Resource: ecs("service/prod/api") }],
  ],
  [
    "another cluster",
    new UpdateServiceCommand({ cluster: "dev", service: "web" }),
    "ecs:UpdateService",
    [when("ecs:cluster", PROD, "ecs:UpdateService", "*", "ArnEquals")],
  ],
  [
    "a list in another cluster",
    new ListServicesCommand({}),
    "ecs:ListServices on resource: *",
    [when("ecs:cluster", PROD, "ecs:ListServices", "*", "ArnEquals")],
  ],
  [
    "a list of another namespace",
    new ListServicesByNamespaceCommand({ namespace: "shop" }),
    "ecs:ListServicesByNamespace on resource: *",
    [when("ecs:namespace", "other", "ecs:ListServicesByNamespace")],
  ],
  [
    "services with another tag",
    new UpdateServiceCommand({ cluster: "prod", service: "web" }),
    "ecs:UpdateService",
    [when("aws:ResourceTag/team", "blue", "ecs:UpdateService")],
  ],
  [
    "a run of another definition",
    run(),
    `ecs:RunTask on resource: ${ecs("task-definition/plain:1")}`,
    [{ Action: "ecs:RunTask", Resource: ecs("task-definition/web:*") }],
  ],
  [
    "a run of a family that is not there",
    run({ taskDefinition: "none" }),
    `ecs:RunTask on resource: ${ecs("task-definition/none:*")}`,
    [{ Action: "ecs:RunTask", Resource: ecs("task-definition/web:*") }],
  ],
  ["a run with exec", run({ enableExecuteCommand: true }), "ecs:RunTask", [when("ecs:enable-execute-command", "false", "ecs:RunTask")]],
  [
    "a run whose execution role it may not pass",
    run({ taskDefinition: "web" }),
    `iam:PassRole on resource: ${EXECUTION_ROLE}`,
    [{ Action: "ecs:RunTask", Resource: "*" }, passing(TASK_ROLE)],
  ],
  [
    "a role for another service",
    run({ taskDefinition: "web" }),
    `iam:PassRole on resource: ${TASK_ROLE}`,
    [{ Action: "ecs:RunTask", Resource: "*" }, when("iam:PassedToService", "ec2.amazonaws.com", "iam:PassRole")],
  ],
  [
    "an override that would leave a role away by being empty",
    run({ taskDefinition: "web", overrides: { executionRoleArn: "", taskRoleArn: "" } }),
    `iam:PassRole on resource: ${TASK_ROLE}`,
    [{ Action: "ecs:RunTask", Resource: "*" }, passing(EXECUTION_ROLE)],
  ],
  [
    "a run with tags, without leave to tag",
    run({ tags: TAGS }),
    `ecs:TagResource on resource: ${ecs("task/prod/*")}`,
    [{ Action: "ecs:RunTask", Resource: "*" }, when("ecs:CreateAction", "CreateService", "ecs:TagResource")],
  ],
  [
    "a registration with a role",
    register({ taskRoleArn: TASK_ROLE }),
    `iam:PassRole on resource: ${TASK_ROLE}`,
    [{ Action: "ecs:RegisterTaskDefinition", Resource: "*" }],
  ],
  [
    "a privileged container",
    register({ containerDefinitions: [{ ...container, privileged: true }] }),
    "ecs:RegisterTaskDefinition",
    [when("ecs:privileged", "false", "ecs:RegisterTaskDefinition")],
  ],
  [
    "a service without the tags that it must have",
    service(),
    "ecs:CreateService",
    [when("aws:RequestTag/team", "red", "ecs:CreateService")],
  ],
  [
    "a service with a role for load balancers",
    service({ role: "elb" }),
    "iam:PassRole on resource: arn:aws:iam::123456789012:role/elb",
    [{ Action: "ecs:CreateService", Resource: "*" }, passing()],
  ],
  [
    "a definition with roles",
    new UpdateServiceCommand({ cluster: "prod", service: "web", taskDefinition: "web" }),
    "iam:PassRole",
    [{ Action: "ecs:UpdateService", Resource: "*" }],
  ],
  [
    "a task of another cluster",
    new StopTaskCommand({ cluster: "dev", task: "0123" }),
    `ecs:StopTask on resource: ${ecs("task/dev/0123")}`,
    [when("ecs:cluster", PROD, "ecs:StopTask", "*", "ArnEquals")],
  ],
  [
    "other tags",
    new UntagResourceCommand({ resourceArn: PROD, tagKeys: ["owner"] }),
    "ecs:UntagResource",
    [when("aws:TagKeys", "team", "ecs:UntagResource", PROD, "ForAllValues:StringEquals")],
  ],
  [
    "deployments of a service that it may not see",
    deployments,
    `on resource: ${ecs("service/prod/web")}`,
    [{ Action: "ecs:DescribeServiceDeployments", Resource: ecs("service-deployment/prod/web/*") }],
  ],
  [
    "the deployments of another service",
    new ListServiceDeploymentsCommand({ cluster: "prod", service: "web" }),
    "ecs:ListServiceDeployments",
    [{ Action: "ecs:ListServiceDeployments", Resource: ecs("service/prod/api") }],
  ],
  [
    "one definition, since definitions are described as a whole",
    new DescribeTaskDefinitionCommand({ taskDefinition: "web" }),
    "ecs:DescribeTaskDefinition on resource: *",
    [{ Action: "ecs:DescribeTaskDefinition", Resource: ecs("task-definition/web:*") }],
  ],
])("who may not have %s is refused", async (_what, command, text, grants) => {
  expect(await verdict(command, ...grants)).toContain(text);
});
