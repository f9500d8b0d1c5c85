import { setTimeout as pause } from "node:timers/promises";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import {
  CreatePrivateDnsNamespaceCommand,
  CreateServiceCommand as CreateDiscoveryServiceCommand,
  GetOperationCommand,
  ServiceDiscoveryClient,
} from "@aws-sdk/client-servicediscovery";
import { expect, test } from "vitest";
import { compareKeys } from "../../src/services/pagination.ts";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";
import { ensureExecutionRole } from "../../src/testing/roles.ts";

/** A task that tells its host name, and whose shell is a client in the VPC. */
const SERVER = 'hostname > /www/index.html; httpd -p 8080 -h /www; trap "exit 0" TERM; sleep 2147483647 & wait';

async function run(command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(command, args, process.env);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

test("tasks find each other by the names of their services, as long as they run", { timeout: 120_000 }, async () => {
  const images: string[] = [];
  // After the containers that have them.
  await using _removal = {
    async [Symbol.asyncDispose]() {
      for (const one of images) await removeImage(one);
    },
  };
  await using airfield = await airfieldProcess();
  const local = `airfield-test-${airfield.port}/named:1`;
  await buildImage({ name: local, files: { "www/index.html": "" }, instructions: [`CMD ${JSON.stringify(["sh", "-c", SERVER])}`] });
  await airfield.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "named" }));
  const image = await pushImage(airfield, local, "named", "1");
  images.push(local, image);
  const { Subnets = [] } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());

  const names = airfield.client(ServiceDiscoveryClient);
  const made = await names.send(new CreatePrivateDnsNamespaceCommand({ Name: "svc.local", Vpc: Subnets[0]?.VpcId }));
  const { Operation } = await names.send(new GetOperationCommand({ OperationId: made.OperationId }));
  const { Service } = await names.send(
    new CreateDiscoveryServiceCommand({
      ...{ Name: "backend", NamespaceId: Operation?.Targets?.NAMESPACE, HealthCheckCustomConfig: { FailureThreshold: 1 } },
      DnsConfig: { DnsRecords: [{ Type: "A", TTL: 1 }] },
    }),
  );

  const ecs = airfield.client(ECSClient);
  await ecs.send(new CreateClusterCommand({ clusterName: "named" }));
  const executionRoleArn = await ensureExecutionRole(airfield);
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...{ family: "named", networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"], cpu: "256", memory: "512", executionRoleArn },
      containerDefinitions: [{ name: "web", image, essential: true, portMappings: [{ containerPort: 8080 }], stopTimeout: 5 }],
    }),
  );
  await ecs.send(
    new CreateServiceCommand({
      ...{ cluster: "named", serviceName: "backend", taskDefinition: "named", desiredCount: 2, launchType: "FARGATE" },
      networkConfiguration: { awsvpcConfiguration: { subnets: [Subnets[0]?.SubnetId ?? ""] } },
      serviceRegistries: [{ registryArn: Service?.Arn }],
    }),
  );
  const settled = async (): Promise<void> => {
    for (;;) {
      const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster: "named", services: ["backend"] }));
      if (services[0]?.runningCount === services[0]?.desiredCount) return;
      // DescribeServices is all that a client has to look at.
      await pause(50);
    }
  };
  await settled();

  // Of the tasks that are to run: the engine also tells of those that are just leaving.
  const containers = async (): Promise<readonly string[]> => {
    const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: "named", serviceName: "backend", desiredStatus: "RUNNING" }));
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: "named", tasks: taskArns }));
    return tasks.flatMap((task) => task.containers?.flatMap(({ runtimeId }) => runtimeId ?? []) ?? []);
  };
  const [first = ""] = await containers();
  const inTask = (container: string, ...args: readonly string[]): Promise<string> => run("docker", "exec", container, ...args);
  const resolved = async (container: string): Promise<readonly string[]> => {
    const told = await inTask(container, "nslookup", "-type=a", "backend.svc.local");
    return [...told.matchAll(/^Address: ([\d.]+)$/gm)].map(([, address = ""]) => address).toSorted(compareKeys);
  };
  const both = await resolved(first);
  expect(both).toHaveLength(2);
  const { stdout } = await airfield.aws("servicediscovery", "list-instances", "--service-id", Service?.Id ?? "");
  const listed = JSON.parse(stdout) as { Instances: { Attributes: Record<string, string> }[] };
  expect(listed.Instances.map(({ Attributes }) => Attributes["AWS_INSTANCE_IPV4"] ?? "").toSorted(compareKeys)).toEqual(both);
  const discovered = await airfield.run("aws", [
    "servicediscovery",
    "discover-instances",
    "--namespace-name",
    "svc.local",
    "--service-name",
    "backend",
  ]);
  expect([discovered.stderr, discovered.stdout.match(/"HealthStatus": "HEALTHY"/g)?.length]).toEqual(["", 2]);
  expect(await inTask(first, "wget", "-qO-", "http://backend.svc.local:8080/")).not.toBe("");

  await ecs.send(new UpdateServiceCommand({ cluster: "named", service: "backend", desiredCount: 1 }));
  await settled();
  const [left = ""] = await containers();
  expect(await resolved(left)).toHaveLength(1);
  // Outside of the VPC there is no such name.
  const { code } = await runCommand("docker", ["run", "--rm", local, "nslookup", "backend.svc.local"], process.env);
  expect(code).not.toBe(0);
});
