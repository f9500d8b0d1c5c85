import { request } from "node:http";
import { CreateRepositoryCommand, ECRClient, GetDownloadUrlForLayerCommand } from "@aws-sdk/client-ecr";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rootPrincipal } from "../authorization/credentials.ts";
import { DEFAULT_ACCOUNT as HOME, DEFAULT_REGION } from "../domain/scope.ts";
import { LAYER_DOWNLOAD_LIFETIME_MS, layerDownloadPath } from "../state/layer-download.ts";
import { mintRegistryToken, type RegistryClaims, type RegistryHolder } from "../state/registry-token.ts";
import { repositories, repositoryKey } from "../state/ecr.ts";
import { FOREIGN_ACCOUNT as ABROAD, TEST_KEYS } from "../testing/api-world.ts";
import { registryWorld, type RegistryWorld } from "../testing/registry-world.ts";
import { OCI_IMAGE, pushImageTo, pushManifestTo, smallImage } from "../testing/small-image.ts";
import { watchedJournal } from "../testing/watched-journal.ts";
import type { Route } from "./routes.ts";

// Made from the list of routes, so that a new one is in it by birth: who may do everything in another account tries every method on every
// route of this account's registry, by every way to name it. `cross-account.test.ts` has what policies open.

const PLANTED = "planted-in-production";
const image = smallImage({ content: PLANTED });
const [config, layer] = image.blobs.map(({ digest }) => digest) as [string, string];
const referrer = JSON.stringify({
  schemaVersion: 2,
  mediaType: OCI_IMAGE,
  artifactType: `application/${PLANTED}`,
  config: { mediaType: "application/vnd.oci.empty.v1+json", digest: config, size: image.blobs[0]?.bytes.length },
  layers: [],
  subject: { mediaType: OCI_IMAGE, digest: image.digest, size: image.text.length },
});
const foreignImage = smallImage({ content: "abroad" });

const ROOT_KEY = { ...TEST_KEYS, account: ABROAD, accessKeyId: "AKIAABROAD" };
const journal = watchedJournal();
let world: RegistryWorld;
let upload: string;
let download: string;
let madeAt: number;
beforeAll(async () => {
  world = await registryWorld({ journal });
  world.roots.set(ABROAD, ROOT_KEY);
  const ecr = world.client(ECRClient);
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "production" }));
  await pushImageTo(world, "production", PLANTED, image);
  await pushManifestTo(world, "production", "signature", referrer, OCI_IMAGE);
  const begun = await world.fetch("/v2/production/blobs/uploads/", { method: "POST" });
  upload = begun.headers.get("docker-upload-uuid") ?? "";
  const { downloadUrl = "" } = await ecr.send(new GetDownloadUrlForLayerCommand({ repositoryName: "production", layerDigest: layer }));
  download = new URL(downloadUrl).pathname + new URL(downloadUrl).search;
  // The other account has a repository of its own, with an image in it.
  const { state, clock } = world.platform;
  const own = state.table(repositories).get(repositoryKey({ account: HOME, region: DEFAULT_REGION }, "production"));
  if (!own) throw new Error("there is no repository");
  madeAt = clock.now();
  const arn = own.arn.replace(HOME, ABROAD).replace("production", "own");
  state.commit(() => void state.table(repositories).put({ ...own, name: "own", account: ABROAD, arn, createdAt: madeAt }));
  await pushImageTo(world, "own", "v1", foreignImage, { authorization: world.authorization({ account: ABROAD }) });
}, 60_000);
afterAll(() => world[Symbol.asyncDispose]());

/** One path or more of each kind of route, aimed at what this account has. */
const PATHS: Readonly<Record<Route["kind"], () => readonly string[]>> = {
  base: () => [],
  catalog: () => ["/v2/_catalog", "/v2/_catalog?n=1", "/v2/_catalog?last=a"],
  uploads: () => [
    "/v2/production/blobs/uploads/",
    `/v2/production/blobs/uploads/?digest=${layer}`,
    `/v2/production/blobs/uploads/?mount=${layer}&from=production`,
  ],
  upload: () => [`/v2/production/blobs/uploads/${upload}`, `/v2/production/blobs/uploads/${upload}?digest=${layer}`],
  blob: () => [`/v2/production/blobs/${layer}`, `/v2/production/blobs/${config}`],
  manifest: () => [`/v2/production/manifests/${PLANTED}`, `/v2/production/manifests/${image.digest}`, "/v2/production/manifests/new"],
  tags: () => ["/v2/production/tags/list", "/v2/production/tags/list?n=1"],
  referrers: () => [`/v2/production/referrers/${image.digest}`],
  "software-bill": () => [`/v2/production/_airfield/sbom/${PLANTED}`, `/v2/production/_airfield/sbom/${image.digest}`],
};
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];

const root: RegistryHolder = { kind: "principal", principal: rootPrincipal(ABROAD, ROOT_KEY.accessKeyId) };
const instance: RegistryHolder = { kind: "container-instance", account: ABROAD };
/** Ways to be led to this account's registry. */
const WAYS: readonly (readonly [how: string, host: string | undefined, claims: Partial<RegistryClaims>])[] = [
  ["its host name", `${HOME}.dkr.ecr.us-east-1.amazonaws.com`, { holder: root }],
  ["its host name with a port", `${HOME}.dkr.ecr.us-east-1.amazonaws.com:4566`, { holder: root }],
  ["its host name for FIPS", `${HOME}.dkr.ecr-fips.us-east-1.amazonaws.com`, { holder: root }],
  ["a domain of ours", `${HOME}.dkr.ecr.us-east-1.localhost`, { holder: root }],
  ["a token for it", undefined, { holder: root, account: HOME }],
  ["a token for it, and its host name", `${HOME}.dkr.ecr.us-east-1.amazonaws.com`, { holder: root, account: HOME }],
  ["a token of the other account's instance", undefined, { holder: instance, account: HOME }],
  ["a token of the other account's instance, and its host name", `${HOME}.dkr.ecr.us-east-1.amazonaws.com`, { holder: instance }],
];

describe("another account's root and instance may do nothing", () => {
  describe.each(WAYS)("by %s", (_how, host, claims) => {
    test.each(Object.keys(PATHS) as Route["kind"][])("with %s", async (kind) => {
      const before = journal.written.length;
      for (const path of PATHS[kind]())
        for (const method of METHODS) {
          const answer = await ask({ path, method, host, claims });
          expect([method, path, [403, 405].includes(answer.status), tellsNothing(answer, { path })]).toEqual([method, path, true, true]);
        }
      expect(journal.written.slice(before)).toEqual([]);
      expect(world.defects).toEqual([]);
    });

    test("but ask whether their token is one", async () => {
      expect(await ask({ path: "/v2/", host, claims })).toMatchObject({ status: 200, text: "{}" });
    });
  });
});

test.each<[what: string, asking: () => Partial<Asking>]>([
  ["no token", () => ({ headers: { authorization: "" } })],
  ["a token whose time is over", () => ({ claims: { expiresAt: 0 } })],
  ["a token for another region", () => ({ claims: { region: "eu-west-1" } })],
  [
    "a token that another installation made",
    () => ({ headers: { authorization: `Basic ${Buffer.from("AWS:made-up").toString("base64")}` } }),
  ],
  [
    "the token of a key that there is not",
    () => ({ claims: { holder: { kind: "principal", principal: rootPrincipal(HOME, "AKIANOBODY") } } }),
  ],
])("%s opens nothing", async (_what, asking) => {
  for (const path of Object.values(PATHS).flatMap((paths) => paths())) {
    const answer = await ask({ path, host: WAYS[0]?.[1], ...asking() });
    expect([path, [401, 403].includes(answer.status), tellsNothing(answer, { path })]).toEqual([path, true, true]);
  }
});

describe("in its own registry, another account finds nothing of this one", () => {
  test.each<[what: string, asking: () => Asking, status: number]>([
    ["a blob by its digest", () => ({ path: `/v2/own/blobs/${layer}` }), 404],
    ["whether there is such a blob", () => ({ path: `/v2/own/blobs/${layer}`, method: "HEAD" }), 404],
    ["a manifest by its digest", () => ({ path: `/v2/own/manifests/${image.digest}` }), 404],
    ["a manifest by its tag", () => ({ path: `/v2/own/manifests/${PLANTED}` }), 404],
    ["the other's repository by its name", () => ({ path: `/v2/production/manifests/${PLANTED}` }), 404],
    ["the account in the name", () => ({ path: `/v2/${HOME}/us-east-1/production/manifests/${PLANTED}` }), 404],
    ["a bill of materials", () => ({ path: `/v2/own/_airfield/sbom/${image.digest}` }), 404],
    ["an upload that the other began", () => ({ path: `/v2/own/blobs/uploads/${upload}` }), 404],
    ["to go on with it", () => ({ path: `/v2/own/blobs/uploads/${upload}`, method: "PATCH", body: "x" }), 404],
    ["to end it", () => ({ path: `/v2/own/blobs/uploads/${upload}?digest=${layer}`, method: "PUT" }), 404],
    ["to take it away", () => ({ path: `/v2/own/blobs/uploads/${upload}`, method: "DELETE" }), 404],
    ["to take a blob away", () => ({ path: `/v2/own/blobs/${layer}`, method: "DELETE" }), 404],
    [
      "an image of blobs that only the other has",
      () => ({ path: "/v2/own/manifests/stolen", method: "PUT", body: image.text, headers: { "content-type": OCI_IMAGE } }),
      404,
    ],
  ])("%s", async (_what, asking, status) => {
    const before = journal.written.length;
    const asked = asking();
    const answer = await ask(asked);
    expect([answer.status, tellsNothing(answer, asked)]).toEqual([status, true]);
    expect(journal.written.slice(before)).toEqual([]);
  });

  test("not by referrers", async () => {
    const { status, text } = await ask({ path: `/v2/own/referrers/${image.digest}` });
    expect([status, (JSON.parse(text) as { manifests: unknown }).manifests]).toEqual([200, []]);
  });

  test("nor in its catalog", async () => {
    expect((await ask({ path: "/v2/_catalog" })).text).toBe('{"repositories":["own"]}');
  });

  test.each([
    "",
    "&from=production",
    `&from=${HOME}/us-east-1/production`,
    "&from=../production",
    "&from=own/../production",
    `&from=${HOME}`,
  ])("nor by mounting it, with %j", async (from) => {
    const { status, headers } = await ask({ path: `/v2/own/blobs/uploads/?mount=${layer}${from}`, method: "POST" });
    expect([status, headers["docker-content-digest"]]).toEqual([202, undefined]);
  });
});

describe("the URL of a layer opens that layer", () => {
  const get = async (path: string): Promise<number> => (await ask({ path })).status;

  test("as it was made, to whoever has it", async () => {
    expect(await get(download)).toBe(200);
  });

  test.each<[what: string, change: (url: string) => string]>([
    ["another digest", (url) => url.replace(layer, config)],
    ["another account", (url) => url.replace(HOME, ABROAD)],
    ["another region", (url) => url.replace("us-east-1", "eu-west-1")],
    ["another repository", (url) => url.replace("production", "own")],
    ["a repository of that name from another time", (url) => url.replace(/made=\d+/, (made) => `${made}0`)],
    ["a later end", (url) => url.replace(/expires=\d+/, (end) => `${end}0`)],
    ["a second end", (url) => url.replace("?", "?expires=99999999999999&")],
    ["a second signature", (url) => url.replace("?", "?signature=&")],
    ["a path that goes round", (url) => url.replace("production", "x/../production")],
    ["no signature", (url) => url.replace(/&signature=.*/, "")],
    ["nothing behind the path", (url) => url.replace(/\?.*/, "")],
    ["a signature of another length", (url) => `${url}0`],
  ])("and not with %s", async (_what, change) => {
    expect(change(download)).not.toBe(download);
    expect(await get(change(download))).toBe(403);
  });

  test("and of the account that it names alone, also where we made it", async () => {
    const expiresAt = world.platform.clock.now() + LAYER_DOWNLOAD_LIFETIME_MS;
    const own = { account: ABROAD, region: DEFAULT_REGION, repository: "own", madeAt };
    const forOwn = (digest: string): string => layerDownloadPath(world.platform.secrets, { ...own, digest, expiresAt });
    expect(await get(forOwn(foreignImage.blobs[1]?.digest ?? ""))).toBe(200);
    expect(await get(forOwn(layer))).toBe(404);
  });
});

/** Whether an answer says nothing of this account's images that the request did not say. */
function tellsNothing({ headers, text }: Answer, { path, body = "" }: Pick<Asking, "path" | "body">): boolean {
  const said = `${JSON.stringify(headers)} ${text}`;
  const secrets = [PLANTED, layer, config, image.digest, upload].filter((secret) => !`${path} ${body}`.includes(secret));
  return !secrets.some((secret) => said.includes(secret));
}

interface Asking {
  readonly path: string;
  readonly method?: string;
  readonly host?: string | undefined;
  readonly claims?: Partial<RegistryClaims>;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** `fetch` does not let us name the host. */
function ask({ path, method = "GET", host = world.host, claims = {}, body, headers = {} }: Asking): Promise<Answer> {
  const now = world.platform.clock.now();
  const whole = { account: ABROAD, region: DEFAULT_REGION, holder: root, issuedAt: now, expiresAt: now + 60_000, ...claims };
  const authorization = `Basic ${Buffer.from(`AWS:${mintRegistryToken(world.platform.secrets, whole)}`).toString("base64")}`;
  const [hostname, port] = world.host.split(":");
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method, headers: { host, authorization, ...headers } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString() }));
    })
      .on("error", reject)
      .end(body);
  });
}
