import { request } from "node:http";
import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  ECRClient,
  GetDownloadUrlForLayerCommand,
  UpdateImageStorageClassCommand,
} from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { registryWorld, type RegistryWorld } from "../testing/registry-world.ts";
import { digestOf, pushImageTo, smallImage } from "../testing/small-image.ts";

let clock: ManualClock;
const image = smallImage({ content: "0123456789" });
const layer = digestOf("0123456789");
let world: RegistryWorld;
let ecr: ECRClient;

beforeEach(async () => {
  // Requests of the SDK are signed with the real time.
  clock = new ManualClock(Date.now());
  world = await registryWorld({ clock });
  ecr = world.client(ECRClient);
  for (const repositoryName of ["team/app", "other"]) await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  await pushImageTo(world, "team/app", "v1", image);
});
afterEach(() => world[Symbol.asyncDispose]());

const url = async (repositoryName = "team/app", layerDigest = layer): Promise<string> =>
  (await ecr.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest }))).downloadUrl ?? "";

async function refusal(answer: Response): Promise<string> {
  return `${answer.status} ${
    /<Code>(.*)<\/Code><Message>(.*)<\/Message>/
      .exec(await answer.text())
      ?.slice(1)
      .join(": ") ?? ""
  }`;
}

test("a layer is given to whoever has the URL, whole, in parts and by HEAD", async () => {
  const where = await url();
  const whole = await fetch(where);
  expect([whole.status, await whole.text(), whole.headers.get("content-length")]).toEqual([200, "0123456789", "10"]);
  const some = await fetch(where, { headers: { range: "bytes=2-4" } });
  expect([some.status, await some.text(), some.headers.get("content-range")]).toEqual([206, "234", "bytes 2-4/10"]);
  const head = await fetch(where, { method: "HEAD" });
  expect([head.status, head.headers.get("content-length")]).toEqual([200, "10"]);
  expect(await refusal(await fetch(where, { headers: { range: "bytes=20-" } }))).toBe("416 InvalidRange: the blob has 10 bytes");
  expect((await world.run("curl", ["-sf", where])).stdout).toBe("0123456789");
  expect(world.defects).toEqual([]);
});

test("it is good for an hour", async () => {
  const where = await url();
  clock.advance(3_600_000 - 1);
  expect((await fetch(where)).status).toBe(200);
  clock.advance(1);
  expect(await refusal(await fetch(where))).toBe("403 AccessDenied: Request has expired");
});

describe("it is good for that layer of that repository alone", () => {
  const config = image.blobs[0]?.digest ?? "";
  test.each([
    ["another layer", (where: string) => where.replace(layer, config)],
    ["another repository", (where: string) => where.replace("team/app", "other")],
    ["another account", (where: string) => where.replace("123456789012", "210987654321")],
    ["another region", (where: string) => where.replace("us-east-1", "eu-west-1")],
    ["a later end", (where: string) => where.replace(/expires=(\d+)/, (_all, end: string) => `expires=${Number(end) + 1}`)],
    ["the same end written otherwise", (where: string) => where.replace("expires=", "expires=0x")],
    ["another signature", (where: string) => where.replace(/.$/, (last) => (last === "0" ? "1" : "0"))],
    ["no signature", (where: string) => where.replace(/&signature.*/, "")],
    ["no query at all", (where: string) => where.replace(/\?.*/, "")],
  ])("not for %s", async (_what, change) => {
    const where = await url();
    expect(change(where)).not.toBe(where);
    expect(await refusal(await fetch(change(where)))).toMatch(/^403 SignatureDoesNotMatch/);
  });

  test("a path cannot lead out of it", async () => {
    const where = new URL(await url());
    // `fetch` would resolve the dots itself.
    const path = `${where.pathname.replace("team/app", "other/../team/app")}${where.search}`;
    const status = await new Promise((resolve, reject) => {
      request({ host: where.hostname, port: where.port, path }, (answer) => resolve(answer.resume().statusCode))
        .on("error", reject)
        .end();
    });
    expect(status).toBe(403);
  });
});

test.each(["PUT", "POST", "DELETE"])("%s is not what it is for", async (method) => {
  expect(await refusal(await fetch(await url(), { method }))).toMatch(/^405 MethodNotAllowed/);
});

test("a layer that is gone is not there, whatever the URL says", async () => {
  const where = await url();
  await ecr.send(new BatchDeleteImageCommand({ repositoryName: "team/app", imageIds: [{ imageTag: "v1" }] }));
  expect((await world.fetch(`/v2/team/app/blobs/${layer}`, { method: "DELETE" })).status).toBe(202);
  expect(await refusal(await fetch(where))).toBe("404 NoSuchKey: blob unknown to registry");
});

describe("no URL is made", () => {
  test("of a layer that the repository does not have, though another one has it", async () => {
    await expect(url("other")).rejects.toMatchObject({ name: "LayersNotFoundException" });
  });

  test("of a layer that no image needs", async () => {
    expect((await world.fetch(`/v2/other/blobs/uploads/?digest=${layer}`, { method: "POST", body: "0123456789" })).status).toBe(201);
    await expect(url("other")).rejects.toMatchObject({ name: "LayerInaccessibleException" });
  });

  test("of a layer that only an archived image needs", async () => {
    const archive = { repositoryName: "team/app", imageId: { imageTag: "v1" }, targetStorageClass: "ARCHIVE" } as const;
    await ecr.send(new UpdateImageStorageClassCommand(archive));
    await expect(url()).rejects.toMatchObject({ name: "LayerInaccessibleException" });
  });

  test("of what is no digest", async () => {
    await expect(url("team/app", "latest")).rejects.toMatchObject({ name: "InvalidParameterException" });
  });
});
