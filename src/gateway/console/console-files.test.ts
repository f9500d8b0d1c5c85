import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiWorld, type ApiWorld } from "../../testing/api-world.ts";

let folder: string;
let api: ApiWorld;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "airfield-console-"));
  const pages = join(folder, "console");
  await mkdir(join(pages, "assets"), { recursive: true });
  const files = { "index.html": "page", "icon.svg": "icon", "assets/index-1a.js": "script", "assets/font.woff2": "font" };
  for (const [name, content] of Object.entries(files)) await writeFile(join(pages, name), content);
  for (const name of ["index.html", "assets/index-1a.js"])
    for (const ending of ["br", "gz"]) await writeFile(join(pages, `${name}.${ending}`), `${name} as ${ending}`);
  await writeFile(join(folder, "secret"), "a secret");
  api = await apiWorld({}, { consoleFolder: pages });
});

afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** Asks with exactly these bytes as the path: `fetch` would tidy them up. */
function get(path: string, headers: Readonly<Record<string, string>> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(new URL(api.url), { path, method, headers, agent: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }), reject);
    })
      .on("error", reject)
      .end();
  });
}

describe("a page of the console", () => {
  test("may run, style and load what is of this server, and nothing else; nobody may frame it or learn where it leads", async () => {
    const { status, headers } = await get("/console/");
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
    });
    const policy = String(headers["content-security-policy"]).split("; ");
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
      ]),
    );
    expect(policy.join()).not.toMatch(/unsafe|https?:|\*|data:[^,]*script/);
  });

  test("is asked for anew each time, and sent once", async () => {
    const { headers } = await get("/console/");
    expect(headers["cache-control"]).toBe("no-cache");
    const unchanged = await get("/console/", { "if-none-match": String(headers["etag"]) });
    expect(unchanged).toMatchObject({ status: 304, body: "" });
    expect(unchanged.headers).not.toHaveProperty("content-length");
    expect(await get("/console/", { "if-none-match": '"other"' })).toMatchObject({ status: 200 });
  });

  test.each(["/console/us-east-1/ecs/clusters/web", "/console/us-east-1/ecr/repositories/team%2Fapp", "/console/?a=b"])(
    "is what %s gets: a place within it",
    async (path) => {
      expect(await get(path)).toMatchObject({ status: 200, body: "page" });
    },
  );

  test("is refused under another name, before it is looked for", async () => {
    expect(await get("/console/", { host: "evil.example" })).toMatchObject({ status: 421 });
  });

  test("without its slash leads to the one with it", async () => {
    expect(await get("/console")).toMatchObject({ status: 308, headers: { location: "/console/" } });
  });
});

test("a name with a hash in it is kept for ever, and one that is not there is no page", async () => {
  expect(await get("/console/assets/index-1a.js")).toMatchObject({
    headers: { "cache-control": "public, max-age=31536000, immutable", "content-type": "text/javascript; charset=utf-8" },
  });
  expect(await get("/console/assets/index-2b.js")).toMatchObject({ status: 404 });
});

test.each([
  ["gzip, deflate, br", "br", "index.html as br"],
  ["gzip", "gzip", "index.html as gz"],
  ["br;q=0, gzip;q=0.5", "gzip", "index.html as gz"],
  ["br;q=0.0,gzip;q=0", undefined, "page"],
  ["identity", undefined, "page"],
])("who takes %s gets it as %s", async (accepted, encoding, body) => {
  const answer = await get("/console/", { "accept-encoding": accepted });
  expect(answer).toMatchObject({ status: 200, body });
  expect(answer.headers["content-encoding"]).toBe(encoding);
  expect(answer.headers["vary"]).toContain("Accept-Encoding");
});

test("what has no compressed form is sent as it is", async () => {
  expect(await get("/console/assets/font.woff2", { "accept-encoding": "br" })).toMatchObject({
    body: "font",
    headers: { "content-type": "font/woff2" },
  });
});

test.each([
  "/console/../secret",
  "/console/%2e%2e/secret",
  "/console/..%2fsecret",
  "/console/assets/../../secret",
  "/console/%00",
  "/console//etc/passwd",
])("%s opens nothing that is not the console's", async (path) => {
  const { body } = await get(path);
  expect(body).not.toContain("a secret");
  expect(body).not.toContain("root:");
});

test("its compressed forms are no files of their own", async () => {
  expect(await get("/console/assets/index-1a.js.br")).toMatchObject({ status: 404 });
});

test("it is read and not written", async () => {
  expect(await get("/console/", {}, "POST")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
  expect(await get("/console/", {}, "HEAD")).toMatchObject({ status: 200, body: "" });
});

test("where it is not built, that is said", async () => {
  await using bare = await apiWorld();
  const answer = await fetch(`${bare.url}/console/`);
  expect([answer.status, await answer.text()]).toEqual([404, "The console is not built. `npm run build` builds it."]);
});
