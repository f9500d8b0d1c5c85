import { createHash } from "node:crypto";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registryWorld, type RegistryWorld } from "../../src/testing/registry-world.ts";
import { rawClient, type RawAnswer, type RawClient, type RawRequest } from "./raw-request.ts";
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from "./runs.ts";

const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const LIMITS = { numRuns: FUZZ_RUNS };

function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

const BLOB = Buffer.from("0123456789abcdef".repeat(16));
const CONFIG = Buffer.from("{}");

let world: RegistryWorld;
let client: RawClient;
let authorization: string;

beforeAll(async () => {
  world = await registryWorld();
  client = rawClient(world.host);
  for (const repositoryName of ["app", "team/app", "blobs/manifests"])
    await world.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName }));
  authorization = world.authorization({ expiresAt: Date.now() + FUZZ_TIMEOUT_MS + 3_600_000 });
  for (const bytes of [BLOB, CONFIG]) await send({ method: "POST", path: uploadPath(bytes), body: bytes });
});

afterAll(async () => {
  client[Symbol.dispose]();
  await world[Symbol.asyncDispose]();
});

function send(request: Omit<RawRequest, "headers"> & { readonly headers?: RawRequest["headers"] }): Promise<RawAnswer> {
  return client.send({ ...request, headers: { authorization, ...request.headers } });
}

const uploadPath = (bytes: Uint8Array): string => `/v2/app/blobs/uploads/?digest=${digestOf(bytes)}`;

/** What holds of every answer, whatever was asked. */
function expectSane({ status, headers, body }: RawAnswer, method: string): void {
  expect(status).toBeLessThan(500);
  expect(world.defects).toEqual([]);
  if (status < 400 || method === "HEAD" || headers["docker-distribution-api-version"] === undefined) return;
  const { errors } = JSON.parse(body.toString()) as { errors: { code: string; message: string }[] };
  expect(errors).toMatchObject([{ code: expect.stringMatching(/^[A-Z_]+$/), message: expect.stringMatching(/./) }]);
}

/** ASCII only: other bytes in a request line are no HTTP, and Node hangs up on them before the registry sees anything. */
const printable = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 40 });
const headerValue = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 60 });
const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length });
const digest = fc.oneof(
  fc.constantFrom(
    digestOf(BLOB),
    digestOf(CONFIG),
    digestOf("missing"),
    "sha256:",
    "sha256:..%2f..",
    "md5:d41d8cd98f00b204e9800998ecf8427e",
  ),
  hex(64).map((digits) => `sha256:${digits}`),
  hex(128).map((digits) => `sha512:${digits}`),
  fc.tuple(printable, printable).map(([algorithm, rest]) => `${algorithm}:${rest}`),
);
const name = fc.oneof(
  fc.constantFrom(
    "app",
    "team/app",
    "blobs/manifests",
    "none",
    "App",
    "a--b__c.d/e",
    "../app",
    "%2e%2e",
    "app/",
    "/app",
    "a".repeat(300),
    "__proto__",
  ),
  printable,
);
const reference = fc.oneof(
  fc.constantFrom("latest", "v1", "-", "constructor", "sha256-" + "0".repeat(64), "a".repeat(200)),
  digest,
  printable,
);
const path = fc.oneof(
  fc.tuple(name, digest).map(([of, at]) => `/v2/${of}/blobs/${at}`),
  fc.tuple(name, reference).map(([of, at]) => `/v2/${of}/manifests/${at}`),
  fc.tuple(name, printable).map(([of, id]) => `/v2/${of}/blobs/uploads/${id}`),
  fc.tuple(name, digest).map(([of, at]) => `/v2/${of}/referrers/${at}`),
  name.map((of) => `/v2/${of}/tags/list`),
  fc.constantFrom("/v2", "/v2/", "/v2/_catalog", "/v2//", "/v2/?", "/v2/#"),
  printable.map((rest) => `/v2/${rest}`),
);
const query = fc.option(
  fc.array(
    fc.tuple(
      fc.constantFrom("digest", "mount", "from", "n", "last", "artifactType", "digest-algorithm", "tag", "x"),
      fc.oneof(digest, name, fc.constantFrom("0", "-1", "1e3", "99999999999", "%", "%ff", "")),
    ),
    { maxLength: 4 },
  ),
  { nil: [] },
);
const headers = fc.dictionary(
  fc.constantFrom("range", "content-range", "content-type", "accept", "if-none-match", "expect-nothing", "docker-upload-uuid"),
  fc.oneof(
    headerValue,
    fc.constantFrom("bytes=0-", "0-0", "5-1", "*/*", IMAGE, INDEX, "bytes=99999999999999999999-", `${"9".repeat(30)}-${"9".repeat(31)}`),
  ),
);

test("any request is answered, and never with a failure of the registry", { timeout: FUZZ_TIMEOUT_MS }, async () => {
  const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND");
  const body = fc.option(fc.uint8Array({ maxLength: 200 }), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(method, path, query, headers, body, async (verb, at, parameters, sent, bytes) => {
      const asked = parameters.map(([key, value]) => `${key}=${value}`).join("&");
      const answer = await send({ method: verb, path: asked === "" ? at : `${at}?${asked}`, headers: sent, body: bytes });
      expectSane(answer, verb);
      // What came before is still there, also after a request for something like it.
      if (verb === "DELETE" && answer.status === 202)
        for (const lost of [BLOB, CONFIG]) await send({ method: "POST", path: uploadPath(lost), body: lost });
    }),
    LIMITS,
  );
});

test("a manifest is taken whole or refused, and what is taken comes back byte by byte", { timeout: FUZZ_TIMEOUT_MS }, async () => {
  const descriptor = (mediaType: string, bytes: Buffer): object => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
  const valid = {
    schemaVersion: 2,
    mediaType: IMAGE,
    config: descriptor("application/vnd.oci.image.config.v1+json", CONFIG),
    layers: [descriptor("application/vnd.oci.image.layer.v1.tar", BLOB)],
    subject: descriptor(IMAGE, Buffer.from("subject")),
    annotations: { a: "b" },
    manifests: undefined as unknown,
    artifactType: "application/x",
    urls: undefined as unknown,
  };
  const json = fc.oneof(
    { weight: 3, arbitrary: fc.jsonValue() },
    fc.constantFrom<unknown>(
      [],
      {},
      "",
      -1,
      Number.MAX_VALUE,
      2 ** 53,
      null,
      undefined,
      [valid.config],
      [valid.config, valid.config],
      INDEX,
      {
        ["__proto__"]: "x",
      },
    ),
  );
  const field = fc.constantFrom(...Object.keys(valid));
  const changes = fc.array(
    fc.tuple(field, fc.option(fc.constantFrom("digest", "size", "mediaType", "urls", "platform"), { nil: undefined }), json),
    {
      maxLength: 3,
    },
  );
  const text = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(changes, fc.nat()).map(([changed, unique]) => {
        const manifest: Record<string, unknown> = { ...valid, annotations: { unique: String(unique) } };
        for (const [key, inner, value] of changed) {
          const current = manifest[key];
          manifest[key] = inner === undefined || typeof current !== "object" ? value : { ...current, [inner]: value };
        }
        return JSON.stringify(manifest);
      }),
    },
    fc.json(),
    fc.string({ maxLength: 100 }),
    fc.integer({ min: 1, max: 5000 }).map((deep) => `{"schemaVersion":2,"x":${"[".repeat(deep)}${"]".repeat(deep)}}`),
  );
  const type = fc.constantFrom(
    IMAGE,
    INDEX,
    `${IMAGE}; charset=utf-8`,
    "application/vnd.docker.distribution.manifest.v2+json",
    "",
    "text/plain",
  );
  const taken = new Map<string, Buffer>();
  await fc.assert(
    fc.asyncProperty(text, type, fc.constantFrom("v1", "v2", undefined), async (manifest, contentType, tag) => {
      const bytes = Buffer.from(manifest);
      const digested = digestOf(bytes);
      const at = `/v2/app/manifests/${tag ?? digested}`;
      const answer = await send({
        method: "PUT",
        path: at,
        headers: contentType === "" ? {} : { "content-type": contentType },
        body: bytes,
      });
      expectSane(answer, "PUT");
      expect([201, 400, 404, 405]).toContain(answer.status);
      const back = await send({ method: "GET", path: `/v2/app/manifests/${digested}` });
      if (answer.status === 201) taken.set(digested, bytes);
      expect(back.status).toBe(taken.has(digested) ? 200 : 404);
      expect(back.status === 404 || back.body.equals(bytes)).toBe(true);
    }),
    LIMITS,
  );
  // Else the law would say nothing of what is taken.
  expect(taken.size).toBeGreaterThan(FUZZ_RUNS / 20);
  // Late ones took nothing from early ones. A few thousand tell as much as all.
  for (const [digested, bytes] of [...taken].slice(0, 2000))
    expect((await send({ method: "GET", path: `/v2/app/manifests/${digested}` })).body.equals(bytes)).toBe(true);
});

test("a range gives the bytes that RFC 9110 means, or says that there are none", { timeout: FUZZ_TIMEOUT_MS }, async () => {
  const bound = fc.oneof(fc.integer({ min: 0, max: BLOB.length + 20 }).map(String), fc.constantFrom("", "00", "99999999999999999999"));
  const range = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(bound, bound).map(([from, to]) => `bytes=${from}-${to}`) },
    headerValue,
    fc.tuple(bound, bound).map(([from, to]) => `bytes=${from}-${to},0-1`),
  );
  await fc.assert(
    fc.asyncProperty(range, async (asked) => {
      const answer = await send({ method: "GET", path: `/v2/app/blobs/${digestOf(BLOB)}`, headers: { range: asked } });
      expectSane(answer, "GET");
      const expected = slice(asked);
      expect(answer.status).toBe(expected === undefined ? 200 : expected.length === 0 ? 416 : 206);
      expect(answer.status === 416 || answer.body.equals(expected ?? BLOB)).toBe(true);
    }),
    LIMITS,
  );
});

/** The model: the bytes one by one. Empty where no byte is meant; `undefined` where the whole blob is. */
function slice(range: string): Buffer | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(range.trim()) ?? [];
  if (from === "" && to === "") return undefined;
  const wanted = (at: number): boolean =>
    from === "" ? at >= BLOB.length - Number(to) : at >= Number(from) && (to === "" || at <= Number(to));
  return Buffer.from([...BLOB].filter((_, at) => wanted(at)));
}
