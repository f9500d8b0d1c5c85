import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { request } from "node:http";
import {
  BatchCheckLayerAvailabilityCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetDownloadUrlForLayerCommand,
  PutImageCommand,
} from "@aws-sdk/client-ecr";
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { registryWorld, type RegistryWorld } from "../testing/registry-world.ts";
import { OCI_IMAGE, pushImageTo, smallImage } from "../testing/small-image.ts";

// Ways into a registry and across its repositories that were tried, and that lead nowhere. The intruder may do everything to `mine`, and
// nothing else; what it looks for is in `secret/app`.

const ROOT_KEYS = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY" };
const image = smallImage({ content: "the secret" });
const [config = expect.fail(), layer = expect.fail()] = image.blobs;

let world: RegistryWorld;
let intruder: ECRClient;
let authorization: string;
beforeAll(async () => {
  world = await registryWorld();
  for (const repositoryName of ["secret/app", "mine"]) await world.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName }));
  await pushImageTo(world, "secret/app", "v1", image);
  const iam = world.client(IAMClient);
  await iam.send(new CreateUserCommand({ UserName: "intruder" }));
  const Statement = [
    { Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" },
    { Effect: "Allow", Action: "ecr:*", Resource: "arn:aws:ecr:us-east-1:123456789012:repository/mine" },
  ];
  const policy = { PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) };
  await iam.send(new PutUserPolicyCommand({ UserName: "intruder", ...policy }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "intruder" }));
  const keys = { accessKeyId: AccessKey?.AccessKeyId ?? "", secretAccessKey: AccessKey?.SecretAccessKey ?? "" };
  intruder = client(ECRClient, keys);
  const { credentials } = world.platform;
  const found = credentials.find(keys.accessKeyId, undefined, Date.now());
  if (found.kind !== "found") expect.fail("the key was just made");
  authorization = world.authorization({ holder: found.principal });
});
afterAll(async () => {
  intruder.destroy();
  await world[Symbol.asyncDispose]();
});

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

function client<C>(constructor: new (config: object) => C, credentials: Keys): C {
  const endpoint = `http://${world.host.replace("localhost", "127.0.0.1")}`;
  return new constructor({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Sends a path exactly as it is written. */
function send(method: string, path: string, body: Buffer | string = "", headers: object = {}): Promise<Answer> {
  const [, port] = world.host.split(":");
  const sent = { authorization, ...headers, "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, method, path, headers: sent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString(), headers: answer.headers }));
    })
      .on("error", reject)
      .end(body);
  });
}

const passwordOf = (header: string): string => Buffer.from(header.slice(6), "base64").toString().slice("AWS:".length);
const basic = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

describe("what proves who asks is good for its own purpose alone", () => {
  test("keys of the API are no password of the registry", async () => {
    const { Credentials } = await client(STSClient, ROOT_KEYS).send(new GetSessionTokenCommand({}));
    const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = Credentials ?? {};
    for (const proof of [
      basic("AWS", ROOT_KEYS.secretAccessKey),
      basic(ROOT_KEYS.accessKeyId, ROOT_KEYS.secretAccessKey),
      basic("AWS", SessionToken),
      basic("AWS", SecretAccessKey),
      basic(AccessKeyId, SessionToken),
      `Bearer ${SessionToken}`,
      `Bearer ${passwordOf(authorization)}`,
    ])
      expect((await send("GET", "/v2/secret/app/manifests/v1", "", { authorization: proof })).status).toBe(401);
    // What is signed is asked of the APIs, some of which are below /v2/ as well: there it is no request that anybody answers.
    const signed = `AWS4-HMAC-SHA256 Credential=${ROOT_KEYS.accessKeyId}/20260101/us-east-1/ecr/aws4_request, SignedHeaders=host, Signature=0`;
    const answer = await send("GET", "/v2/secret/app/manifests/v1", "", { authorization: signed });
    expect([answer.status, answer.body]).toEqual([400, expect.stringContaining("IncompleteSignatureException")]);
  });

  test("a password of the registry is no key of the API", async () => {
    const token = passwordOf(world.authorization());
    const ask = (keys: Keys): Promise<unknown> => client(STSClient, keys).send(new GetCallerIdentityCommand({}));
    await expect(ask({ ...ROOT_KEYS, secretAccessKey: token })).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
    await expect(ask({ ...ROOT_KEYS, sessionToken: token })).rejects.toMatchObject({ name: "InvalidClientTokenId" });
    await expect(ask({ accessKeyId: "AWS", secretAccessKey: token })).rejects.toMatchObject({ name: "InvalidClientTokenId" });
  });

  test("a page's token is neither", async () => {
    for (const repositoryName of ["more-1", "more-2"]) await world.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName }));
    const { nextToken = "" } = await world.client(ECRClient).send(new DescribeRepositoriesCommand({ maxResults: 1 }));
    expect(nextToken).not.toBe("");
    expect((await send("GET", "/v2/", "", { authorization: basic("AWS", nextToken) })).status).toBe(401);
  });
});

describe("blobs of another repository, by the digest that one knows", () => {
  test.each([
    ["are not there to read", "GET", `/v2/mine/blobs/${layer.digest}`, 404],
    ["are not there to ask after", "HEAD", `/v2/mine/blobs/${layer.digest}`, 404],
    ["are not there in part", "GET", `/v2/mine/blobs/${config.digest}`, 404],
    ["are not to be deleted", "DELETE", `/v2/mine/blobs/${layer.digest}`, 404],
    ["tell nothing of where they are", "GET", `/v2/mine/manifests/${image.digest}`, 404],
    ["are refused where they are", "GET", `/v2/secret/app/blobs/${layer.digest}`, 403],
    ["are refused where they would be", "GET", `/v2/secret/none/blobs/${layer.digest}`, 403],
  ])("%s: %s", async (_what, method, path, status) => {
    const { status: told, body } = await send(method, path, "", method === "GET" ? { range: "bytes=0-3" } : {});
    expect([told, body.includes("the secret")]).toEqual([status, false]);
  });

  test.each([`?mount=${layer.digest}&from=secret/app`, `?mount=${layer.digest}`, `?mount=${layer.digest}&from=`, `?from=secret/app`])(
    "are not given by a mount (%s), which looks as if they were not there",
    async (query) => {
      const { status, headers } = await send("POST", `/v2/mine/blobs/uploads/${query}`);
      expect([status, headers["docker-content-digest"]]).toEqual([202, undefined]);
      expect((await send("HEAD", `/v2/mine/blobs/${layer.digest}`)).status).toBe(404);
    },
  );

  test("are not taken for one's own without their bytes", async () => {
    expect((await send("POST", `/v2/mine/blobs/uploads/?digest=${layer.digest}`)).status).toBe(400);
    const { headers } = await send("POST", "/v2/mine/blobs/uploads/");
    expect((await send("PUT", `${String(headers["location"])}?digest=${layer.digest}`, "guess")).status).toBe(400);
    expect((await send("HEAD", `/v2/mine/blobs/${layer.digest}`)).status).toBe(404);
  });

  test("are not lent to a manifest, by either API", async () => {
    const put = await send("PUT", "/v2/mine/manifests/stolen", image.text, { "content-type": OCI_IMAGE });
    expect([put.status, put.body]).toEqual([404, expect.stringContaining("MANIFEST_BLOB_UNKNOWN")]);
    await expect(
      intruder.send(new PutImageCommand({ repositoryName: "mine", imageManifest: image.text, imageTag: "stolen" })),
    ).rejects.toMatchObject({ name: "LayersNotFoundException" });
    const index = JSON.stringify({
      ...{ schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json" },
      manifests: [{ mediaType: OCI_IMAGE, digest: image.digest, size: image.text.length }],
    });
    const { status } = await send("PUT", "/v2/mine/manifests/all", index, { "content-type": "application/vnd.oci.image.index.v1+json" });
    expect(status).toBe(404);
  });

  test("are unknown to the operations, too", async () => {
    const { layers, failures } = await intruder.send(
      new BatchCheckLayerAvailabilityCommand({ repositoryName: "mine", layerDigests: [layer.digest] }),
    );
    expect([layers?.map(({ layerAvailability }) => layerAvailability) ?? [], failures]).toEqual([["UNAVAILABLE"], []]);
    await expect(
      intruder.send(new GetDownloadUrlForLayerCommand({ repositoryName: "mine", layerDigest: layer.digest })),
    ).rejects.toMatchObject({ name: "LayersNotFoundException" });
    const { images } = await intruder.send(
      new BatchGetImageCommand({ repositoryName: "mine", imageIds: [{ imageDigest: image.digest }, { imageTag: "v1" }] }),
    );
    expect(images).toEqual([]);
  });
});

describe("the list of repositories", () => {
  test("is not for who may not describe them", async () => {
    const { status, body } = await send("GET", "/v2/_catalog");
    expect([status, body.includes("secret/app")]).toEqual([403, false]);
  });

  test("has those of one's own account alone", async () => {
    const { body } = await send("GET", "/v2/_catalog", "", { authorization: world.authorization({ account: "210987654321" }) });
    expect(JSON.parse(body)).toEqual({ repositories: [] });
  });
});

const DOTS = ["..", "%2e%2e", "%2E.", "..%2f", "%2e%2e%2f", "..%252f", "%252e%252e", "..%5c", "..;", "%00..", "%c0%ae%c0%ae", "....//"];

describe("a path means what it says, and nothing else", () => {
  test.each(DOTS)("%s leads out of no repository", async (dots) => {
    const wanted = [
      `/v2/mine/${dots}/secret/app/manifests/v1`,
      `/v2/mine/${dots}/${dots}/secret/app/tags/list`,
      `/v2/mine/manifests/${dots}${dots}secret%2fapp/manifests/v1`,
      `/v2/mine/manifests/${dots}%2f${dots}%2fsecret%2fapp%2fmanifests%2fv1`,
      `/v2/mine/blobs/${dots}%2f${dots}%2fsecret%2fapp%2fblobs%2f${layer.digest}`,
      `/v2/mine/blobs/${dots}/${dots}/secret/app/blobs/${layer.digest}`,
      `/v2/${dots}/v2/secret/app/manifests/v1`,
      `/${dots}/v2/secret/app/manifests/v1`,
      `/v2/mine/referrers/${dots}%2f${image.digest}`,
      `/v2/mine/_airfield/sbom/${dots}%2f${dots}%2fsecret%2fapp`,
    ];
    for (const path of wanted) {
      const { status, body } = await send("GET", path);
      expect([path, status >= 400 && status < 500, body.includes("the secret"), body.includes(config.digest)]).toEqual([
        path,
        true,
        false,
        false,
      ]);
    }
    expect(world.defects).toEqual([]);
  });

  test.each(DOTS)("%s in the id of an upload makes no file, and reaches none", async (dots) => {
    const before = (await readdir(world.directory, { recursive: true })).toSorted();
    for (const id of [`${dots}x`, `${dots}%2f${dots}%2fx`, `${dots}/${dots}/x`, `${"0".repeat(32)}${dots}`, `import-${dots}%2fx`])
      for (const method of ["PATCH", "PUT", "GET", "DELETE"]) {
        const { status } = await send(method, `/v2/mine/blobs/uploads/${id}?digest=${layer.digest}`, method === "GET" ? "" : "bytes");
        expect([method, id, status >= 400 && status < 500]).toEqual([method, id, true]);
      }
    expect((await readdir(world.directory, { recursive: true })).toSorted()).toEqual(before);
    expect(world.defects).toEqual([]);
  });

  test("names of what every object has are names like others", async () => {
    for (const name of ["__proto__", "constructor", "toString", "hasownproperty"])
      for (const path of [`/v2/${name}/tags/list`, `/v2/mine/manifests/${name}`, `/v2/mine/blobs/uploads/${name}`])
        expect([path, [400, 403, 404].includes((await send("GET", path)).status)]).toEqual([path, true]);
    expect(world.defects).toEqual([]);
  });
});

test("a manifest of many layers of brackets is refused, whatever it costs to read", async () => {
  const deep = `${"[".repeat(2_000_000)}${"]".repeat(2_000_000)}`;
  for (const text of [
    deep,
    `{"schemaVersion":2,"config":${deep.slice(0, 100_000)}`,
    `{"schemaVersion":2,"layers":${'{"a":'.repeat(500_000)}`,
  ]) {
    const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
    const { status } = await send("PUT", `/v2/mine/manifests/${digest}`, text, { "content-type": OCI_IMAGE });
    expect(status).toBe(400);
  }
  expect(world.defects).toEqual([]);
});
