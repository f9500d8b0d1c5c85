import { createHash, randomBytes } from "node:crypto";
import { CreateRepositoryCommand, ECRClient, type ImageTagMutability } from "@aws-sdk/client-ecr";
import { expect, test } from "vitest";
import { registryWorld, type RegistryWorld } from "../testing/registry-world.ts";
import { warning } from "./call.ts";

const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const digestOf = (bytes: Uint8Array | string): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

async function worldWithApp(imageTagMutability: ImageTagMutability = "MUTABLE"): Promise<RegistryWorld> {
  const world = await registryWorld();
  await world.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "app", imageTagMutability }));
  return world;
}

/** An image without layers, which differs from every other. */
async function imageText(world: RegistryWorld, extra: object = {}): Promise<string> {
  const config = Buffer.from(JSON.stringify({ unique: randomBytes(8).toString("hex") }));
  const digest = digestOf(config);
  await world.fetch(`/v2/app/blobs/uploads/?digest=${digest}`, { method: "POST", body: config });
  const descriptor = { mediaType: CONFIG, digest, size: config.length };
  return JSON.stringify({ schemaVersion: 2, mediaType: IMAGE, config: descriptor, layers: [], ...extra });
}

function put(world: RegistryWorld, reference: string, text: string, type = IMAGE): Promise<Response> {
  return world.fetch(`/v2/app/manifests/${reference}`, { method: "PUT", body: text, headers: { "content-type": type } });
}

async function pushed(world: RegistryWorld, extra: object = {}): Promise<string> {
  const text = await imageText(world, extra);
  expect((await put(world, digestOf(text), text)).status).toBe(201);
  return digestOf(text);
}

async function refusal(answer: Response): Promise<string> {
  const { errors } = (await answer.json()) as { errors: { code: string; message: string }[] };
  return `${answer.status} ${errors[0]?.code}: ${errors[0]?.message}`;
}

const tagsOf = async (world: RegistryWorld): Promise<unknown> =>
  ((await (await world.fetch("/v2/app/tags/list")).json()) as { tags: unknown }).tags;

test("a push by digest with several tags: all of them move, the image is one", async () => {
  await using world = await worldWithApp();
  await put(world, "old", await imageText(world));
  const text = await imageText(world);
  const answer = await put(world, `${digestOf(text)}?tag=new&tag=old&tag=new`, text);
  expect([answer.status, answer.headers.get("oci-tag")]).toEqual([201, "new, old"]);
  expect(await tagsOf(world)).toEqual(["new", "old"]);
  for (const tag of ["new", "old"]) expect(await (await world.fetch(`/v2/app/manifests/${tag}`)).text()).toBe(text);
});

test("one tag that cannot move keeps all of them where they are", async () => {
  await using world = await worldWithApp("IMMUTABLE");
  const first = await imageText(world);
  await put(world, "v1", first);
  const text = await imageText(world);
  expect(await refusal(await put(world, `${digestOf(text)}?tag=v2&tag=v1`, text))).toBe(
    "400 TAG_INVALID: The image tag 'v1' already exists in the 'app' repository and cannot be overwritten because the tag is immutable.",
  );
  expect(await refusal(await put(world, `${digestOf(text)}?tag=v2&tag=-`, text))).toMatch(/^400 TAG_INVALID/);
  expect(await tagsOf(world)).toEqual(["v1"]);
  expect((await world.fetch(`/v2/app/manifests/${digestOf(text)}`)).status).toBe(404);
  expect((await put(world, `${digestOf(text)}?tag=v2&tag=v3`, text)).headers.get("oci-tag")).toBe("v2, v3");
});

test("a tag is deleted alone, also the last one, and also of an image that an index lists", async () => {
  await using world = await worldWithApp();
  const text = await imageText(world);
  await put(world, "only", text);
  const listed = { mediaType: IMAGE, digest: digestOf(text), size: text.length };
  await put(world, "all", JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [listed] }), INDEX);
  expect((await world.fetch("/v2/app/manifests/only", { method: "DELETE" })).status).toBe(202);
  expect((await world.fetch("/v2/app/manifests/only")).status).toBe(404);
  expect((await world.fetch(`/v2/app/manifests/${digestOf(text)}`)).status).toBe(200);
});

test.each([
  ["no Accept", undefined, "index"],
  ["*/*", "*/*", "index"],
  ["application/*", "application/*", "index"],
  ["both types", `${IMAGE}, ${INDEX};q=0.5`, "index"],
  ["only images", IMAGE, "image"],
  ["images, and anything but indexes", `*/*, ${INDEX};q=0`, "image"],
  ["neither", "text/html", "nothing"],
] as const)("%s: by tag %s gives the %s", async (_what, accept, given) => {
  await using world = await worldWithApp();
  const text = await imageText(world);
  await put(world, digestOf(text), text);
  const listed = { mediaType: IMAGE, digest: digestOf(text), size: text.length, platform: { os: "linux", architecture: "amd64" } };
  const index = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [listed] });
  await put(world, "all", index, INDEX);
  const headers = accept === undefined ? {} : { accept };
  const get = (reference: string): Promise<Response> => world.fetch(`/v2/app/manifests/${reference}`, { headers });
  const byTag = await get("all");
  expect([byTag.status, byTag.status === 200 && (await byTag.text())]).toEqual(
    { index: [200, index], image: [200, text], nothing: [404, false] }[given],
  );
  expect(byTag.headers.get("warning")?.startsWith('299 - "all is an index') ?? false).toBe(given === "image");
  // What has another digest is not what was asked for.
  expect((await get(digestOf(index))).status).toBe(given === "index" ? 200 : 404);
});

test("an artifact whose subject is not here is taken, with a warning; the warning ends when the subject comes", async () => {
  await using world = await worldWithApp();
  const subject = await imageText(world);
  const artifact = await imageText(world, { subject: { mediaType: IMAGE, digest: digestOf(subject), size: subject.length } });
  const early = await put(world, digestOf(artifact), artifact);
  expect([early.headers.get("oci-subject"), early.headers.get("warning")]).toEqual([
    digestOf(subject),
    `299 - "the subject ${digestOf(subject)} is not in this repository"`,
  ]);
  await put(world, "subject", subject);
  expect((await put(world, digestOf(artifact), artifact)).headers.get("warning")).toBeNull();
});

test("a warning is one line of quoted text, whatever is in it", () => {
  expect(warning('a "quoted\\ text"\r\nover: länes')).toEqual({ warning: '299 - "a ?quoted? text???over: l?nes"' });
});

test("referrers come in pages where they are too large for one, in each with its filter", async () => {
  await using world = await worldWithApp();
  const subject = { mediaType: IMAGE, digest: digestOf("elsewhere"), size: 1 };
  const annotations = { large: "x".repeat(1_500_000) };
  const signatures = [];
  for (let at = 0; at < 4; at += 1) signatures.push(await pushed(world, { subject, annotations, artifactType: "application/a b+c" }));
  await pushed(world, { subject, artifactType: "application/other" });
  const found: string[] = [];
  let pages = 0;
  let next: string | undefined = `/v2/app/referrers/${subject.digest}?artifactType=${encodeURIComponent("application/a b+c")}`;
  while (next !== undefined) {
    const answer: Response = await world.fetch(next);
    const text = await answer.text();
    expect([answer.headers.get("oci-filters-applied"), text.length <= 4 * 1024 * 1024]).toEqual(["artifactType", true]);
    found.push(...(JSON.parse(text) as { manifests: { digest: string }[] }).manifests.map(({ digest }) => digest));
    next = /^<(.+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1];
    pages += 1;
  }
  expect([found, pages]).toEqual([signatures.toSorted(), 2]);
});

test("a list of referrers that a client kept by itself, under the tag of the fallback, is an index like others, and what it lists is found", async () => {
  await using world = await worldWithApp();
  const subject = { mediaType: IMAGE, digest: digestOf("elsewhere"), size: 1 };
  const artifact = await pushed(world, { subject, artifactType: "application/a" });
  const list = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [{ mediaType: IMAGE, digest: artifact, size: 1 }] });
  const tag = subject.digest.replace(":", "-");
  expect((await put(world, tag, list, INDEX)).status).toBe(201);
  expect(await (await world.fetch(`/v2/app/manifests/${tag}`)).text()).toBe(list);
  expect(await (await world.fetch(`/v2/app/referrers/${subject.digest}`)).json()).toMatchObject({ manifests: [{ digest: artifact }] });
});

test.each(["/v2/", "/v2/_catalog", "/v2/app/tags/list", `/v2/app/referrers/${digestOf("none")}`])(
  "HEAD %s tells what GET would, without a body",
  async (path) => {
    await using world = await worldWithApp();
    const [get, head] = await Promise.all(["GET", "HEAD"].map((method) => world.fetch(path, { method })));
    const told = ["content-type", "content-length"].map((header) => head?.headers.get(header));
    expect([head?.status, ...told, await head?.text()]).toEqual([
      200,
      get?.headers.get("content-type"),
      get?.headers.get("content-length"),
      "",
    ]);
  },
);

test.each([
  ["an image that lists manifests", { manifests: [] }, `manifest invalid: ${IMAGE} must not have manifests`],
  [
    "a layer whose digest is none",
    { layers: [{ mediaType: "a", digest: "sha256:12", size: 1 }] },
    "layers is missing, or one of them is no descriptor",
  ],
  [
    "sizes beyond counting",
    { layers: [{ mediaType: "a", digest: digestOf("a"), size: Number.MAX_SAFE_INTEGER }] },
    "larger than can be counted",
  ],
  ["annotations that are no texts", { annotations: { a: 1 } }, "annotations is not a map of strings"],
  ["a subject that is none", { subject: { digest: digestOf("a") } }, "subject is no descriptor"],
])("%s: refused", async (_what, extra, message) => {
  await using world = await worldWithApp();
  const said = await refusal(await put(world, "v1", await imageText(world, extra)));
  expect(said).toMatch(/^400 MANIFEST_INVALID/);
  expect(said).toContain(message);
});
