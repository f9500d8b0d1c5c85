import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { expect, test } from "vitest";
import type { AuditRecord } from "../ports/audit-log.ts";
import { registryWorld, type RegistryWorld } from "../testing/registry-world.ts";

/** The world, with what its registry recorded of each request once the request is over. */
async function heardWorld(): Promise<
  { readonly world: RegistryWorld; readonly recordOf: (request: () => Promise<Response>) => Promise<AuditRecord> } & AsyncDisposable
> {
  const world = await registryWorld();
  await world.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "app" }));
  const heard = new EventEmitter();
  Object.assign(world.platform.audit, { append: (record: AuditRecord) => heard.emit("record", record) });
  return {
    world,
    async recordOf(request) {
      const recorded = once(heard, "record");
      await (await request()).arrayBuffer();
      const [record] = (await recorded) as [AuditRecord];
      return record;
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const EMPTY = "{}";
const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  config: { mediaType: "application/vnd.oci.empty.v1+json", digest: digestOf(EMPTY), size: 2 },
  layers: [],
});

test("a push and a pull are recorded under ECR's operations, with who, where and what", async () => {
  await using opened = await heardWorld();
  const { world, recordOf } = opened;
  const upload = await recordOf(() => world.fetch(`/v2/app/blobs/uploads/?digest=${digestOf(EMPTY)}`, { method: "POST", body: EMPTY }));
  expect(upload).toMatchObject({ eventName: "InitiateLayerUpload", readOnly: false, requestParameters: { repositoryName: "app" } });
  const headers = { "content-type": "application/vnd.oci.image.manifest.v1+json" };
  const push = await recordOf(() => world.fetch("/v2/app/manifests/v1", { method: "PUT", body: MANIFEST, headers }));
  expect(push).toMatchObject({
    eventSource: "ecr.amazonaws.com",
    eventName: "PutImage",
    awsRegion: "us-east-1",
    userIdentity: { type: "Root", arn: "arn:aws:iam::123456789012:root" },
    sourceIPAddress: "127.0.0.1",
    requestParameters: { registryId: "123456789012", repositoryName: "app", imageTag: "v1" },
    responseElements: { image: { imageId: { imageDigest: digestOf(MANIFEST), imageTag: "v1" } } },
    resources: [{ ARN: "arn:aws:ecr:us-east-1:123456789012:repository/app", type: "AWS::ECR::Repository" }],
    recipientAccountId: "123456789012",
  });
  expect(push).not.toHaveProperty("errorCode");
  expect(await recordOf(() => world.fetch("/v2/app/manifests/v1"))).toMatchObject({
    eventName: "BatchGetImage",
    readOnly: true,
    requestParameters: { imageIds: [{ imageTag: "v1" }] },
    responseElements: null,
  });
  expect(await recordOf(() => world.fetch(`/v2/app/blobs/${digestOf(EMPTY)}`))).toMatchObject({
    eventName: "GetDownloadUrlForLayer",
    requestParameters: { layerDigest: digestOf(EMPTY) },
  });
});

test("what is refused is recorded with ECR's code, and a token that is none without what it said", async () => {
  await using opened = await heardWorld();
  const { world, recordOf } = opened;
  expect(await recordOf(() => world.fetch("/v2/app/manifests/none"))).toMatchObject({ errorCode: "ImageNotFoundException" });
  expect(await recordOf(() => world.fetch("/v2/other/manifests/v1"))).toMatchObject({ errorCode: "RepositoryNotFoundException" });
  const authorization = `Basic ${Buffer.from("AWS:planted-5e").toString("base64")}`;
  const refused = await recordOf(() => world.fetch("/v2/app/manifests/v1", { headers: { authorization } }));
  expect(refused).toMatchObject({ errorCode: "AccessDenied", userIdentity: { type: "Unknown" } });
  expect(JSON.stringify(refused)).not.toContain("planted-5e");
  expect(refused).not.toHaveProperty("errorMessage");
});

test("the question whether to log in is not recorded", async () => {
  await using opened = await heardWorld();
  const { world, recordOf } = opened;
  await world.fetch("/v2/", { headers: { authorization: "" } });
  await world.fetch("/v2/");
  expect(await recordOf(() => world.fetch("/v2/app/tags/list"))).toMatchObject({ eventName: "ListImages" });
});
