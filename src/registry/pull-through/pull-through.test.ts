import {
  CreatePullThroughCacheRuleCommand,
  CreateRepositoryCommand,
  CreateRepositoryCreationTemplateCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  type CreatePullThroughCacheRuleCommandInput,
} from "@aws-sdk/client-ecr";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { imports } from "../../state/ecr-imports.ts";
import { pullThroughRules } from "../../state/ecr-pull-through.ts";
import { images, repositoryKey } from "../../state/ecr.ts";
import { fakeUpstream, type FakeUpstream } from "../../testing/fake-upstream.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { registryWorld, type RegistryWorld } from "../../testing/registry-world.ts";
import { OCI_INDEX, pushImageTo, smallImage, smallIndex, type SmallImage } from "../../testing/small-image.ts";

const ACCOUNT = "123456789012";
const HOUR = 3_600_000;

let clock: ManualClock;
let world: RegistryWorld;
let ecr: ECRClient;
let upstream: FakeUpstream;
/** What the operator allows; a test may add to it. */
let allowedUpstreams: string[];
beforeEach(async () => {
  clock = new ManualClock(Date.now());
  upstream = await fakeUpstream();
  allowedUpstreams = [`http://${upstream.host}`];
  world = await registryWorld({ clock, allowedUpstreams });
  ecr = world.client(ECRClient);
});
afterEach(async () => {
  await upstream[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const rule = (input: Partial<CreatePullThroughCacheRuleCommandInput> = {}): Promise<unknown> =>
  ecr.send(new CreatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: "hub", upstreamRegistryUrl: upstream.host, ...input }));
const get = (path: string, init: RequestInit = {}): Promise<Response> =>
  world.fetch(path, { ...init, headers: { authorization: world.authorization({ expiresAt: clock.now() + HOUR }), ...init.headers } });
const manifest = (reference: string, repository = "hub/app", init: RequestInit = {}): Promise<Response> =>
  get(`/v2/${repository}/manifests/${reference}`, init);
const blob = (digest: string, init: RequestInit = {}): Promise<Response> => get(`/v2/hub/app/blobs/${digest}`, init);

/** What a client does: the manifest, then all of its blobs. */
async function pull(reference: string, repository = "hub/app"): Promise<string> {
  const answer = await manifest(reference, repository);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${answer.status}: ${text}`);
  const { config, layers = [] } = JSON.parse(text) as { config?: { digest: string }; layers?: { digest: string }[] };
  for (const { digest } of config ? [config, ...layers] : []) {
    const got = await get(`/v2/${repository}/blobs/${digest}`);
    await got.arrayBuffer();
    expect(got.status).toBe(200);
  }
  return answer.headers.get("docker-content-digest") ?? "";
}

async function errorOf(answer: Response): Promise<string> {
  const { errors } = (await answer.json()) as { errors: { code: string; message: string }[] };
  return `${answer.status} ${errors[0]?.code}: ${errors[0]?.message}`;
}

function tagsOf(name = "hub/app"): readonly (readonly string[])[] {
  const key = repositoryKey({ account: ACCOUNT, region: "us-east-1" }, name);
  return world.platform.state
    .table(images)
    .by("repository", key)
    .map(({ tags }) => tags);
}

/** Resolves when an image is whole. */
async function whole(digest: string): Promise<void> {
  const { state } = world.platform;
  const { promise, resolve } = latch();
  const look = (): void => void ([...state.table(images).values()].some((image) => image.digest === digest) && resolve());
  const watch = state.watch(images, look);
  look();
  await promise;
  watch[Symbol.dispose]();
}

function latch(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

describe("an image that is not here", () => {
  test("is fetched as it is pulled, is an image like others then, and is fetched once", async () => {
    await rule();
    const image = smallImage({ layers: [Buffer.alloc(500_000, 1), Buffer.from("two")] });
    upstream.put("app", "1", image);
    expect(await pull("1")).toBe(image.digest);
    expect(tagsOf()).toEqual([["1"]]);
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({}));
    expect(repositories).toMatchObject([{ repositoryName: "hub/app", imageTagMutability: "MUTABLE" }]);
    const before = upstream.requests.length;
    expect(await pull("1")).toBe(image.digest);
    expect(await pull(image.digest)).toBe(image.digest);
    expect(upstream.requests).toHaveLength(before);
    expect(world.defects).toEqual([]);
  });

  test("has the bytes of upstream, also where it is empty or larger than a piece", async () => {
    await rule();
    const image = smallImage({ layers: [Buffer.alloc(0), Buffer.from("x"), Buffer.alloc(3_000_000, "abcdefg")] });
    upstream.put("app", "1", image);
    await manifest("1");
    for (const { digest, bytes } of image.blobs)
      for (const _time of ["streamed", "stored"]) {
        const got = await blob(digest);
        expect([got.status, got.headers.get("content-length"), got.headers.get("docker-content-digest")]).toEqual([
          200,
          String(bytes.length),
          digest,
        ]);
        expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
      }
  });

  test("of several platforms comes as its index, and the platform that is pulled", async () => {
    await rule();
    const [amd, arm] = [smallImage({ content: "amd" }), smallImage({ content: "arm" })];
    const index = smallIndex([amd, arm], ["amd64", "arm64"]);
    for (const image of [amd, arm]) upstream.put("app", image.digest, image);
    upstream.put("app", "1", index, OCI_INDEX);
    expect(await pull("1")).toBe(index.digest);
    await pull(arm.digest);
    const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName: "hub/app" }));
    expect(new Set(imageDetails.map(({ imageDigest }) => imageDigest))).toEqual(new Set([index.digest, arm.digest]));
    const sizes = new Map(imageDetails.map(({ imageDigest, imageSizeInBytes }) => [imageDigest, imageSizeInBytes]));
    expect(sizes.get(index.digest)).toBe(sizes.get(arm.digest));
  });

  test("is made whole in the background, where the client had some of its layers already", async () => {
    await rule();
    const image = smallImage();
    upstream.put("app", "1", image);
    expect((await manifest("1")).status).toBe(200);
    expect(tagsOf()).toEqual([]);
    const coming = whole(image.digest);
    clock.advance(15_000);
    await coming;
    expect(tagsOf()).toEqual([["1"]]);
    expect([...world.platform.state.table(imports).values()]).toEqual([]);
  });

  test("is tried again in the background, when upstream was down meanwhile", async () => {
    await rule();
    const image = smallImage();
    upstream.put("app", "1", image);
    await manifest("1");
    const failed = latch();
    upstream.instead = (_request, response) => {
      response.writeHead(503).end();
      failed.resolve();
      return true;
    };
    clock.advance(15_000);
    await failed.promise;
    upstream.instead = () => false;
    const coming = whole(image.digest);
    // The pause is set when the failure has come back.
    while ([...world.platform.state.table(imports).values()].length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(60_000);
    }
    await coming;
    expect(tagsOf()).toEqual([["1"]]);
  });

  test.each([
    [
      "a repository",
      "hub/other",
      "1",
      "404 NAME_UNKNOWN: The repository with name 'hub/other' does not exist in the registry with id '123456789012'",
    ],
    ["a tag", "hub/app", "2", "404 MANIFEST_UNKNOWN: Requested image not found"],
  ])("nor upstream has %s: that is told as if there were no rule", async (_what, repository, tag, error) => {
    await rule();
    upstream.put("app", "1", smallImage());
    await pull("1");
    expect(await errorOf(await manifest(tag, repository))).toBe(error);
  });

  test("and is asked for by HEAD, is there for who asks on", async () => {
    await rule();
    const image = smallImage();
    upstream.put("app", "1", image);
    const head = await manifest("1", "hub/app", { method: "HEAD" });
    expect([head.status, head.headers.get("docker-content-digest")]).toEqual([200, image.digest]);
    const [, layer] = image.blobs;
    const asked = await blob(layer?.digest ?? "", { method: "HEAD" });
    expect([asked.status, asked.headers.get("content-length")]).toEqual([200, String(layer?.bytes.length)]);
    const part = await blob(layer?.digest ?? "", { headers: { range: "bytes=1-3" } });
    expect([part.status, await part.text()]).toEqual([206, layer?.bytes.subarray(1, 4).toString()]);
  });
});

describe("many at the same time", () => {
  test("cause one transfer of a blob, and get the same bytes", async () => {
    await rule();
    const image = smallImage({ layers: [Buffer.alloc(2_000_000, 5)] });
    upstream.put("app", "1", image);
    await Promise.all(Array.from({ length: 5 }, async () => (await manifest("1")).text()));
    const [, layer] = image.blobs;
    const got = await Promise.all(
      Array.from({ length: 8 }, async () => Buffer.from(await (await blob(layer?.digest ?? "")).arrayBuffer())),
    );
    expect(got.every((bytes) => bytes.equals(layer?.bytes ?? Buffer.alloc(0)))).toBe(true);
    const asked = (path: string): number => upstream.requests.filter((request) => request === `GET ${path}`).length;
    expect([asked(`/v2/app/manifests/1`), asked(`/v2/app/blobs/${layer?.digest}`)]).toEqual([1, 1]);
  });

  test("a client that leaves does not end the transfer for the others", async () => {
    await rule();
    const image = smallImage({ layers: [Buffer.alloc(1_000_000, 6)] });
    upstream.put("app", "1", image);
    await manifest("1");
    const [config, layer] = image.blobs;
    await (await blob(config?.digest ?? "")).arrayBuffer();
    const [halfway, goOn] = [latch(), latch()];
    upstream.instead = (_request, response) => {
      response.writeHead(200, { "content-length": 1_000_000 });
      response.write(layer?.bytes.subarray(0, 500_000));
      halfway.resolve();
      void goOn.promise.then(() => response.end(layer?.bytes.subarray(500_000)));
      return true;
    };
    const leaving = new AbortController();
    const left = blob(layer?.digest ?? "", { signal: leaving.signal }).then((got) => got.arrayBuffer());
    await halfway.promise;
    leaving.abort();
    await expect(left).rejects.toMatchObject({ name: "AbortError" });
    const other = blob(layer?.digest ?? "");
    goOn.resolve();
    expect(Buffer.from(await (await other).arrayBuffer()).equals(layer?.bytes ?? Buffer.alloc(0))).toBe(true);
    await whole(image.digest);
  });
});

describe("a tag that came from upstream", () => {
  const [old, young] = [smallImage({ content: "old" }), smallImage({ content: "young" })];
  beforeEach(async () => {
    await rule();
    upstream.put("app", "latest", old);
    await pull("latest");
    upstream.put("app", "latest", young);
  });

  test("is looked up again after 24 hours, and not before", async () => {
    clock.advance(23 * HOUR);
    expect((await manifest("latest")).headers.get("age")).toBe(String(23 * 3600));
    expect(await pull("latest")).toBe(old.digest);
    clock.advance(HOUR);
    expect(await pull("latest")).toBe(young.digest);
    expect(tagsOf()).toEqual(expect.arrayContaining([["latest"], []]));
  });

  test("is not fetched again where it still means the same", async () => {
    upstream.put("app", "latest", old);
    clock.advance(25 * HOUR);
    upstream.requests.length = 0;
    expect(await pull("latest")).toBe(old.digest);
    expect(upstream.requests).toEqual(["HEAD /v2/app/manifests/latest"]);
    clock.advance(23 * HOUR);
    await pull("latest");
    expect(upstream.requests).toHaveLength(1);
  });

  test("stays what it was where tags are immutable", async () => {
    await ecr.send(new DeleteRepositoryCommand({ repositoryName: "hub/app", force: true }));
    await ecr.send(new CreateRepositoryCommand({ repositoryName: "hub/app", imageTagMutability: "IMMUTABLE" }));
    upstream.put("app", "latest", old);
    await pull("latest");
    upstream.put("app", "latest", young);
    clock.advance(25 * HOUR);
    expect(await pull("latest")).toBe(old.digest);
  });

  test("is nobody's but who pushed it since", async () => {
    const own = smallImage({ content: "own" });
    await pushImageTo(world, "hub/app", "latest", own, { authorization: world.authorization({ expiresAt: clock.now() + HOUR }) });
    clock.advance(48 * HOUR);
    upstream.requests.length = 0;
    expect(await pull("latest")).toBe(own.digest);
    expect(upstream.requests).toEqual([]);
  });

  test.each<[string, (upstream: FakeUpstream) => Promise<void> | void]>([
    ["is down", async (fake) => await fake[Symbol.asyncDispose]()],
    ["fails", (fake) => void (fake.instead = (_request, response) => Boolean(response.writeHead(500).end()))],
    ["takes no more requests", (fake) => void (fake.instead = (_request, response) => Boolean(response.writeHead(429).end()))],
    ["hides it", (fake) => void (fake.auth = { scheme: "basic", username: "a", password: "b" })],
    ["has it no more", (fake) => fake.delete("app", "latest")],
    ["gives nonsense", (fake) => void (fake.instead = (_request, response) => Boolean(response.writeHead(200).end("<html>")))],
  ])("is served as it was, where upstream %s", async (_why, harm) => {
    await harm(upstream);
    clock.advance(25 * HOUR);
    expect(await pull("latest")).toBe(old.digest);
    expect(world.defects).toEqual([]);
  });

  test("leaves an upstream registry that is down in peace for a minute", async () => {
    upstream.instead = (_request, response) => Boolean(response.writeHead(500).end());
    clock.advance(25 * HOUR);
    await pull("latest");
    upstream.requests.length = 0;
    await pull("latest");
    expect(upstream.requests).toEqual([]);
    clock.advance(60_000);
    upstream.instead = () => false;
    expect(await pull("latest")).toBe(young.digest);
  });
});

describe("an upstream registry that misbehaves", () => {
  const image = smallImage({ layers: [Buffer.alloc(100_000, 7)] });
  const layer = image.blobs[1] ?? { digest: "", bytes: Buffer.alloc(0) };
  const answering = (path: RegExp, answer: (response: import("node:http").ServerResponse) => void): void => {
    upstream.instead = (request, response) => {
      if (!path.test(request.url ?? "")) return false;
      answer(response);
      return true;
    };
  };
  beforeEach(async () => {
    await rule();
    upstream.put("app", "1", image);
  });

  test.each<[string, string, (response: import("node:http").ServerResponse) => void]>([
    ["manifests that are none", "400 UNAVAILABLE", (response) => void response.writeHead(200).end("{}")],
    ["manifests without end", "400 UNAVAILABLE", (response) => void response.writeHead(200).end(Buffer.alloc(5_000_000, " "))],
    ["no answer but an error", "400 UNAVAILABLE", (response) => void response.writeHead(500).end()],
    [
      "half a manifest",
      "400 UNAVAILABLE",
      (response) => void response.writeHead(200, { "content-length": 100 }).write("{", () => response.destroy()),
    ],
    ["that it has had too much", "429 TOOMANYREQUESTS", (response) => void response.writeHead(429).end()],
    ["nothing without credentials", "403 DENIED", (response) => void response.writeHead(401).end()],
    [
      "its blessing for the metadata of the machine",
      "403 DENIED",
      (response) => void response.writeHead(302, { location: "http://169.254.169.254/latest" }).end(),
    ],
  ])("gives %s: the pull is told %s", async (_what, error, answer) => {
    answering(/manifests/, answer);
    expect(await errorOf(await manifest("1"))).toContain(error);
    expect(world.defects).toEqual([]);
  });

  test("gives another manifest than that of the digest: the pull is refused", async () => {
    answering(/manifests/, (response) => void response.writeHead(200).end(smallImage({ content: "other" }).text));
    expect(await errorOf(await manifest(image.digest))).toContain("400 UNAVAILABLE");
  });

  test.each<[string, (response: import("node:http").ServerResponse) => void]>([
    ["other bytes of the same length", (response) => void response.writeHead(200).end(Buffer.alloc(100_000, 8))],
    [
      "half of it",
      (response) =>
        void response.writeHead(200, { "content-length": 100_000 }).write(layer.bytes.subarray(0, 50_000), () => response.destroy()),
    ],
    ["more than there is", (response) => void response.writeHead(200).end(Buffer.alloc(200_000, 7))],
  ])("gives of a blob %s: the client sees it, nothing of it is kept, and the next pull is whole", async (_what, answer) => {
    await manifest("1");
    answering(/blobs/, answer);
    const told = await blob(layer.digest)
      .then(async (got) => await got.arrayBuffer().then(() => got.status))
      .catch(() => "cut");
    expect(["cut", 400]).toContain(told);
    upstream.instead = () => false;
    const good = await blob(layer.digest);
    expect(Buffer.from(await good.arrayBuffer()).equals(layer.bytes)).toBe(true);
    expect(world.defects).toEqual([]);
  });

  test("gives a blob of another length: the pull is refused before it begins", async () => {
    await manifest("1");
    answering(/blobs/, (response) => void response.writeHead(200, { "content-length": 3 }).end("abc"));
    expect(await errorOf(await blob(layer.digest))).toContain("400 UNAVAILABLE");
  });
});

describe("credentials", () => {
  const secret = async (SecretString: string): Promise<string> => {
    const { ARN = "" } = await world
      .client(SecretsManagerClient)
      .send(new CreateSecretCommand({ Name: "ecr-pullthroughcache/hub", SecretString }));
    return ARN;
  };

  test.each(["basic", "bearer"] as const)("of the rule's secret are shown as the upstream registry wants them: %s", async (scheme) => {
    upstream.auth = { scheme, username: "ann", password: "s3cret:with:colons" };
    await rule({ credentialArn: await secret(JSON.stringify({ username: "ann", accessToken: "s3cret:with:colons" })) });
    const image = smallImage();
    upstream.put("app", "1", image);
    expect(await pull("1")).toBe(image.digest);
    expect(upstream.requests.filter((request) => request === "GET /token").length).toBe(scheme === "bearer" ? 1 : 0);
  });

  test("that upstream does not take are told of without telling them", async () => {
    upstream.auth = { scheme: "bearer", username: "ann", password: "right" };
    await rule({ credentialArn: await secret(JSON.stringify({ username: "ann", accessToken: "wrong-and-secret" })) });
    const error = await errorOf(await manifest("1"));
    expect(error).toContain("403 DENIED: The authentication to the upstream registry failed. Verify that the credentials");
    expect(error).not.toContain("wrong-and-secret");
  });
});

describe("who pulls", () => {
  const asUser = async (name: string, ...actions: readonly string[]): Promise<string> => {
    const { CreateUserCommand, CreateAccessKeyCommand, IAMClient, PutUserPolicyCommand } = await import("@aws-sdk/client-iam");
    const { GetAuthorizationTokenCommand } = await import("@aws-sdk/client-ecr");
    const iam = world.client(IAMClient);
    await iam.send(new CreateUserCommand({ UserName: name }));
    const Action = ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", ...actions];
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
    await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: "p", PolicyDocument }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }));
    const keys = { accessKeyId: AccessKey?.AccessKeyId ?? "", secretAccessKey: AccessKey?.SecretAccessKey ?? "" };
    const client = new ECRClient({ endpoint: `http://${world.host}`, region: "us-east-1", credentials: keys, maxAttempts: 1 });
    const { authorizationData: [data] = [] } = await client.send(new GetAuthorizationTokenCommand({}));
    client.destroy();
    return `Basic ${data?.authorizationToken ?? ""}`;
  };

  test("must be allowed to import, and to create the repository where there is none; what is here, everybody may pull who may pull", async () => {
    await rule();
    const image = smallImage();
    upstream.put("app", "1", image);
    const ask = async (authorization: string): Promise<Response> => await manifest("1", "hub/app", { headers: { authorization } });
    const reader = await asUser("reader");
    expect(await errorOf(await ask(reader))).toMatch(
      /^403 DENIED: User: .*user\/reader is not authorized to perform: ecr:CreateRepository/,
    );
    const importer = await asUser("importer", "ecr:BatchImportUpstreamImage");
    expect(await errorOf(await ask(importer))).toContain("ecr:CreateRepository");
    expect((await ask(await asUser("both", "ecr:BatchImportUpstreamImage", "ecr:CreateRepository"))).status).toBe(200);
    expect((await ask(reader)).status).toBe(200);
    upstream.put("app", "2", smallImage({ content: "2" }));
    const second = await manifest("2", "hub/app", { headers: { authorization: reader } });
    expect(await errorOf(second)).toContain("ecr:BatchImportUpstreamImage");
    expect((await manifest("2", "hub/app", { headers: { authorization: importer } })).status).toBe(200);
  });
});

test("the repository has the settings of the template for pulls through the cache", async () => {
  await ecr.send(
    new CreateRepositoryCreationTemplateCommand({
      prefix: "hub",
      appliedFor: ["PULL_THROUGH_CACHE"],
      encryptionConfiguration: { encryptionType: "KMS" },
    }),
  );
  await rule();
  const image = smallImage();
  upstream.put("app", "1", image);
  await pull("1");
  expect(await pull("1")).toBe(image.digest);
  const { repositories } = await ecr.send(new DescribeRepositoriesCommand({}));
  expect(repositories).toMatchObject([{ encryptionConfiguration: { encryptionType: "KMS" } }]);
});

test.each([
  ["hub", "ROOT", "hub/library/app", "library/app"],
  ["hub", "team/a", "hub/app", "team/a/app"],
  ["ROOT", "ROOT", "library/app", "library/app"],
])("with the prefixes %s and %s, %s is %s upstream", async (ecrRepositoryPrefix, upstreamRepositoryPrefix, name, there) => {
  await rule({ ecrRepositoryPrefix, upstreamRepositoryPrefix });
  const image = smallImage();
  upstream.put(there, "1", image);
  expect(await pull("1", name)).toBe(image.digest);
});

test("a repository that is deleted while it is filled takes the import with it", async () => {
  await rule();
  upstream.put("app", "1", smallImage());
  await manifest("1");
  await ecr.send(new DeleteRepositoryCommand({ repositoryName: "hub/app", force: true }));
  await Promise.resolve();
  expect([...world.platform.state.table(imports).values()]).toEqual([]);
  upstream.requests.length = 0;
  expect(await pull("1")).toBe(smallImage().digest);
});

describe("what a rule may do is asked again at each pull", () => {
  const secretArn = async (): Promise<string> => {
    const SecretString = JSON.stringify({ username: "ann", accessToken: "s3cret" });
    const { ARN = "" } = await world
      .client(SecretsManagerClient)
      .send(new CreateSecretCommand({ Name: "ecr-pullthroughcache/own", SecretString }));
    return ARN;
  };

  test("a registry that the operator allows no more is not asked; what is here of it is served", async () => {
    await rule();
    upstream.put("app", "1", smallImage());
    upstream.put("app", "2", smallImage({ content: "2" }));
    await pull("1");
    allowedUpstreams.length = 0;
    upstream.requests.length = 0;
    expect(await errorOf(await manifest("2"))).toContain(
      "403 DENIED: UnsupportedUpstreamRegistryException: The specified upstream registry",
    );
    clock.advance(25 * HOUR);
    expect((await manifest("1")).status).toBe(200);
    expect(upstream.requests).toEqual([]);
  });

  test("a secret that whoever gave it may not read any more is not shown", async () => {
    await rule({ credentialArn: await secretArn() });
    upstream.auth = { scheme: "basic", username: "ann", password: "s3cret" };
    upstream.put("app", "1", smallImage());
    upstream.put("app", "2", smallImage({ content: "2" }));
    await pull("1");
    const table = world.platform.state.table(pullThroughRules);
    const [made = expect.fail("no rule")] = table.values();
    const { credentialReader: reader = expect.fail("nobody gave the secret") } = made;
    const nobody = { ...reader, principal: { ...reader.principal, kind: "user" as const, userName: "gone" }, ownerId: "AIDAGONE" };
    world.platform.state.commit(() => table.put({ ...made, credentialReader: nobody }));
    upstream.requests.length = 0;
    expect(await errorOf(await manifest("2"))).toContain("403 DENIED: UnableToAccessSecretException: The secret is unable to be accessed.");
    expect(upstream.requests).toEqual([]);
  });
});

describe("registries of Airfield as upstream", () => {
  const secretOf = async (of: RegistryWorld): Promise<string> => {
    const password = Buffer.from(of.authorization({ expiresAt: Date.now() + HOUR }).replace("Basic ", ""), "base64")
      .toString()
      .replace("AWS:", "");
    const SecretString = JSON.stringify({ username: "AWS", accessToken: password });
    const { ARN = "" } = await world
      .client(SecretsManagerClient)
      .send(new CreateSecretCommand({ Name: `ecr-pullthroughcache/${of.host.replace(":", "-")}`, SecretString }));
    return ARN;
  };

  test("another installation gives what it has", async () => {
    await using other = await registryWorld({ rootKey: 8 });
    await other.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "app" }));
    const image: SmallImage = smallImage();
    await pushImageTo(other, "app", "1", image);
    allowedUpstreams.push(`http://${other.host}`);
    await rule({ upstreamRegistryUrl: other.host, credentialArn: await secretOf(other) });
    expect(await pull("1")).toBe(image.digest);
    expect(other.defects).toEqual([]);
  });

  test("a registry that is its own upstream is asked once", async () => {
    allowedUpstreams.push(`http://${world.host}`);
    await rule({
      ecrRepositoryPrefix: "loop",
      upstreamRepositoryPrefix: "loop",
      upstreamRegistryUrl: world.host,
      credentialArn: await secretOf(world),
    });
    expect(await errorOf(await manifest("1", "loop/app"))).toContain("404 NAME_UNKNOWN");
  });

  test("an image of another region of one's own is copied without a request", async () => {
    const far = world.client(ECRClient, "eu-west-1");
    await far.send(new CreateRepositoryCommand({ repositoryName: "app" }));
    const image = smallImage();
    const authorization = world.authorization({ region: "eu-west-1", expiresAt: clock.now() + HOUR });
    await pushImageTo(world, "app", "1", image, { authorization });
    await rule({ upstreamRegistryUrl: `${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com` });
    expect(await pull("1")).toBe(image.digest);
    expect(tagsOf()).toEqual([["1"]]);
  });
});

test("a blob that no manifest here names is not fetched", async () => {
  await rule();
  const image = smallImage();
  upstream.put("app", "1", image);
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "hub/app" }));
  expect((await blob(image.blobs[1]?.digest ?? "")).status).toBe(404);
  expect(upstream.requests).toEqual([]);
});

test("skopeo copies out of the cache, and the image is whole here", async () => {
  await rule();
  const image = smallImage();
  upstream.put("app", "1", image);
  const password = Buffer.from(world.authorization({ expiresAt: clock.now() + HOUR }).replace("Basic ", ""), "base64").toString();
  const { code, stderr } = await world.run("skopeo", [
    ...["copy", "--src-tls-verify=false", "--src-creds", password],
    ...[`docker://${world.host}/hub/app:1`, `oci:${world.directory}/copied:1`],
  ]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(tagsOf()).toEqual([["1"]]);
});
