import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { ensureExecutionRole } from "../../src/testing/roles.ts";
import { CreateClusterCommand, ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand } from "@aws-sdk/client-ecs";
import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { TEST_KEYS } from "../../src/testing/api-world.ts";
import { signedHeaders } from "../../src/testing/signed-request.ts";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { atLeast, median, part, type Figure } from "../figure.ts";
import { motoServer } from "../peers/moto.ts";
import { requestRate } from "../wrk.ts";
import { busySeconds } from "../processor.ts";
import { durableAppends, syncTime } from "./durable-appends.ts";

const SECONDS = 4;
const ROUNDS = 3;
const CONNECTIONS = 8;
/** A file system in memory, as every Linux has it. */
const MEMORY = "/dev/shm";

/** Requests per second of two common operations, against `moto_server`, in turns. */
export async function apiRate(url: string, image: string, tell: (figure: Figure) => void): Promise<void> {
  await using moto = await motoServer();
  const ours = await prepare(url, image);
  const peer = await prepare(moto.url, image);
  /** The peer's rate of the operation that was measured last. */
  let registered = Number.NaN;
  for (const operation of ["DescribeTasks", "RegisterTaskDefinition"] as const) {
    const rates = { ours: [] as number[], peer: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      rates.ours.push(await rate(url, operation, ours[operation]));
      rates.peer.push(await rate(moto.url, operation, peer[operation]));
    }
    registered = median(rates.peer);
    tell(atLeast(10, { name: `${operation} per second`, unit: "1/s", ours: median(rates.ours), peer: registered }));
  }
  await withoutDisk(image, moto.url, peer.RegisterTaskDefinition, tell);
  tell(part({ name: "a sync of this disk", unit: "ms", ours: await syncTime() }));
  // What a program could do at most that takes no time for anything but to make its records durable.
  for (const [atOnce, perSecond] of await durableAppends([1, CONNECTIONS])) {
    const name = `the disk's limit: records that the journal makes durable, ${atOnce} at once`;
    tell(part({ name, unit: "1/s", ours: perSecond, ...(atOnce === CONNECTIONS && { peer: registered }) }));
  }
}

/**
 * The peer keeps in memory what it was told; we answer when it would survive a crash. What that costs: the same program with its data in memory, for
 * which syncing is free, in turns with the peer.
 */
async function withoutDisk(image: string, peerUrl: string, peerBody: string, tell: (figure: Figure) => void): Promise<void> {
  const folder = await mkdtemp(join(MEMORY, "airfield-bench-"));
  try {
    await using airfield = await airfieldProcess({ dataDirectory: folder });
    const config = { endpoint: airfield.url, region: "us-east-1", credentials: TEST_KEYS };
    await ensureExecutionRole({ client: (constructor) => new constructor(config as never) });
    const body = JSON.stringify(definition(image));
    // The others have answered thousands by now.
    await rate(airfield.url, "RegisterTaskDefinition", body);
    const rates = { ours: [] as number[], peer: [] as number[] };
    const processor: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = busySeconds(airfield.pid);
      const ours = await rate(airfield.url, "RegisterTaskDefinition", body);
      processor.push(((busySeconds(airfield.pid) - before) * 1000) / (ours * SECONDS));
      rates.ours.push(ours);
      rates.peer.push(await rate(peerUrl, "RegisterTaskDefinition", peerBody));
    }
    const both = { ours: median(rates.ours), peer: median(rates.peer) };
    tell(part({ name: "RegisterTaskDefinition per second, data in memory", unit: "1/s", ...both }));
    tell(part({ name: "RegisterTaskDefinition, data in memory, processor a call", unit: "ms", ours: median(processor) }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const definition = (image: string) => ({
  family: "bench-api",
  networkMode: "awsvpc" as const,
  requiresCompatibilities: ["FARGATE" as const],
  cpu: "256",
  memory: "512",
  executionRoleArn: "arn:aws:iam::123456789012:role/ecsTaskExecutionRole",
  // The peer cannot place a task whose containers have no memory of their own.
  containerDefinitions: [
    { name: "app", image, memory: 256, essential: true, portMappings: [{ containerPort: 80 }], environment: [{ name: "A", value: "b" }] },
  ],
});

/** A cluster with a task in it; gives the body of each operation's request. */
async function prepare(endpoint: string, image: string): Promise<Readonly<Record<"DescribeTasks" | "RegisterTaskDefinition", string>>> {
  const config = { endpoint, region: "us-east-1", credentials: TEST_KEYS };
  const ecs = new ECSClient(config);
  const ec2 = new EC2Client(config);
  await ecs.send(new CreateClusterCommand({ clusterName: "bench-api" }));
  await ensureExecutionRole({ client: (constructor) => new constructor(config as never) });
  await ecs.send(new RegisterTaskDefinitionCommand(definition(image)));
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand());
  const subnet = Subnets?.[0]?.SubnetId ?? "";
  // The peer cannot do without security groups.
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand());
  const groups = (SecurityGroups ?? []).filter(({ GroupName }) => GroupName === "default").flatMap(({ GroupId }) => GroupId ?? []);
  const networkConfiguration = { awsvpcConfiguration: { subnets: [subnet], securityGroups: groups.slice(0, 1) } };
  const { tasks } = await ecs.send(
    new RunTaskCommand({ cluster: "bench-api", taskDefinition: "bench-api", launchType: "FARGATE", networkConfiguration }),
  );
  return {
    DescribeTasks: JSON.stringify({ cluster: "bench-api", tasks: [tasks?.[0]?.taskArn] }),
    RegisterTaskDefinition: JSON.stringify(definition(image)),
  };
}

/** One signed request, sent again and again: a signature is good for five minutes, and checked every time. */
async function rate(url: string, operation: string, body: string): Promise<number> {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `AmazonEC2ContainerServiceV20141113.${operation}` };
  const signed = await signedHeaders(url, { service: "ecs", headers, body });
  return requestRate({ url: `${url}/`, connections: CONNECTIONS, seconds: SECONDS, method: "POST", headers: signed, body });
}
