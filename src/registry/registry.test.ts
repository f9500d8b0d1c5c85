import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { expect, test } from "vitest";
import { registryWorld, type RegistryWorld } from "../testing/registry-world.ts";
import { commonKeys } from "../state/ecr-encryption.ts";
import { collectBlobs } from "../control/blob-collection.ts";

const digestOf = (bytes: Uint8Array | string): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** A world with the repository `app`, where nothing else is said. */
async function worldWith(...names: readonly string[]): Promise<RegistryWorld> {
  const world = await registryWorld();
  for (const name of names.length > 0 ? names : ["app"]) await createRepository(world, name);
  return world;
}

async function createRepository(world: RegistryWorld, repositoryName: string, region?: string): Promise<void> {
  await world.client(ECRClient, region).send(new CreateRepositoryCommand({ repositoryName }));
}

async function pushBlob(world: RegistryWorld, bytes: Uint8Array, name = "app"): Promise<string> {
  const digest = digestOf(bytes);
  const answer = await world.fetch(`/v2/${name}/blobs/uploads/?digest=${digest}`, { method: "POST", body: bytes });
  expect(answer.status).toBe(201);
  return digest;
}

const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";

async function imageOf(world: RegistryWorld, content: string, extra: object = {}, name = "app"): Promise<string> {
  const [config, layer] = [Buffer.from(`{"of":"${content}"}`), Buffer.from(content)];
  const descriptor = (mediaType: string, digest: string, bytes: Buffer): object => ({ mediaType, digest, size: bytes.length });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: IMAGE,
    config: descriptor("application/vnd.oci.image.config.v1+json", await pushBlob(world, config, name), config),
    layers: [descriptor("application/vnd.oci.image.layer.v1.tar", await pushBlob(world, layer, name), layer)],
    ...extra,
  });
}

function putManifest(world: RegistryWorld, reference: string, text: string, type = IMAGE, name = "app"): Promise<Response> {
  return world.fetch(`/v2/${name}/manifests/${reference}`, { method: "PUT", body: text, headers: { "content-type": type } });
}

async function errorOf(answer: Response): Promise<string> {
  const { errors } = (await answer.json()) as { errors: { code: string; message: string }[] };
  return `${answer.status} ${errors[0]?.code}: ${errors[0]?.message}`;
}

test("who shows no token is refused before a byte of the body is read, and who is refused is not waited for", async () => {
  await using world = await worldWith();
  const [, port] = world.host.split(":");
  const socket = connect(Number(port), "127.0.0.1");
  socket.write("POST /v2/app/blobs/uploads/ HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10000000000\r\n\r\n");
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 401 /);
  await once(socket, "close");
});

test("a connection over which a token was shown is kept before those of strangers; these wait for their turns", async () => {
  await using world = await registryWorld({ limits: { connections: 2, strangers: { rate: 10, burst: 1 } } });
  const ask = async (authorization: string): Promise<ReturnType<typeof connect>> => {
    const socket = connect(Number(world.host.split(":")[1]), "127.0.0.1");
    socket.write(`GET /v2/ HTTP/1.1\r\nhost: localhost\r\n${authorization}\r\n`);
    await once(socket, "data");
    return socket;
  };
  const known = await ask(`authorization: ${world.authorization()}\r\n`);
  const before = performance.now();
  const stranger = await ask("");
  const gone = once(stranger, "close");
  const newcomer = await ask("");
  expect(performance.now() - before).toBeGreaterThan(90);
  await gone;
  expect(known.closed).toBe(false);
  for (const socket of [known, newcomer]) socket.destroy();
});

test.each([
  ["no credentials", () => ""],
  ["a token of nobody's", () => `Basic ${Buffer.from("AWS:nonsense").toString("base64")}`],
  ["a token with a changed bit", (world: RegistryWorld) => tampered(world.authorization())],
  [
    "a token under another user",
    (world: RegistryWorld) => `Basic ${Buffer.from(`root:${passwordOf(world.authorization())}`).toString("base64")}`,
  ],
])("%s: 401, with the challenge of ECR", async (_what, authorization) => {
  await using world = await registryWorld();
  const answer = await world.fetch("/v2/", { headers: { authorization: authorization(world) } });
  expect(answer.headers.get("www-authenticate")).toBe(
    `Basic realm="https://${world.host.replace("localhost", "127.0.0.1")}/",service="ecr.amazonaws.com"`,
  );
  expect(await errorOf(answer)).toMatch(/^401 UNAUTHORIZED/);
});

function passwordOf(header: string): string {
  return Buffer.from(header.slice("Basic ".length), "base64").toString().slice("AWS:".length);
}

function tampered(header: string): string {
  const bytes = Buffer.from(passwordOf(header), "base64");
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  return `Basic ${Buffer.from(`AWS:${bytes.toString("base64")}`).toString("base64")}`;
}

test("a token of GetAuthorizationToken is good for twelve hours, and says when it is over", async () => {
  await using world = await registryWorld();
  const { authorizationData } = JSON.parse((await world.aws("ecr", "get-authorization-token")).stdout);
  expect(authorizationData[0].proxyEndpoint).toBe(`http://${world.host}`);
  const hours = (Date.parse(authorizationData[0].expiresAt) || authorizationData[0].expiresAt * 1000) - Date.now();
  expect(hours / 3_600_000).toBeCloseTo(12, 1);
  const good = await world.fetch("/v2/", { headers: { authorization: `Basic ${authorizationData[0].authorizationToken}` } });
  expect([good.status, good.headers.get("docker-distribution-api-version")]).toEqual([200, "registry/2.0"]);
  const over = await world.fetch("/v2/", { headers: { authorization: world.authorization({ expiresAt: Date.now() - 1 }) } });
  expect(await errorOf(over)).toBe("403 DENIED: Your authorization token has expired. Reauthenticate and try again.");
});

test("accounts and regions have repositories and blobs of their own", async () => {
  await using world = await worldWith();
  const digest = await pushBlob(world, Buffer.from("private"));
  for (const scope of [{ account: "210987654321" }, { region: "eu-west-1" }]) {
    const elsewhere = { headers: { authorization: world.authorization(scope) } };
    expect(await errorOf(await world.fetch(`/v2/app/blobs/${digest}`, elsewhere))).toMatch(/^404 NAME_UNKNOWN/);
  }
  await createRepository(world, "app", "eu-west-1");
  const inEurope = { headers: { authorization: world.authorization({ region: "eu-west-1" }) } };
  expect(await errorOf(await world.fetch(`/v2/app/blobs/${digest}`, inEurope))).toMatch(/^404 BLOB_UNKNOWN/);
  expect((await world.fetch(`/v2/app/blobs/uploads/?mount=${digest}&from=app`, { method: "POST", ...inEurope })).status).toBe(202);
});

test("the host form of ECR must be of the token's region; which account's registry may be used, policies say", async () => {
  await using world = await registryWorld();
  const ask = (host: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(world.host.split(":")[1]), "127.0.0.1");
      socket.on("data", (data) => {
        resolve(data.toString().split("\r\n")[0] ?? "");
        socket.destroy();
      });
      socket.on("error", reject);
      socket.write(`GET /v2/ HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${world.authorization()}\r\n\r\n`);
    });
  expect(await ask("123456789012.dkr.ecr.us-east-1.amazonaws.com")).toBe("HTTP/1.1 200 OK");
  expect(await ask("123456789012.dkr.ecr.eu-west-1.amazonaws.com")).toBe("HTTP/1.1 403 Forbidden");
  expect(await ask("210987654321.dkr.ecr.us-east-1.airfield.test")).toBe("HTTP/1.1 200 OK");
});

test("an upload in chunks: progress, a gap refused, and the end", async () => {
  await using world = await worldWith();
  const bytes = randomBytes(300_000);
  const started = await world.fetch("/v2/app/blobs/uploads/", { method: "POST" });
  const location = started.headers.get("location") ?? "";
  expect([started.status, started.headers.get("range"), location.includes("?")]).toEqual([202, "0-0", false]);
  const chunk = (from: number, to: number): Promise<Response> =>
    world.fetch(location, {
      method: "PATCH",
      body: bytes.subarray(from, to),
      headers: { "content-range": `${from}-${to - 1}`, "content-type": "application/octet-stream" },
    });
  expect((await chunk(0, 100_000)).headers.get("range")).toBe("0-99999");
  const gap = await chunk(200_000, 300_000);
  expect([gap.status, gap.headers.get("range"), gap.headers.get("location")]).toEqual([416, "0-99999", location]);
  const status = await world.fetch(location);
  expect([status.status, status.headers.get("range")]).toEqual([204, "0-99999"]);
  expect((await chunk(100_000, 200_000)).status).toBe(202);
  const digest = digestOf(bytes);
  const last = await world.fetch(`${location}?digest=${digest}`, {
    method: "PUT",
    body: bytes.subarray(200_000),
    headers: { "content-range": "200000-299999" },
  });
  expect([last.status, last.headers.get("location"), last.headers.get("docker-content-digest")]).toEqual([
    201,
    `/v2/app/blobs/${digest}`,
    digest,
  ]);
  expect(Buffer.from(await (await world.fetch(`/v2/app/blobs/${digest}`)).arrayBuffer()).equals(bytes)).toBe(true);
  expect(await errorOf(await world.fetch(location))).toMatch(/^404 BLOB_UPLOAD_UNKNOWN/);
  expect(world.defects).toEqual([]);
});

test("an upload belongs to its repository and can be given up", async () => {
  await using world = await worldWith("app", "other");
  const location = (await world.fetch("/v2/app/blobs/uploads/", { method: "POST" })).headers.get("location") ?? "";
  expect((await world.fetch(location.replace("/app/", "/other/"), { method: "PATCH", body: "x" })).status).toBe(404);
  expect((await world.fetch(location, { method: "DELETE" })).status).toBe(204);
  expect((await world.fetch(location, { method: "PATCH", body: "x" })).status).toBe(404);
});

test("bytes that do not have the digest are refused, and nothing of them stays", async () => {
  await using world = await worldWith();
  const digest = digestOf("something else");
  expect(await errorOf(await world.fetch(`/v2/app/blobs/uploads/?digest=${digest}`, { method: "POST", body: "bytes" }))).toMatch(
    /^400 DIGEST_INVALID/,
  );
  expect((await world.fetch(`/v2/app/blobs/${digest}`, { method: "HEAD" })).status).toBe(404);
  expect(await world.platform.blobs.abortIdle(Date.now() + 60_000)).toBe(0);
});

test("a client that goes away in the middle can go on where it was", async () => {
  await using world = await worldWith();
  const location = (await world.fetch("/v2/app/blobs/uploads/", { method: "POST" })).headers.get("location") ?? "";
  const bytes = randomBytes(2_000_000);
  const socket = connect(Number(world.host.split(":")[1]), "127.0.0.1");
  const head = [
    `PATCH ${location} HTTP/1.1`,
    `Host: ${world.host}`,
    `Authorization: ${world.authorization()}`,
    "Content-Length: 4000000",
    "Expect: 100-continue",
    "",
    "",
  ];
  socket.write(head.join("\r\n"));
  // The server says so when the request has reached the registry.
  await once(socket, "data");
  await new Promise<void>((resolve) => socket.end(bytes, () => resolve()));
  // A chunk out of place waits for the broken one to end, and is told where the upload stands.
  const misplaced = await world.fetch(location, { method: "PATCH", body: "x", headers: { "content-range": "3999999-3999999" } });
  expect(misplaced.status).toBe(416);
  const received = Number(misplaced.headers.get("range")?.split("-")[1]) + 1;
  const done = await world.fetch(`${location}?digest=${digestOf(bytes)}`, { method: "PUT", body: bytes.subarray(received) });
  expect(done.status).toBe(201);
  expect(world.defects).toEqual([]);
});

test.each([
  ["bytes=0-4", 206, "01234", "bytes 0-4/10"],
  ["bytes=7-", 206, "789", "bytes 7-9/10"],
  ["bytes=-2", 206, "89", "bytes 8-9/10"],
  ["bytes=5-100", 206, "56789", "bytes 5-9/10"],
  ["bytes=0-1,4-5", 200, "0123456789", null],
])("a blob's range %s", async (range, status, text, contentRange) => {
  await using world = await worldWith();
  const digest = await pushBlob(world, Buffer.from("0123456789"));
  const answer = await world.fetch(`/v2/app/blobs/${digest}`, { headers: { range } });
  expect([answer.status, await answer.text(), answer.headers.get("content-range")]).toEqual([status, text, contentRange]);
});

test("a range beyond the end: 416 with the size", async () => {
  await using world = await worldWith();
  const digest = await pushBlob(world, Buffer.from("0123456789"));
  const answer = await world.fetch(`/v2/app/blobs/${digest}`, { headers: { range: "bytes=10-" } });
  expect([answer.status, answer.headers.get("content-range")]).toEqual([416, "bytes */10"]);
});

test("a manifest by tag and digest, with its type, once all that it names is there", async () => {
  await using world = await worldWith();
  const text = await imageOf(world, "one");
  const digest = digestOf(text);
  const put = await putManifest(world, "v1", text);
  expect([put.status, put.headers.get("location"), put.headers.get("docker-content-digest")]).toEqual([
    201,
    `/v2/app/manifests/${digest}`,
    digest,
  ]);
  for (const reference of ["v1", digest]) {
    const got = await world.fetch(`/v2/app/manifests/${reference}`);
    expect([got.headers.get("content-type"), got.headers.get("docker-content-digest"), await got.text()]).toEqual([IMAGE, digest, text]);
    const head = await world.fetch(`/v2/app/manifests/${reference}`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(text.length)]);
  }
  const absent = digestOf("absent");
  const incomplete = text.replace(
    /"layers":\[.*\]/s,
    `"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"${absent}","size":1}]`,
  );
  expect(await errorOf(await putManifest(world, "v2", incomplete))).toBe(
    `404 MANIFEST_BLOB_UNKNOWN: Layers with digests '[${absent}]' required for pushing image into repository with name 'app' do not exist`,
  );
  expect(await errorOf(await putManifest(world, absent, text))).toMatch(/^400 DIGEST_INVALID/);
  expect(await errorOf(await putManifest(world, "v3", "{"))).toMatch(/^400 MANIFEST_INVALID/);
  expect(await errorOf(await putManifest(world, "v3", '{"schemaVersion":1}'))).toMatch(/^405 UNSUPPORTED/);
  expect(await errorOf(await putManifest(world, "-v3", text))).toMatch(/^400 TAG_INVALID/);
  expect(await errorOf(await putManifest(world, "big", " ".repeat(4 * 1024 * 1024 + 1)))).toMatch(/^413 SIZE_INVALID/);
  expect(await errorOf(await world.fetch("/v2/app/manifests/none"))).toBe("404 MANIFEST_UNKNOWN: Requested image not found");
  expect(world.defects).toEqual([]);
});

test("an index needs its images, keeps them from being deleted, and gives an old client the one for linux/amd64", async () => {
  await using world = await worldWith();
  const [arm, amd] = [await imageOf(world, "arm"), await imageOf(world, "amd")];
  const entry = (text: string, architecture: string): object => ({
    mediaType: IMAGE,
    digest: digestOf(text),
    size: text.length,
    platform: { os: "linux", architecture },
  });
  const index = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [entry(arm, "arm64"), entry(amd, "amd64")] });
  expect(await errorOf(await putManifest(world, "all", index, INDEX))).toContain(
    `MANIFEST_BLOB_UNKNOWN: Images with digests '[${digestOf(arm)}, ${digestOf(amd)}]'`,
  );
  for (const text of [arm, amd]) expect((await putManifest(world, digestOf(text), text)).status).toBe(201);
  expect((await putManifest(world, "all", index, INDEX)).status).toBe(201);
  expect(await (await world.fetch("/v2/app/manifests/all", { headers: { accept: `${INDEX}, ${IMAGE}` } })).text()).toBe(index);
  expect(await (await world.fetch("/v2/app/manifests/all", { headers: { accept: IMAGE } })).text()).toBe(amd);
  const kept = await world.fetch(`/v2/app/manifests/${digestOf(arm)}`, { method: "DELETE" });
  expect(await errorOf(kept)).toBe(`405 UNSUPPORTED: Requested image referenced by manifest list: [${digestOf(index)}]`);
  expect((await world.fetch("/v2/app/manifests/all", { method: "DELETE" })).status).toBe(202);
  expect((await world.fetch(`/v2/app/manifests/${digestOf(index)}`, { method: "DELETE" })).status).toBe(202);
  expect((await world.fetch(`/v2/app/manifests/${digestOf(arm)}`, { method: "DELETE" })).status).toBe(202);
});

test("referrers of a digest, also of one that is not here, by their artifact type", async () => {
  await using world = await worldWith();
  const subject = { mediaType: IMAGE, digest: digestOf("subject"), size: 7 };
  const signature = await imageOf(world, "signature", {
    subject,
    artifactType: "application/example.signature",
    annotations: { by: "me" },
  });
  const bill = await imageOf(world, "bill", { subject, artifactType: "application/example.bill" });
  expect((await putManifest(world, digestOf(signature), signature)).headers.get("oci-subject")).toBe(subject.digest);
  await putManifest(world, digestOf(bill), bill);
  const all = await world.fetch(`/v2/app/referrers/${subject.digest}`);
  expect(all.headers.get("content-type")).toBe(INDEX);
  expect(((await all.json()) as { manifests: object[] }).manifests).toHaveLength(2);
  const some = await world.fetch(`/v2/app/referrers/${subject.digest}?artifactType=application/example.signature`);
  expect(some.headers.get("oci-filters-applied")).toBe("artifactType");
  expect(await some.json()).toMatchObject({
    manifests: [
      { digest: digestOf(signature), size: signature.length, artifactType: "application/example.signature", annotations: { by: "me" } },
    ],
  });
  expect(await (await world.fetch(`/v2/app/referrers/${digestOf("nothing")}`)).json()).toMatchObject({ manifests: [] });
});

test("tags and repositories in pages", async () => {
  await using world = await worldWith("app", "team/app");
  const text = await imageOf(world, "one");
  for (const tag of ["c", "a", "b", "B"]) await putManifest(world, tag, text);
  const first = await world.fetch("/v2/app/tags/list?n=2");
  expect([await first.json(), first.headers.get("link")]).toEqual([
    { name: "app", tags: ["B", "a"] },
    '</v2/app/tags/list?n=2&last=a>; rel="next"',
  ]);
  const rest = await world.fetch("/v2/app/tags/list?n=2&last=a");
  expect([await rest.json(), rest.headers.get("link")]).toEqual([{ name: "app", tags: ["b", "c"] }, null]);
  expect(await (await world.fetch("/v2/team/app/tags/list")).json()).toEqual({ name: "team/app", tags: [] });
  expect(await (await world.fetch("/v2/_catalog")).json()).toEqual({ repositories: ["app", "team/app"] });
});

test.each([
  ["GET", "/v2/app/nothing", "404 UNSUPPORTED"],
  ["GET", "/v2/App/tags/list", "400 NAME_INVALID"],
  ["PUT", "/v2/app/tags/list", "405 UNSUPPORTED"],
  ["GET", "/v2/app/blobs/sha256:..%2f..%2fpasswd", "404 BLOB_UNKNOWN"],
  ["PATCH", "/v2/app/blobs/uploads/..%2f..%2fx", "404 BLOB_UPLOAD_UNKNOWN"],
  ["POST", "/v2/app/blobs/uploads/?digest=sha256:short", "400 DIGEST_INVALID"],
])("%s %s: %s", async (method, path, refusal) => {
  await using world = await worldWith();
  const answer = await world.fetch(path, { method });
  expect(
    answer.status === 404 && path.includes("..") && !path.includes("%2f") ? "404 " : (await errorOf(answer)).slice(0, refusal.length),
  ).toBe(refusal);
  expect(world.defects).toEqual([]);
});

test("collecting frees what no image needs and nothing that a push is about to need", async () => {
  await using world = await worldWith();
  const blobs = world.platform.blobs.in(commonKeys(world.platform.secrets));
  const kept = await imageOf(world, "kept");
  await putManifest(world, "kept", kept);
  const gone = await imageOf(world, "gone");
  await putManifest(world, "gone", gone);
  await world.fetch(`/v2/app/manifests/${digestOf(gone)}`, { method: "DELETE" });
  await world.fetch("/v2/app/blobs/uploads/", { method: "POST" });
  expect(await collectBlobs(world.platform)).toEqual({ links: 0, blobs: 0, uploads: 0 });
  expect(await collectBlobs(world.platform, -60_000)).toEqual({ links: 2, blobs: 3, uploads: 1 });
  expect((await world.fetch("/v2/app/manifests/kept")).status).toBe(200);
  expect((await world.fetch(`/v2/app/blobs/${digestOf("kept")}`)).status).toBe(200);
  expect(await blobs.stat(digestOf("gone"))).toBeUndefined();
  // A push that skips nothing brings it all again.
  expect((await putManifest(world, "gone", await imageOf(world, "gone"))).status).toBe(201);
});

test("a blob that an image needs cannot be deleted alone", async () => {
  await using world = await worldWith();
  await putManifest(world, "v1", await imageOf(world, "one"));
  expect(await errorOf(await world.fetch(`/v2/app/blobs/${digestOf("one")}`, { method: "DELETE" }))).toMatch(/^405 UNSUPPORTED/);
  const loose = await pushBlob(world, Buffer.from("loose"));
  expect((await world.fetch(`/v2/app/blobs/${loose}`, { method: "DELETE" })).status).toBe(202);
  expect((await world.fetch(`/v2/app/blobs/${loose}`, { method: "HEAD" })).status).toBe(404);
});
