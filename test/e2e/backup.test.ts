import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  PutImageCommand,
} from "@aws-sdk/client-ecr";
import { CreateClusterCommand, DescribeClustersCommand, ECSClient } from "@aws-sdk/client-ecs";
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { digestOf } from "../../src/testing/torture/client.ts";

const LOG = { logGroupName: "g", logStreamName: "s" };
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const airfieldCommand = (...args: readonly string[]) => runCommand(process.execPath, ["bin/airfield.cjs", ...args], process.env);

/** A client of the registry, by a token that ECR gives. */
async function registryOf(airfield: AirfieldProcess) {
  const { url } = airfield;
  const { authorizationData } = await airfield.client(ECRClient).send(new GetAuthorizationTokenCommand());
  const headers = { authorization: `Basic ${authorizationData?.[0]?.authorizationToken ?? ""}` };
  return {
    async push(bytes: Buffer): Promise<{ readonly digest: string; readonly size: number }> {
      const digest = digestOf(bytes);
      const { status } = await fetch(`${url}/v2/app/blobs/uploads/?digest=${digest}`, {
        method: "POST",
        headers,
        body: new Uint8Array(bytes),
      });
      expect(status).toBe(201);
      return { digest, size: bytes.length };
    },
    pull: async (digest: string): Promise<Buffer> =>
      Buffer.from(await (await fetch(`${url}/v2/app/blobs/${digest}`, { headers })).arrayBuffer()),
  };
}

/** Clients that write, each one thing after the other, and note what was acknowledged. */
async function busyClients(airfield: AirfieldProcess) {
  const [ecs, ecr, logs] = [airfield.client(ECSClient), airfield.client(ECRClient), airfield.client(CloudWatchLogsClient)];
  const registry = await registryOf(airfield);
  await airfield.client(SecretsManagerClient).send(new CreateSecretCommand({ Name: "s", SecretString: "kept" }));
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "app" }));
  await logs.send(new CreateLogGroupCommand(LOG));
  await logs.send(new CreateLogStreamCommand(LOG));
  const done = { clusters: 0, images: 0, events: 0 };
  const steps: Readonly<Record<keyof typeof done, (at: number) => Promise<unknown>>> = {
    clusters: (at) => ecs.send(new CreateClusterCommand({ clusterName: `c${at}` })),
    events: (at) => logs.send(new PutLogEventsCommand({ ...LOG, logEvents: [{ timestamp: Date.now(), message: String(at) }] })),
    async images(at) {
      const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar", ...(await registry.push(randomBytes(300_000))) };
      const config = { mediaType: "application/vnd.oci.image.config.v1+json", ...(await registry.push(Buffer.from(`{"n":${at}}`))) };
      const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] });
      await ecr.send(new PutImageCommand({ repositoryName: "app", imageManifest, imageTag: `v${at}` }));
    },
  };
  let over = false;
  let tell = (): void => undefined;
  const enough = new Promise<void>((resolve) => (tell = resolve));
  const working = (Object.keys(steps) as (keyof typeof done)[]).map(async (what) => {
    for (let at = 0; !over; at += 1) {
      await steps[what](at);
      done[what] = at + 1;
      if (Math.min(...Object.values(done)) >= 5) tell();
    }
  });
  return {
    done,
    enough: Promise.race([enough, Promise.all(working)]),
    async stop() {
      over = true;
      await Promise.all(working);
    },
  };
}

test("a backup made while a server is written to, pushed to and logged to becomes a server that has all of it", async () => {
  const parent = await mkdtemp(join(tmpdir(), "airfield-backup-"));
  const file = join(parent, "backup.tar");
  try {
    let copied: Readonly<Record<"clusters" | "images" | "events", number>>;
    {
      await using airfield = await airfieldProcess({ dataDirectory: join(parent, "data") });
      const clients = await busyClients(airfield);
      await clients.enough;
      copied = { ...clients.done };
      const made = await airfieldCommand("backup", file, "--data", airfield.dataDirectory);
      await clients.stop();
      expect(made).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining(`${file}: `) });
      expect(Math.min(...Object.values(clients.done))).toBeGreaterThan(5);
    }
    expect(await readdir(parent)).toEqual(["backup.tar"]);
    const dataDirectory = join(parent, "restored");
    expect(await airfieldCommand("restore", file, "--data", dataDirectory)).toMatchObject({ code: 0, stderr: "" });
    await using airfield = await airfieldProcess({ dataDirectory });
    expect((await airfield.client(SecretsManagerClient).send(new GetSecretValueCommand({ SecretId: "s" }))).SecretString).toBe("kept");
    const clusters = Array.from({ length: Math.min(copied.clusters, 100) }, (_, at) => `c${at}`);
    expect((await airfield.client(ECSClient).send(new DescribeClustersCommand({ clusters }))).failures).toEqual([]);
    const { events } = await airfield.client(CloudWatchLogsClient).send(new GetLogEventsCommand({ ...LOG, startFromHead: true }));
    expect(events?.length).toBeGreaterThanOrEqual(copied.events);
    const registry = await registryOf(airfield);
    const imageIds = Array.from({ length: Math.min(copied.images, 100) }, (_, at) => ({ imageTag: `v${at}` }));
    const { images, failures } = await airfield.client(ECRClient).send(new BatchGetImageCommand({ repositoryName: "app", imageIds }));
    expect(failures).toEqual([]);
    expect(images).toHaveLength(imageIds.length);
    for (const { imageManifest = "" } of images ?? []) {
      const { config, layers } = JSON.parse(imageManifest) as { config: { digest: string }; layers: { digest: string }[] };
      for (const { digest } of [config, ...layers]) expect(digestOf(await registry.pull(digest))).toBe(digest);
    }
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
});
