import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  waitUntilTasksStopped,
  type Task,
} from "@aws-sdk/client-ecs";
import { IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dockerRegistry } from "../../bench/peers/docker-registry.ts";
import type { RegistryProcess } from "../../bench/peers/registry-process.ts";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import type { CliResult } from "../../src/testing/aws-cli.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";
import { ensureExecutionRole } from "../../src/testing/roles.ts";

// Debian's docker-registry as the registry elsewhere; the real docker and aws on both sides of it.

const LOCAL = "airfield-test/cached:v1";
const SAYS_HELLO = { name: LOCAL, files: { "etc/greeting": "hello from upstream" }, instructions: ['CMD ["cat", "/etc/greeting"]'] };
let airfield: AirfieldProcess;
let upstream: RegistryProcess;
let isUp = true;
let executionRoleArn: string;
let registry: string;

const docker = (...args: readonly string[]): Promise<CliResult> => airfield.run("docker", args);
const must = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await docker(...args);
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
};
const ecr = async (...args: readonly string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await airfield.aws("ecr", ...args);
  if (code !== 0) throw new Error(stderr);
  return stdout === "" ? undefined : JSON.parse(stdout);
};

beforeAll(async () => {
  upstream = await dockerRegistry();
  airfield = await airfieldProcess({ environment: { AIRFIELD_PULL_THROUGH_UPSTREAMS: `http://${upstream.host}` } });
  registry = `localhost:${airfield.port}`;
  executionRoleArn = await ensureExecutionRole(airfield);
  await airfield.client(ECSClient).send(new CreateClusterCommand({ clusterName: "cache" }));
  await buildImage(SAYS_HELLO);
  for (const tag of ["1", "2"]) {
    await must("tag", LOCAL, `${upstream.host}/team/hello:${tag}`);
    await must("push", "--quiet", `${upstream.host}/team/hello:${tag}`);
    await removeImage(`${upstream.host}/team/hello:${tag}`);
  }
  const password = (await airfield.aws("ecr", "get-login-password")).stdout.trim();
  const login = await airfield.run("docker", ["login", "--username", "AWS", "--password-stdin", registry], password);
  if (login.code !== 0) throw new Error(login.stderr);
  await ecr("create-pull-through-cache-rule", "--ecr-repository-prefix", "hub", "--upstream-registry-url", upstream.host);
});

afterAll(async () => {
  for (const name of [LOCAL, ...["1", "2"].map((tag) => `${registry}/hub/team/hello:${tag}`)]) await removeImage(name);
  if (isUp) await upstream[Symbol.asyncDispose]();
  await airfield[Symbol.asyncDispose]();
});

async function runTask(image: string): Promise<Task | undefined> {
  const ecs = airfield.client(ECSClient);
  const { Subnets = [] } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());
  const subnets = Subnets.flatMap(({ SubnetId }) => SubnetId ?? []);
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...{ family: "cache", executionRoleArn, networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"], cpu: "256", memory: "512" },
      containerDefinitions: [{ name: "app", image, essential: true }],
    }),
  );
  const { tasks = [] } = await ecs.send(
    new RunTaskCommand({
      ...{ cluster: "cache", taskDefinition: taskDefinition?.taskDefinitionArn, launchType: "FARGATE" },
      networkConfiguration: { awsvpcConfiguration: { subnets } },
    }),
  );
  const arns = tasks.flatMap(({ taskArn }) => taskArn ?? []);
  await waitUntilTasksStopped({ client: ecs, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { cluster: "cache", tasks: arns });
  return (await ecs.send(new DescribeTasksCommand({ cluster: "cache", tasks: arns }))).tasks?.[0];
}

describe("docker pulls through Airfield what another registry has", () => {
  test("and runs it; the image is one of the registry's own then", async () => {
    await removeImage(LOCAL);
    expect(await must("run", "--rm", "--quiet", `${registry}/hub/team/hello:1`)).toBe("hello from upstream");
    const described = await ecr("describe-images", "--repository-name", "hub/team/hello");
    expect(described).toMatchObject({ imageDetails: [{ imageTags: ["1"], imageStatus: "ACTIVE" }] });
  });

  test("a task is refused what its role may not import, and runs what it may", async () => {
    // AWS's managed policy of execution roles does not let them import.
    const image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/hub/team/hello:2";
    const refused = await runTask(image);
    expect(refused?.stopCode).toBe("TaskFailedToStart");
    expect(`${refused?.stoppedReason} ${refused?.containers?.[0]?.reason}`).toContain("CannotPullContainerError");
    const Statement = [{ Effect: "Allow", Action: ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"], Resource: "*" }];
    await airfield.client(IAMClient).send(
      new PutRolePolicyCommand({
        RoleName: executionRoleArn.replace(/^.*\//, ""),
        ...{ PolicyName: "import", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) },
      }),
    );
    const ran = await runTask(image);
    expect([ran?.containers?.[0]?.exitCode, ran?.containers?.[0]?.reason]).toEqual([0, undefined]);
    expect(ran?.containers?.[0]?.imageDigest).toMatch(/^sha256:/);
  });

  test("also while that registry is down, and over a restart", async () => {
    isUp = false;
    await upstream[Symbol.asyncDispose]();
    await airfield.stop();
    airfield = await airfield.restart();
    await removeImage(`${registry}/hub/team/hello:1`);
    expect(await must("run", "--rm", "--quiet", `${registry}/hub/team/hello:1`)).toBe("hello from upstream");
    const other = await docker("pull", `${registry}/hub/team/other:1`);
    expect(other.stderr).toContain("The upstream registry is not available");
  });
});

test("docker pushes to a repository that a template makes, and the image is in another region a moment later", async () => {
  await buildImage(SAYS_HELLO);
  await ecr(
    "create-repository-creation-template",
    "--prefix",
    "team",
    "--applied-for",
    "CREATE_ON_PUSH",
    "--image-tag-mutability",
    "IMMUTABLE",
  );
  const destination = { rules: [{ destinations: [{ region: "eu-west-1", registryId: "123456789012" }] }] };
  await ecr("put-replication-configuration", "--replication-configuration", JSON.stringify(destination));
  const reference = await pushImage(airfield, LOCAL, "team/new", "1");
  expect(await ecr("describe-repositories", "--repository-names", "team/new")).toMatchObject({
    repositories: [{ imageTagMutability: "IMMUTABLE" }],
  });
  const status = (): Promise<unknown> =>
    ecr("describe-image-replication-status", "--repository-name", "team/new", "--image-id", "imageTag=1");
  // The API has no event for it.
  while (JSON.stringify(await status()).includes("IN_PROGRESS"));
  expect(await status()).toMatchObject({ replicationStatuses: [{ region: "eu-west-1", status: "COMPLETE" }] });
  expect(await ecr("describe-images", "--region", "eu-west-1", "--repository-name", "team/new")).toMatchObject({
    imageDetails: [{ imageTags: ["1"] }],
  });
  await removeImage(reference);
});
