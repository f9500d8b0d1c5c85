import { setTimeout as pause } from "node:timers/promises";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  EC2Client,
  RevokeSecurityGroupIngressCommand,
} from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServicesByNamespaceCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
  type CreateServiceCommandInput,
} from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";
import { ensureExecutionRole } from "../../src/testing/roles.ts";

/** A task that tells its host name, or fails where it was told to; and whose shell is a client. */
const SERVER = 'httpd -p 8080 -h /www; httpd -p 8081 -h /www; trap "exit 0" TERM; sleep 2147483647 & wait';
const WHO = `#!/bin/sh
if [ -e /broken ]; then printf 'HTTP/1.0 500 Broken\\r\\nContent-Length: 0\\r\\n\\r\\n'; exit; fi
printf 'Content-Type: text/plain\\r\\n\\r\\n'; hostname
`;

async function run(command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(command, args, process.env);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

const inTask = (container: string, shell: string): Promise<string> => run("docker", "exec", container, "sh", "-c", shell);
const ask = (times: number): string =>
  `for i in $(seq ${times}); do timeout 5 wget -qO- http://backend:8080/cgi-bin/who || echo FAILED; done`;

test("tasks of client services reach a service by its alias, through all that becomes of it", { timeout: 240_000 }, async () => {
  const images: string[] = [];
  // After the containers that have them.
  await using _removal = {
    async [Symbol.asyncDispose]() {
      for (const one of images) await removeImage(one);
    },
  };
  const first = await airfieldProcess();
  await using airfield = first;
  const local = `airfield-test-${airfield.port}/mesh:1`;
  await buildImage({
    name: local,
    files: { "www/index.html": "raw", "www/cgi-bin/who": WHO },
    instructions: [`CMD ${JSON.stringify(["sh", "-c", SERVER])}`],
  });
  await airfield.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "mesh" }));
  const image = await pushImage(airfield, local, "mesh", "1");
  images.push(local, image);
  const { Subnets = [] } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());

  const ecs = airfield.client(ECSClient);
  const cluster = "mesh";
  const { cluster: made } = await ecs.send(
    new CreateClusterCommand({ clusterName: cluster, serviceConnectDefaults: { namespace: "shop" } }),
  );
  expect(made?.serviceConnectDefaults?.namespace).toMatch(/:namespace\/ns-/);
  const executionRoleArn = await ensureExecutionRole(airfield);
  const healthCheck = { command: ["CMD-SHELL", "wget -qO /dev/null http://127.0.0.1:8080/"], interval: 5, timeout: 2, retries: 3 };
  const portMappings = [
    { containerPort: 8080, name: "web", appProtocol: "http" as const },
    { containerPort: 8081, name: "raw" },
  ];
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...{ family: "mesh", networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"], cpu: "256", memory: "512", executionRoleArn },
      containerDefinitions: [{ name: "web", image, essential: true, portMappings, healthCheck, stopTimeout: 5 }],
    }),
  );
  const settled = async (service: string): Promise<void> => {
    for (;;) {
      const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
      const [deployment, ...earlier] = services[0]?.deployments ?? [];
      if (earlier.length === 0 && deployment?.rolloutState === "COMPLETED" && services[0]?.runningCount === services[0]?.desiredCount)
        return;
      // DescribeServices is all that a client has to look at.
      await pause(100);
    }
  };
  const create = async (serviceName: string, desiredCount: number, more: Partial<CreateServiceCommandInput>): Promise<void> => {
    await ecs.send(
      new CreateServiceCommand({
        ...{ cluster, serviceName, taskDefinition: "mesh", desiredCount, launchType: "FARGATE" },
        networkConfiguration: { awsvpcConfiguration: { subnets: [Subnets[0]?.SubnetId ?? ""] } },
        ...more,
      }),
    );
  };
  const containers = async (serviceName: string): Promise<readonly string[]> => {
    const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster, serviceName, desiredStatus: "RUNNING" }));
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
    return tasks.flatMap((task) => task.containers?.flatMap(({ runtimeId }) => runtimeId ?? []) ?? []);
  };

  await create("backend", 3, {
    serviceConnectConfiguration: {
      enabled: true,
      services: [
        { portName: "web", discoveryName: "api", clientAliases: [{ port: 8080, dnsName: "backend" }] },
        { portName: "raw", clientAliases: [{ port: 9000 }] },
      ],
    },
  });
  await create("client", 1, { serviceConnectConfiguration: { enabled: true } });
  await create("stranger", 1, {});
  await Promise.all(["backend", "client", "stranger"].map(settled));
  const { serviceArns = [] } = await ecs.send(new ListServicesByNamespaceCommand({ namespace: "shop" }));
  expect(serviceArns.map((arn) => arn.split("/").at(-1))).toEqual(["backend", "client"]);

  // Requests reach all of them, connections too.
  const [client = ""] = await containers("client");
  const [stranger = ""] = await containers("stranger");
  const answers = (await inTask(client, ask(30))).split("\n");
  expect([new Set(answers).size, answers.includes("FAILED")]).toEqual([3, false]);
  expect(await inTask(client, "wget -qO- http://raw.shop:9000/")).toBe("raw");

  // Nobody else knows the name, or gets an answer at its address.
  const address = (await inTask(client, "grep -w backend /etc/hosts")).split(/\s/)[0] ?? "";
  expect(await inTask(client, `wget -qO- http://${address}:8080/`)).toBe("raw");
  await expect(inTask(stranger, "nslookup backend")).rejects.toThrow("nslookup");
  await expect(inTask(stranger, "timeout 5 wget -qO- http://backend:8080/")).rejects.toThrow("bad address");
  await expect(inTask(stranger, `timeout 5 wget -qO- http://${address}:8080/`)).rejects.toThrow("wget");
  await expect(run("curl", "--max-time", "5", "--silent", `http://${address}:8080/`)).rejects.toThrow("curl");

  // What the servers' security groups say counts for the clients' addresses.
  const ec2 = airfield.client(EC2Client);
  const { SecurityGroups = [] } = await ec2.send(
    new DescribeSecurityGroupsCommand({ Filters: [{ Name: "group-name", Values: ["default"] }] }),
  );
  const { GroupId, IpPermissions } = SecurityGroups[0] ?? {};
  const until = (word: string) =>
    inTask(client, `for i in $(seq 50); do [ "$(${ask(1)})" ${word} FAILED ] && echo seen && break; sleep 0.2; done`);
  await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  expect(await until("=")).toBe("seen");
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  expect(await until("!=")).toBe("seen");

  // One that fails is left out after five failures, and nobody notices one that has gone.
  const [broken = "", dead = ""] = await containers("backend");
  await inTask(broken, "touch /broken");
  const while5xx = (await inTask(client, ask(60))).split("\n");
  expect(while5xx.filter((line) => line === "FAILED").length).toBeLessThanOrEqual(5);
  expect(while5xx.slice(-20)).not.toContain("FAILED");
  await inTask(broken, "rm /broken");
  await inTask(dead, "killall httpd");
  expect(await inTask(client, ask(20))).not.toContain("FAILED");

  // A deployment of the service, and a control plane that is killed and comes back, under load.
  await inTask(client, "(while [ ! -e /stop ]; do timeout 5 wget -qO- http://backend:8080/cgi-bin/who || echo FAILED; done) >/log 2>&1 &");
  await ecs.send(new UpdateServiceCommand({ cluster, service: "backend", forceNewDeployment: true }));
  await settled("backend");
  await first.kill();
  expect(await inTask(client, ask(5))).not.toContain("FAILED");
  await using _second = await first.restart();
  await settled("backend");
  await inTask(client, "touch /stop");
  const log = (await inTask(client, "cat /log")).split("\n");
  expect(log.length).toBeGreaterThan(100);
  expect(log.filter((line) => !line.startsWith("ip-"))).toEqual([]);
  expect(new Set(log).size).toBeGreaterThan(3);
});
