import type { ServerResponse } from "node:http";
import type { LookupFunction } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { VIA_HEADER, type Upstream } from "../../ports/upstream-registry.ts";
import { fakeUpstream, type FakeUpstream } from "../../testing/fake-upstream.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { smallImage } from "../../testing/small-image.ts";
import { readChallenge } from "./challenge.ts";
import { isForbiddenAddress, isPrivateAddress } from "./forbidden-address.ts";
import { registryClient } from "./registry-client.ts";
import { cpuMs } from "../../testing/cpu-time.ts";

const IMAGE = smallImage();
const LIMITS = { answerMs: 400, idleMs: 400, mostRedirects: 3 };

let fake: FakeUpstream;
let clock: ManualClock;
let client: ReturnType<typeof registryClient>;
let upstream: Upstream;
beforeEach(async () => {
  fake = await fakeUpstream();
  fake.put("app", "1", IMAGE);
  clock = new ManualClock();
  client = registryClient({ clock, allowed: [`http://${fake.host}`], limits: LIMITS });
  upstream = { url: `http://${fake.host}`, via: ["a", "b"] };
});
afterEach(async () => {
  client[Symbol.dispose]();
  await fake[Symbol.asyncDispose]();
});

const answering = (answer: (response: ServerResponse) => unknown): void => {
  fake.instead = (_request, response) => {
    answer(response);
    return true;
  };
};

test("manifests, digests and blobs are read, and the registry is told along which chain it is asked", async () => {
  expect(await client.check(upstream)).toBeUndefined();
  expect(await client.resolve(upstream, "app", "1")).toEqual({ digest: IMAGE.digest });
  expect(await client.manifest(upstream, "app", "1")).toEqual({
    bytes: Buffer.from(IMAGE.text),
    mediaType: "application/vnd.oci.image.manifest.v1+json",
  });
  const [, layer] = IMAGE.blobs;
  const blob = await client.blob(upstream, "app", layer?.digest ?? "");
  if ("failure" in blob) throw new Error(blob.detail);
  expect([blob.size, Buffer.concat(await blob.stream.toArray())]).toEqual([layer?.bytes.length, layer?.bytes]);
  expect(fake.headers[VIA_HEADER]).toBe("a,b");
});

describe("credentials", () => {
  const credentials = { username: "ann", password: "s3cret" };

  test("are asked for once a lifetime of a token", async () => {
    fake.auth = { scheme: "bearer", ...credentials };
    const asAnn = { ...upstream, credentials };
    for (let times = 0; times < 3; times++) expect(await client.manifest(asAnn, "app", "1")).toHaveProperty("bytes");
    expect(fake.requests.filter((request) => request === "GET /token")).toHaveLength(1);
    clock.advance(300_000);
    fake.auth = { scheme: "basic", ...credentials };
    expect(await client.manifest(asAnn, "app", "1")).toHaveProperty("bytes");
  });

  test.each(["basic", "bearer"] as const)("that are wrong are denied, by whichever scheme: %s", async (scheme) => {
    fake.auth = { scheme, ...credentials };
    for (const shown of [{ username: "ann", password: "wrong" }, undefined]) {
      const told = await client.check({ ...upstream, ...(shown && { credentials: shown }) });
      expect(told).toMatchObject({ failure: "denied" });
      expect(JSON.stringify(told)).not.toContain("wrong");
    }
  });

  test("do not follow a redirection to another origin", async () => {
    await using other = await fakeUpstream();
    other.put("app", "1", IMAGE);
    fake.auth = { scheme: "basic", ...credentials };
    const asAnn = { ...upstream, credentials };
    expect(await client.check(asAnn)).toBeUndefined();
    answering((response) => response.writeHead(307, { location: `http://${other.host}/v2/app/manifests/1` }).end());
    using both = registryClient({ clock, allowed: [`http://${fake.host}`, `http://${other.host}`], limits: LIMITS });
    expect(await both.manifest(asAnn, "app", "1")).toHaveProperty("bytes");
    expect([other.requests, other.headers.authorization]).toEqual([["GET /v2/app/manifests/1"], undefined]);
  });

  test("are not sent to a place for tokens that has no TLS and is not on this machine", async () => {
    answering((response) => response.writeHead(401, { "www-authenticate": 'Bearer realm="http://192.0.2.1/token"' }).end());
    using careless = registryClient({ clock, allowed: [`http://${fake.host}`, "http://192.0.2.1"], limits: LIMITS });
    expect(await careless.check({ ...upstream, credentials })).toMatchObject({ failure: "forbidden" });
  });

  test("are shown at another host's place for tokens only where the operator says so; who shows none may be sent anywhere", async () => {
    await using other = await fakeUpstream();
    other.auth = { scheme: "bearer", ...credentials };
    const realm = `Bearer realm="http://${other.host}/token"`;
    answering((response) => response.writeHead(401, { "www-authenticate": realm }).end());
    const asAnn = { ...upstream, credentials };
    expect(await client.check(asAnn)).toEqual({
      failure: "forbidden",
      detail: `${fake.host} wants its credentials to be shown at ${other.host}, which is another host`,
    });
    expect(other.requests).toEqual([]);
    using both = registryClient({ clock, allowed: [`http://${fake.host}`, `http://${other.host}`], limits: LIMITS });
    expect(await both.check(upstream)).toMatchObject({ failure: "denied" });
    expect(other.headers.authorization).toBeUndefined();
    await both.check(asAnn);
    expect(other.headers.authorization).toBe(`Basic ${Buffer.from("ann:s3cret").toString("base64")}`);
  });

  test("do not go where a place for tokens redirects to", async () => {
    await using other = await fakeUpstream();
    fake.instead = (request, response) => {
      if (request.url?.startsWith("/token") !== true)
        return Boolean(response.writeHead(401, { "www-authenticate": `Bearer realm="http://${fake.host}/token"` }).end());
      return Boolean(response.writeHead(307, { location: `http://${other.host}/token` }).end());
    };
    using both = registryClient({ clock, allowed: [`http://${fake.host}`, `http://${other.host}`], limits: LIMITS });
    await both.check({ ...upstream, credentials });
    expect([other.requests, other.headers.authorization]).toEqual([["GET /token"], undefined]);
  });
});

describe("what goes wrong has a name", () => {
  test.each<[string, (response: ServerResponse) => unknown, string]>([
    ["404", (response) => response.writeHead(404).end(), "not-found"],
    ["403", (response) => response.writeHead(403).end(), "denied"],
    ["429", (response) => response.writeHead(429).end(), "throttled"],
    ["500", (response) => response.writeHead(500).end(), "unavailable"],
    ["401 without a word how", (response) => response.writeHead(401).end(), "denied"],
    ["nothing at all", () => undefined, "unavailable"],
    ["and then nothing more", (response) => response.writeHead(200, { "content-length": 10 }).write("{"), "unavailable"],
    ["half of it", (response) => response.writeHead(200, { "content-length": 10 }).write("{", () => response.destroy()), "unavailable"],
    ["a cut", (response) => response.destroy(), "unavailable"],
    ["too much", (response) => response.writeHead(200).end(Buffer.alloc(5_000_000)), "unavailable"],
    ["a circle", (response) => response.writeHead(302, { location: "/v2/app/manifests/1" }).end(), "unavailable"],
    ["another scheme", (response) => response.writeHead(302, { location: "file:///etc/passwd" }).end(), "forbidden"],
    ["the metadata service", (response) => response.writeHead(302, { location: "http://169.254.169.254/" }).end(), "forbidden"],
    [
      "a token of the metadata service",
      (response) => response.writeHead(401, { "www-authenticate": 'Bearer realm="http://169.254.169.254/t"' }).end(),
      "forbidden",
    ],
  ])("answered with %s", async (_what, answer, failure) => {
    answering(answer);
    expect(await client.manifest(upstream, "app", "1")).toMatchObject({ failure });
  });

  test("down", async () => {
    await using gone = await fakeUpstream();
    await gone[Symbol.asyncDispose]();
    using other = registryClient({ clock, allowed: [`http://${gone.host}`], limits: LIMITS });
    expect(await other.check({ url: `http://${gone.host}`, via: [] })).toMatchObject({ failure: "unavailable" });
  });

  test("a blob that stops coming fails, after a while", async () => {
    answering((response) => response.writeHead(200, { "content-length": 10 }).write("a"));
    const blob = await client.blob(upstream, "app", IMAGE.digest);
    if ("failure" in blob) throw new Error(blob.detail);
    await expect(blob.stream.toArray()).rejects.toMatchObject({ message: expect.stringContaining("sent nothing") as string });
  });

  test("a name that leads to the metadata service is not followed", async () => {
    const lookup: LookupFunction = (_name, options, answer) =>
      options.all === true ? answer(null, [{ address: "169.254.169.254", family: 4 }]) : answer(null, "169.254.169.254", 4);
    const allowed = ["http://registry.example"];
    using careful = registryClient({ clock, allowed, limits: LIMITS, lookup });
    expect(await careful.check({ url: "http://registry.example", via: [] })).toMatchObject({
      failure: "forbidden",
      detail: "registry.example is 169.254.169.254, which is no address of a registry",
    });
  });

  test("a name that means this machine is the operator's alone to follow, and what is looked at is what is connected to", async () => {
    const asked: string[] = [];
    const lookup: LookupFunction = (name, options, answer) => {
      asked.push(name);
      return options.all === true ? answer(null, [{ address: "127.0.0.1", family: 4 }]) : answer(null, "127.0.0.1", 4);
    };
    const port = fake.host.split(":")[1];
    const named = { url: `http://registry.example:${port}`, via: [] };
    using stranger = registryClient({ clock, limits: LIMITS, lookup });
    expect(await stranger.check(named)).toEqual({
      failure: "forbidden",
      detail: "registry.example is 127.0.0.1, which is an address of this machine or of a private network",
    });
    expect(fake.requests).toEqual([]);
    using operators = registryClient({ clock, allowed: [named.url], limits: LIMITS, lookup });
    expect(await operators.check(named)).toBeUndefined();
    // One look for one connection: there is nothing between the look and the connection in which the name could change.
    expect(asked).toEqual(["registry.example", "registry.example"]);
  });

  test("a redirection to this machine is not followed, wherever it comes from", async () => {
    await using other = await fakeUpstream();
    answering((response) => response.writeHead(307, { location: `http://${other.host}/` }).end());
    expect(await client.manifest(upstream, "app", "1")).toMatchObject({ failure: "forbidden" });
    expect(other.requests).toEqual([]);
  });
});

// Whatever form an address is written in, it is what it is.
test.each([
  ...["http://169.254.170.2", "http://2852039170", "http://0xa9feaa02", "http://0251.0376.0252.02", "http://169.254.43522"],
  ...["http://[::ffff:169.254.170.2]", "http://[::ffff:a9fe:aa02]", "http://[64:ff9b::a9fe:aa02]", "http://[64:ff9b:1::a9fe:aa02]"],
  ...["http://[2002:a9fe:aa02::]", "http://0.0.0.0:4566", "http://0", "http://[::]:4566", "http://[fe80::1]", "http://[::a9fe:aa02]"],
])("%s is asked by nobody, whatever the operator allows", async (url) => {
  using lenient = registryClient({ clock, allowed: [new URL(url).origin], limits: LIMITS });
  expect(await lenient.check({ url, via: [] })).toMatchObject({ failure: "forbidden" });
});

test.each([
  ...["http://127.0.0.1:4566", "http://localhost:4566", "http://2130706433:4566", "http://127.1:4566", "http://[::1]:4566"],
  ...["http://[::ffff:127.0.0.1]:4566", "http://[64:ff9b::7f00:1]:4566", "http://172.17.0.1", "http://10.0.0.1", "http://192.168.0.1"],
  ...["http://[fd00::1]", "http://100.64.0.1", "http://[2002:7f00:1::]"],
])("%s is asked only where the operator allows it", async (url) => {
  using strict = registryClient({ clock, limits: LIMITS });
  expect(await strict.check({ url, via: [] })).toMatchObject({
    failure: "forbidden",
    detail: expect.stringContaining("of this machine or of a private network") as string,
  });
});

test.each([
  ["169.254.169.254", true],
  ["169.254.1.1", true],
  ["0.0.0.0", true],
  ["224.0.0.1", true],
  ["255.255.255.255", true],
  ["100.100.100.200", true],
  ["fe80::1", true],
  ["fe80::1%eth0", true],
  ["fd00:ec2::254", true],
  ["::ffff:169.254.169.254", true],
  ["::ffff:a9fe:a9fe", true],
  ["64:ff9b::a9fe:a9fe", true],
  ["::", true],
  ["not an address", true],
  ["64:ff9b:1:0:0:0:a9fe:a9fe", true],
  ["::ffff:0:a9fe:a9fe", true],
  ["2002:a9fe:a9fe::1", true],
  ["2001:0:1:2:3:4:5601:5601", true],
  ["127.0.0.1", false],
  ["10.0.0.1", false],
  ["192.168.1.1", false],
  ["8.8.8.8", false],
  ["::1", false],
  ["2001:db8::1", false],
  ["::ffff:10.0.0.1", false],
])("%s is forbidden: %s", (address, expected) => {
  expect(isForbiddenAddress(address)).toBe(expected);
});

test.each([
  ["127.0.0.1", true],
  ["10.255.255.255", true],
  ["172.31.0.1", true],
  ["172.32.0.1", false],
  ["192.168.1.1", true],
  ["100.127.0.1", true],
  ["::1", true],
  ["fd12::1", true],
  ["::ffff:10.0.0.1", true],
  ["64:ff9b::10.0.0.1", true],
  ["2001:0:1:2:3:4:f5ff:fffe", true],
  ["8.8.8.8", false],
  ["2606:4700::1", false],
  ["64:ff9b::8.8.8.8", false],
  ["::ffff:8.8.8.8", false],
])("%s is private: %s", (address, expected) => {
  expect(isPrivateAddress(address)).toBe(expected);
});

test.each([
  ['Basic realm="x"', { scheme: "basic" }],
  ["basic", { scheme: "basic" }],
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/alpine:pull"',
    { scheme: "bearer", realm: "https://auth.docker.io/token", service: "registry.docker.io", scope: "repository:library/alpine:pull" },
  ],
  ['Bearer service="a, b", realm="https://a/t"', { scheme: "bearer", realm: "https://a/t", service: "a, b" }],
  ['Negotiate, Bearer realm="https://a/t"', { scheme: "bearer", realm: "https://a/t" }],
  ['Digest realm="d", nonce="n", Basic realm="b"', { scheme: "basic" }],
  ["Bearer", undefined],
  ['Bearer realm="nowhere"', undefined],
  ["Negotiate", undefined],
  ["", undefined],
  [undefined, undefined],
])("the challenge %s is read", (header, expected) => {
  expect(readChallenge(header)).toEqual(expected);
});

test("a challenge made to be slow is read at once", () => {
  const headers = [
    `Bearer ${"a=b ".repeat(4000)}`,
    `${"a".repeat(16_000)}"`,
    `Bearer ${",".repeat(16_000)}`,
    `Bearer a="${"\\".repeat(16_001)}`,
  ];
  expect(cpuMs(() => headers.forEach((header) => void readChallenge(header)))).toBeLessThan(2_000);
});
