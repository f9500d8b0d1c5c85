import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { CreateClusterCommand, ECSClient, RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { buildImage, removeImage } from "../../src/testing/images.ts";

const IMAGE = "airfield-test/rotate:v1";
let airfield: AirfieldProcess;

beforeAll(async () => {
  await buildImage({ name: IMAGE });
  // The task asks a server on this host's loopback.
  airfield = await airfieldProcess({ environment: { AIRFIELD_PRIVILEGED_ACCOUNTS: "123456789012" } });
  await airfield.client(ECSClient).send(new CreateClusterCommand({}));
});

afterAll(async () => {
  await airfield[Symbol.asyncDispose]();
  await removeImage(IMAGE);
});

/** The event of a rotation function, as a container got it. */
interface RotationEvent {
  readonly SecretId: string;
  readonly ClientRequestToken: string;
  readonly Step: string;
}

/** Does what containers ask for that hand on their event; they end with 0 where it went well, with 1 otherwise. */
async function rotationServer(work: (event: RotationEvent) => Promise<void>): Promise<AsyncDisposable & { readonly port: number }> {
  const answer = async (request: IncomingMessage): Promise<number> => {
    const event = Object.fromEntries(new URL(request.url ?? "", "http://localhost").searchParams);
    return work(event as unknown as RotationEvent).then(
      () => 200,
      () => 500,
    );
  };
  const server = createServer((request, response) => {
    void answer(request).then((status) => response.writeHead(status).end());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test("a task rotates a secret, step by step, as a function made from AWS's template does", { timeout: 120_000 }, async () => {
  const secretsManager = airfield.client(SecretsManagerClient);
  const described = () => secretsManager.send(new DescribeSecretCommand({ SecretId: "db" }));
  /** The steps, and the value that the new version had when each began. */
  const seen: (readonly [string, string | undefined])[] = [];
  let told: () => void = () => undefined;
  const step = async ({ SecretId, ClientRequestToken: token, Step }: RotationEvent): Promise<void> => {
    const versions = (await described()).VersionIdsToStages ?? {};
    if (!versions[token]?.includes("AWSPENDING")) throw new Error("the version is not there yet");
    const pending = () =>
      secretsManager.send(new GetSecretValueCommand({ SecretId, VersionId: token, VersionStage: "AWSPENDING" })).then(
        ({ SecretString }) => SecretString,
        (refusal: Error) => refusal.name,
      );
    seen.push([Step, await pending()]);
    if (Step === "createSecret")
      await secretsManager.send(
        new PutSecretValueCommand({ SecretId, ClientRequestToken: token, SecretString: "new", VersionStages: ["AWSPENDING"] }),
      );
    if (Step === "finishSecret") {
      const current = Object.entries(versions).find(([, stages]) => stages.includes("AWSCURRENT"))?.[0];
      await secretsManager.send(
        new UpdateSecretVersionStageCommand({ SecretId, VersionStage: "AWSCURRENT", MoveToVersionId: token, RemoveFromVersionId: current }),
      );
      told();
    }
  };
  await using server = await rotationServer(step);
  const event = ["SecretId", "ClientRequestToken", "Step"].map((name) => `${name}=$${name}`).join("&");
  const { taskDefinition } = await airfield.client(ECSClient).send(
    new RegisterTaskDefinitionCommand({
      family: "rotate",
      networkMode: "host",
      requiresCompatibilities: ["EC2"],
      containerDefinitions: [
        {
          name: "rotate",
          image: IMAGE,
          memory: 32,
          command: ["sh", "-c", `wget -q -O /dev/null "http://127.0.0.1:${server.port}/?${event}"`],
        },
      ],
    }),
  );
  await secretsManager.send(new CreateSecretCommand({ Name: "db", SecretString: "old" }));
  const finished = new Promise<void>((resolve) => (told = resolve));
  const { VersionId } = await secretsManager.send(
    new RotateSecretCommand({
      SecretId: "db",
      RotationLambdaARN: taskDefinition?.taskDefinitionArn,
      RotationRules: { AutomaticallyAfterDays: 30 },
    }),
  );
  await finished;
  // The API tells of no end of a rotation: LastRotatedDate is what there is to ask for.
  await expect.poll(async () => (await described()).LastRotatedDate, { timeout: 30_000 }).toBeDefined();
  expect(seen).toEqual([
    ["createSecret", "ResourceNotFoundException"],
    ["setSecret", "new"],
    ["testSecret", "new"],
    ["finishSecret", "new"],
  ]);
  expect((await secretsManager.send(new GetSecretValueCommand({ SecretId: "db" }))).SecretString).toBe("new");
  expect((await described()).VersionIdsToStages?.[VersionId ?? ""]).toContain("AWSCURRENT");

  // A function that fails leaves the secret as it is.
  const before = await described();
  const { taskDefinition: broken } = await airfield.client(ECSClient).send(
    new RegisterTaskDefinitionCommand({
      family: "broken",
      networkMode: "none",
      requiresCompatibilities: ["EC2"],
      containerDefinitions: [{ name: "rotate", image: IMAGE, memory: 32, command: ["sh", "-c", "exit 3"] }],
    }),
  );
  await secretsManager.send(new RotateSecretCommand({ SecretId: "db", RotationLambdaARN: broken?.taskDefinitionArn }));
  await expect.poll(() => airfield.output(), { timeout: 30_000 }).toContain("the container rotate ended with exit code 3");
  expect((await described()).LastRotatedDate).toEqual(before.LastRotatedDate);
  expect((await secretsManager.send(new GetSecretValueCommand({ SecretId: "db" }))).SecretString).toBe("new");
  await expect(secretsManager.send(new RotateSecretCommand({ SecretId: "db" }))).rejects.toThrow("A previous rotation isn't complete.");
});
