import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { airfieldProcess, freePort, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { buildImage, removeImage, webImage } from "../../src/testing/images.ts";

// A course on Docker and AWS, command by command: the real `aws` and `docker`, each step building on the one before.

const REGION = "eu-west-1";
const LOCAL = "airfield-course/orders";
let airfield: AirfieldProcess;
let registry: string;
let balancerUrl: string;
const made: string[] = [];

beforeAll(async () => {
  airfield = await airfieldProcess();
  registry = `localhost:${airfield.port}`;
  await mkdir(join(airfield.dataDirectory, ".docker"), { recursive: true });
  for (const version of ["one", "two"]) await buildImage(webImage(`${LOCAL}:${version}`, version));
});

afterAll(async () => {
  for (const image of [...made, `${LOCAL}:one`, `${LOCAL}:two`]) await removeImage(image);
  await airfield[Symbol.asyncDispose]();
});

/** Runs `aws` in the course's region; gives its answer. */
async function aws<T = unknown>(...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await airfield.aws(...args, "--region", REGION, "--output", "json");
  if (code !== 0) throw new Error(`aws ${args.join(" ")}: ${stderr}`);
  return (stdout.trim() === "" ? undefined : JSON.parse(stdout)) as T;
}

async function docker(args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await airfield.run("docker", args, input);
  if (code !== 0) throw new Error(`docker ${args.join(" ")}: ${stderr}`);
  return stdout;
}

async function push(version: string, tag: string): Promise<string> {
  const reference = `${registry}/shop/orders:${tag}`;
  await docker(["tag", `${LOCAL}:${version}`, reference]);
  made.push(reference);
  return docker(["push", reference]);
}

const registerOrders = (tag: string) =>
  aws<string>(
    "ecs", "register-task-definition", "--family", "orders", "--requires-compatibilities", "FARGATE", "--network-mode", "awsvpc",
    "--cpu", "512", "--memory", "1024",
    "--execution-role-arn", "arn:aws:iam::123456789012:role/ecsTaskExecutionRole", "--task-role-arn", "arn:aws:iam::123456789012:role/orders",
    "--container-definitions", JSON.stringify([
      {
        name: "orders",
        image: `123456789012.dkr.ecr.${REGION}.amazonaws.com/shop/orders:${tag}`,
        portMappings: [{ containerPort: 8080, protocol: "tcp" }],
        environment: [{ name: "STAGE", value: "course" }],
        secrets: [{ name: "DB_PASSWORD", valueFrom: `arn:aws:secretsmanager:${REGION}:123456789012:secret:orders-db` }],
        logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": "/ecs/orders", "awslogs-region": REGION, "awslogs-stream-prefix": "ecs" } },
        healthCheck: { command: ["CMD-SHELL", "wget -qO- http://localhost:8080/health || exit 1"], interval: 5, timeout: 2, retries: 3, startPeriod: 1 },
        stopTimeout: 5,
      },
    ]),
    "--query", "taskDefinition.taskDefinitionArn",
  ); // prettier-ignore

/** As the guides say: one role that pulls, reads the secret and logs; one for the application. */
async function createRoles(): Promise<void> {
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  for (const role of ["ecsTaskExecutionRole", "orders"])
    await aws("iam", "create-role", "--role-name", role, "--assume-role-policy-document", JSON.stringify(trust));
  const policy = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
  await aws("iam", "attach-role-policy", "--role-name", "ecsTaskExecutionRole", "--policy-arn", policy);
  const secret = `arn:aws:secretsmanager:${REGION}:123456789012:secret:orders-db-??????`;
  const reads = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: secret }] };
  await aws(
    "iam", "put-role-policy", "--role-name", "ecsTaskExecutionRole", "--policy-name", "reads-secret", "--policy-document", JSON.stringify(reads),
  ); // prettier-ignore
}

interface Deployment {
  readonly status: string;
  readonly taskDefinition: string;
  readonly rolloutState: string;
  readonly runningCount: number;
}

const deployments = () =>
  aws<Deployment[]>("ecs", "describe-services", "--cluster", "course", "--services", "orders", "--query", "services[0].deployments");

describe("from push to a rolling deploy", () => {
  test("a repository is created, docker logs in and pushes, and the next push finds its layers there", async () => {
    const { repository } = await aws<{ repository: { repositoryUri: string } }>(
      "ecr", "create-repository", "--repository-name", "shop/orders", "--image-scanning-configuration", "scanOnPush=true", "--encryption-configuration", "encryptionType=AES256",
    ); // prettier-ignore
    expect(repository.repositoryUri).toBe(`${registry}/shop/orders`);
    const password = (await airfield.aws("ecr", "get-login-password", "--region", REGION)).stdout.trim();
    expect(await docker(["login", "--username", "AWS", "--password-stdin", registry], password)).toContain("Login Succeeded");
    expect(await push("one", "first")).toMatch(/first: digest: sha256:[0-9a-f]{64}/);
    expect(await push("one", "latest")).toContain("Layer already exists");
    const details = await aws<{ imageTags: string[] }[]>(
      "ecr",
      "describe-images",
      "--repository-name",
      "shop/orders",
      "--query",
      "imageDetails",
    );
    expect(details.map(({ imageTags }) => imageTags.toSorted())).toEqual([["first", "latest"]]);
  });

  test("a service of two tasks runs behind a load balancer, with its secret and its logs", async () => {
    await aws("secretsmanager", "create-secret", "--name", "orders-db", "--secret-string", "correct horse");
    await createRoles();
    await aws("logs", "create-log-group", "--log-group-name", "/ecs/orders");
    await aws("ecs", "create-cluster", "--cluster-name", "course");
    const subnets = await aws<string[]>("ec2", "describe-subnets", "--query", "Subnets[].SubnetId");
    const vpc = await aws<string>("ec2", "describe-vpcs", "--filters", "Name=is-default,Values=true", "--query", "Vpcs[0].VpcId");
    const groupName = ["--group-name", "orders", "--description", "orders", "--vpc-id", vpc];
    const group = await aws<string>("ec2", "create-security-group", ...groupName, "--query", "GroupId");
    await aws("ec2", "authorize-security-group-ingress", "--group-id", group, "--protocol", "tcp", "--port", "8080", "--cidr", "0.0.0.0/0");
    const balancer = await aws<string>(
      "elbv2",
      "create-load-balancer",
      "--name",
      "orders",
      "--subnets",
      ...subnets,
      "--query",
      "LoadBalancers[0].LoadBalancerArn",
    );
    const targets = await aws<string>(
      "elbv2", "create-target-group", "--name", "orders", "--protocol", "HTTP", "--port", "8080", "--target-type", "ip", "--vpc-id", vpc,
      "--health-check-path", "/health", "--health-check-interval-seconds", "5", "--health-check-timeout-seconds", "2", "--query", "TargetGroups[0].TargetGroupArn",
    ); // prettier-ignore
    await aws(
      "elbv2",
      "modify-target-group-attributes",
      "--target-group-arn",
      targets,
      "--attributes",
      "Key=deregistration_delay.timeout_seconds,Value=5",
    );
    const port = await freePort();
    await aws(
      "elbv2", "create-listener", "--load-balancer-arn", balancer, "--protocol", "HTTP", "--port", String(port),
      "--default-actions", `Type=forward,TargetGroupArn=${targets}`,
    ); // prettier-ignore
    await aws("elbv2", "wait", "load-balancer-available", "--load-balancer-arns", balancer);

    expect(await registerOrders("first")).toBe(`arn:aws:ecs:${REGION}:123456789012:task-definition/orders:1`);
    await aws(
      "ecs", "create-service", "--cluster", "course", "--service-name", "orders", "--task-definition", "orders:1", "--desired-count", "2", "--launch-type", "FARGATE",
      "--network-configuration", `awsvpcConfiguration={subnets=[${subnets.join(",")}],securityGroups=[${group}],assignPublicIp=DISABLED}`,
      "--load-balancers", `targetGroupArn=${targets},containerName=orders,containerPort=8080`,
      "--deployment-configuration", "minimumHealthyPercent=100,maximumPercent=200",
    ); // prettier-ignore
    await aws("ecs", "wait", "services-stable", "--cluster", "course", "--services", "orders");
    const [dnsName] = await aws<string[]>("elbv2", "describe-load-balancers", "--names", "orders", "--query", "LoadBalancers[].DNSName");
    // curl finds *.localhost by itself, as browsers do.
    balancerUrl = `http://${dnsName}:${port}/`;
    const { stdout } = await airfield.run("curl", ["--silent", "--fail", balancerUrl]);
    expect(stdout.trim()).toBe("one");
    const described = JSON.stringify(await aws("ecs", "describe-task-definition", "--task-definition", "orders"));
    expect(described).toContain("orders-db");
    expect(described).not.toContain("correct horse");
  });

  test("a new revision rolls out beside the old one, completes, and can be taken back", async () => {
    await push("two", "second");
    expect(await registerOrders("second")).toContain("task-definition/orders:2");
    await aws("ecs", "update-service", "--cluster", "course", "--service", "orders", "--task-definition", "orders:2");
    const side = await deployments();
    expect(side.map(({ status, taskDefinition }) => [status, taskDefinition.split("/").at(-1)])).toEqual([
      ["PRIMARY", "orders:2"],
      ["ACTIVE", "orders:1"],
    ]);
    await aws("ecs", "wait", "services-stable", "--cluster", "course", "--services", "orders");
    expect(await deployments()).toMatchObject([{ status: "PRIMARY", rolloutState: "COMPLETED", runningCount: 2 }]);

    await aws("ecs", "update-service", "--cluster", "course", "--service", "orders", "--task-definition", "orders:1");
    await aws("ecs", "wait", "services-stable", "--cluster", "course", "--services", "orders");
    expect((await deployments())[0]?.taskDefinition).toContain("orders:1");
    const events = await aws<string[]>(
      "ecs",
      "describe-services",
      "--cluster",
      "course",
      "--services",
      "orders",
      "--query",
      "services[0].events[].message",
    );
    expect(events.join("\n")).toContain("(service orders) has reached a steady state.");
  });

  test("a task finds the load balancer by its name; its secret is in the container and nowhere else; what it prints is logged within a second", async () => {
    const command = {
      containerOverrides: [
        { name: "orders", command: ["sh", "-c", `echo secret has \${#DB_PASSWORD} characters; wget -qO- ${balancerUrl}; echo; sleep 600`] },
      ],
    };
    const subnets = await aws<string[]>("ec2", "describe-subnets", "--query", "Subnets[].SubnetId");
    const network = `awsvpcConfiguration={subnets=[${subnets.join(",")}]}`;
    const arn = await aws<string>(
      "ecs", "run-task", "--cluster", "course", "--task-definition", "orders", "--launch-type", "FARGATE", "--network-configuration", network,
      "--overrides", JSON.stringify(command), "--query", "tasks[0].taskArn",
    ); // prettier-ignore
    await aws("ecs", "wait", "tasks-running", "--cluster", "course", "--tasks", arn);
    await pause(1000);
    const stream = `ecs/orders/${arn.split("/").at(-1) ?? ""}`;
    const lines = await aws<string[]>(
      "logs",
      "get-log-events",
      "--log-group-name",
      "/ecs/orders",
      "--log-stream-name",
      stream,
      "--query",
      "events[].message",
    );
    expect(lines).toEqual(["secret has 13 characters", "one"]);
    expect(JSON.stringify(await aws("ecs", "describe-tasks", "--cluster", "course", "--tasks", arn))).not.toContain("correct horse");
    await aws("ecs", "stop-task", "--cluster", "course", "--task", arn);
  });

  test("the service is deleted, drains and becomes inactive", async () => {
    await aws("ecs", "delete-service", "--cluster", "course", "--service", "orders", "--force");
    await aws("ecs", "wait", "services-inactive", "--cluster", "course", "--services", "orders");
    const stopping = await aws<string[]>("ecs", "list-tasks", "--cluster", "course", "--desired-status", "STOPPED", "--query", "taskArns");
    await aws("ecs", "wait", "tasks-stopped", "--cluster", "course", "--tasks", ...stopping);
    expect(await aws("ecs", "delete-cluster", "--cluster", "course", "--query", "cluster.status")).toBe("INACTIVE");
  });
});
