import { randomBytes } from "node:crypto";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  ECRClient,
  InitiateLayerUploadCommand,
  UploadLayerPartCommand,
} from "@aws-sdk/client-ecr";
import { CreateClusterCommand, ECSClient, ListClustersCommand } from "@aws-sdk/client-ecs";
import { expect, test, vi } from "vitest";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { digestOf, RegistryClient, type Answer } from "../../src/testing/torture/client.ts";
import { startRegistry } from "../../src/testing/torture/torture.ts";

const MEGABYTE = 1_000_000;
const UPLOADS = "/v2/common-keys/blobs/uploads/";

/** A disk of 40 megabytes. Only root may make one. */
async function smallDisk(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "airfield-full-"));
  const { code, stderr } = await runCommand("mount", ["-t", "tmpfs", "-o", "size=40m", "airfield-test", path], process.env);
  if (code !== 0) throw new Error(`mount failed: ${stderr}`);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await runCommand("umount", [path], process.env);
      await rm(path, { recursive: true });
    },
  };
}

test.skipIf(process.getuid?.() !== 0)(
  "with its journal on a disk that fills up, the registry says so, forgets nothing, starts again, and goes on when there is room",
  async () => {
    await using disk = await smallDisk();
    const pushed: string[] = [];
    const push = async (client: RegistryClient): Promise<Answer> => {
      const bytes = randomBytes(MEGABYTE);
      const answer = await client.send("POST", `${UPLOADS}?digest=${digestOf(bytes)}`, bytes);
      if (answer.status === 201) pushed.push(digestOf(bytes));
      return answer;
    };
    const allThere = async (client: RegistryClient): Promise<void> => {
      for (const digest of pushed) expect(digestOf((await client.send("GET", `/v2/common-keys/blobs/${digest}`)).body)).toBe(digest);
    };
    const fill = async (client: RegistryClient): Promise<Answer> => {
      for (let pushes = 0; pushes < 60; pushes += 1) {
        const answer = await push(client);
        if (answer.status !== 201) return answer;
      }
      throw new Error("the disk never filled up");
    };
    let location: string;
    {
      await using registry = await startRegistry(disk.path);
      using client = new RegistryClient(registry.port);
      location = (await client.send("POST", UPLOADS)).headers.location ?? "";
      expect((await client.send("PATCH", location, randomBytes(10 * MEGABYTE))).status).toBe(202);
      const refused = await fill(client);
      expect(refused.status).toBe(507);
      expect(JSON.parse(refused.body.toString())).toEqual({
        errors: [{ code: "UNKNOWN", message: "the registry's disk is full: free some space and push again" }],
      });
      // Records are still written: what refuses blobs leaves room for the journal.
      expect((await client.send("DELETE", `/v2/common-keys/blobs/${pushed.shift() ?? ""}`)).status).toBe(202);
      await allThere(client);
      expect(registry.ended()).toBe(false);
    }
    await using registry = await startRegistry(disk.path);
    using client = new RegistryClient(registry.port);
    await allThere(client);
    expect((await client.send("GET", location)).headers.range).toBe(`0-${10 * MEGABYTE - 1}`);
    expect((await fill(client)).status).toBe(507);
    expect((await client.send("DELETE", location)).status).toBe(204);
    expect((await push(client)).status).toBe(201);
    await allThere(client);
  },
);

test.skipIf(process.getuid?.() !== 0)("ECR's own upload API says so as well, and goes on with the upload when there is room", async () => {
  await using disk = await smallDisk();
  await using airfield = await airfieldProcess({ dataDirectory: join(disk.path, "data") });
  const spare = join(disk.path, "spare");
  await writeFile(spare, Buffer.alloc(10 * 1024 * 1024, 1));
  const ecr = airfield.client(ECRClient);
  const repositoryName = "app";
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  const size = 6 * 1024 * 1024;
  const begin = async (): Promise<string> => (await ecr.send(new InitiateLayerUploadCommand({ repositoryName }))).uploadId ?? "";
  const add = (uploadId: string, first: number, layerPartBlob: Uint8Array): Promise<unknown> =>
    ecr.send(new UploadLayerPartCommand({ repositoryName, uploadId, partFirstByte: first, partLastByte: first + size - 1, layerPartBlob }));
  const parts = [randomBytes(size), randomBytes(size)] as const;
  const layer = await begin();
  await add(layer, 0, parts[0]);
  const others = [await begin()];
  const filling = async (): Promise<void> => {
    for (let first = 0; first < 10 * size; first += size) await add(others[0] ?? "", first, parts[0]);
  };
  const full = { name: "ServerException", message: "The registry's disk is full: free some space and try again." };
  await expect(filling()).rejects.toMatchObject(full);
  await expect(add(layer, size, parts[1])).rejects.toMatchObject(full);
  // The records of others are still written.
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "other" }));
  await rm(spare);
  await add(layer, size, parts[1]);
  const layerDigests = [digestOf(Buffer.concat(parts))];
  expect(await ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId: layer, layerDigests }))).toMatchObject({
    layerDigest: layerDigests[0],
  });
});

test.skipIf(process.getuid?.() !== 0)(
  "on a disk that something else has filled, reads go on, changes are refused, and both a start and a server that runs go on when there is room",
  async () => {
    await using disk = await smallDisk();
    const filling = join(disk.path, "filling");
    await using airfield = await airfieldProcess({ dataDirectory: join(disk.path, "data") });
    const ecs = airfield.client(ECSClient);
    const clusters = async (of: ECSClient): Promise<readonly string[]> =>
      ((await of.send(new ListClustersCommand())).clusterArns ?? []).map((arn) => arn.split("/").at(-1) ?? "").toSorted();
    const create = (clusterName: string, by = ecs): Promise<unknown> => by.send(new CreateClusterCommand({ clusterName }));
    const unavailable = { name: "ServiceUnavailable", $metadata: { httpStatusCode: 503 } };
    const acknowledged: string[] = [];
    const untilRefused = async (): Promise<void> => {
      for (let at = 0; at < 1_000; at += 1) {
        await create(`c${at}`);
        acknowledged.push(`c${at}`);
      }
    };
    await create("before");
    await fill(filling);
    await expect(untilRefused()).rejects.toMatchObject(unavailable);
    expect(await clusters(ecs)).toEqual(["before", ...acknowledged].toSorted());
    expect(airfield.output()).toContain(`the disk of ${airfield.dataDirectory} is full`);
    await airfield.kill();
    await using again = await airfield.restart();
    const ecsAgain = again.client(ECSClient);
    expect(again.output()).toContain(`the disk of ${airfield.dataDirectory} is full`);
    expect(await clusters(ecsAgain)).toEqual(["before", ...acknowledged].toSorted());
    await expect(create("refused", ecsAgain)).rejects.toMatchObject(unavailable);
    await rm(filling);
    await vi.waitFor(() => create("after", ecsAgain), { timeout: 10_000, interval: 200 });
    expect(await clusters(ecsAgain)).toEqual(["after", "before", ...acknowledged].toSorted());
  },
);

/** Takes what room there is, to the last byte. */
async function fill(path: string): Promise<void> {
  const file = await open(path, "w");
  try {
    for (const size of [1024 * 1024, 4096, 1]) {
      const bytes = Buffer.alloc(size, 1);
      let full = false;
      while (!full)
        full = await file.write(bytes).then(
          ({ bytesWritten }) => bytesWritten < size,
          () => true,
        );
    }
  } finally {
    await file.close();
  }
}
