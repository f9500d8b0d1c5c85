import { CreateClusterCommand, ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand } from "@aws-sdk/client-ecs";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { AttachUserPolicyCommand, CreateAccessKeyCommand, CreatePolicyCommand, CreateUserCommand, IAMClient } from "@aws-sdk/client-iam";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { TEST_KEYS, type Keys } from "../../src/testing/api-world.ts";
import { signedHeaders } from "../../src/testing/signed-request.ts";
import { atLeast, median, type Figure } from "../figure.ts";
import { requestRate } from "../wrk.ts";
import { strangersAt } from "./strangers.ts";

const SECONDS = 3;
const ROUNDS = 5;
const CONNECTIONS = 8;
const POLICIES = 10;
const STATEMENTS = 50;

/** What a decision about a statement that does not match costs differs with the reason for which it does not. */
const KINDS: readonly (readonly [string, (at: number) => object])[] = [
  ["of other actions", (at) => ({ Effect: "Allow", Action: `ecr:Action${at}`, Resource: `arn:aws:ecr:*:*:repository/team-${at}/*` })],
  ["of this action", (at) => ({ Effect: "Allow", Action: "ecs:Describe*", Resource: `arn:aws:ecs:*:*:task/team-${at}/*` })],
];

/**
 * What it costs to ask policies: DescribeTasks by a user with ten policies of fifty statements, against root, in turns. And what strangers cost
 * who is known: the same while they send large, many and slow requests, against without them.
 */
export async function measure(tell: (figure: Figure) => void): Promise<void> {
  await using airfield = await airfieldProcess();
  const body = await aTask(airfield);
  for (const [kind, statement] of KINDS) {
    const user = await userWith(airfield.client(IAMClient), kind.replaceAll(" ", "-"), statement);
    const rates = { ours: [] as number[], peer: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      rates.ours.push(await describeTasksRate(airfield.url, user, body));
      rates.peer.push(await describeTasksRate(airfield.url, TEST_KEYS, body));
    }
    tell(
      atLeast(0.9, {
        name: `DescribeTasks, ${POLICIES * STATEMENTS} statements ${kind}, vs root`,
        unit: "1/s",
        ours: median(rates.ours),
        peer: median(rates.peer),
      }),
    );
  }
  await measureUnderAttack(airfield, body, tell);
}

async function measureUnderAttack({ url }: AirfieldProcess, body: string, tell: (figure: Figure) => void): Promise<void> {
  const rates = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.peer.push(await describeTasksRate(url, TEST_KEYS, body));
    await using _strangers = await strangersAt(url);
    rates.ours.push(await describeTasksRate(url, TEST_KEYS, body));
  }
  tell(
    atLeast(0.8, {
      name: "requests of a signed client while strangers attack, vs without",
      unit: "1/s",
      ours: median(rates.ours),
      peer: median(rates.peer),
    }),
  );
}

/** A user with ten policies; only the last statement of the last one allows what is asked. */
async function userWith(iam: IAMClient, UserName: string, statement: (at: number) => object): Promise<Keys> {
  await iam.send(new CreateUserCommand({ UserName }));
  for (let policy = 0; policy < POLICIES; policy += 1) {
    const Statement = Array.from({ length: STATEMENTS }, (_, at) => statement(policy * STATEMENTS + at));
    if (policy === POLICIES - 1) Statement[STATEMENTS - 1] = { Effect: "Allow", Action: "ecs:DescribeTasks", Resource: "*" };
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: `${UserName}-${policy}`, PolicyDocument }));
    await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: Policy?.Arn }));
  }
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { accessKeyId: AccessKey?.AccessKeyId ?? "", secretAccessKey: AccessKey?.SecretAccessKey ?? "" };
}

/** The body of a DescribeTasks of one task. That its image cannot be pulled is of no interest here. */
async function aTask(airfield: AirfieldProcess): Promise<string> {
  const ecs = airfield.client(ECSClient);
  await ecs.send(new CreateClusterCommand({ clusterName: "bench" }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: "bench",
      networkMode: "awsvpc",
      containerDefinitions: [{ name: "app", image: "localhost:1/none", memory: 64 }],
    }),
  );
  const { Subnets } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());
  const subnets = (Subnets ?? []).flatMap(({ SubnetId }) => SubnetId ?? []).slice(0, 1);
  const { tasks } = await ecs.send(
    new RunTaskCommand({ cluster: "bench", taskDefinition: "bench", networkConfiguration: { awsvpcConfiguration: { subnets } } }),
  );
  return JSON.stringify({ cluster: "bench", tasks: [tasks?.[0]?.taskArn] });
}

async function describeTasksRate(url: string, keys: Keys, body: string): Promise<number> {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonEC2ContainerServiceV20141113.DescribeTasks" };
  const signed = await signedHeaders(url, { service: "ecs", headers, body, keys });
  return requestRate({ url: `${url}/`, connections: CONNECTIONS, seconds: SECONDS, method: "POST", headers: signed, body });
}
