import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { apiWorld, TEST_KEYS, type ApiWorld } from "../testing/api-world.ts";
import { handSigned } from "../testing/hand-signed.ts";
import { sendSigned } from "../testing/signed-request.ts";
import { LARGEST_UNSIGNED_BODY } from "./admission.ts";
import { LARGEST_BODY } from "./body.ts";
import { LIMITS } from "./limits.ts";

function dial(api: ApiWorld): Socket {
  const { hostname, port } = new URL(api.url);
  return connect(Number(port), hostname);
}

/** What comes back until the server closes the connection. */
async function answerTo(api: ApiWorld, ...parts: readonly string[]): Promise<string> {
  const socket = dial(api);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A reset is a way to close, too.
  socket.on("error", () => undefined);
  for (const part of parts) socket.write(part);
  await once(socket, "close");
  return Buffer.concat(chunks).toString();
}

describe("a client that takes its time is let go of", () => {
  test("with headers that do not end", async () => {
    await using api = await apiWorld({}, { limits: { headersMs: 60 } });
    expect(await answerTo(api, "POST / HTTP/1.1\r\nhost: localhost\r\nx-slow: ")).toMatch(/^HTTP\/1.1 408 /);
  });

  test("with a body that does not end", async () => {
    await using api = await apiWorld({}, { limits: { bodyMs: 60 } });
    const form = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\n";
    expect(await answerTo(api, `POST / HTTP/1.1\r\nhost: localhost\r\n${form}`, "part")).toMatch(/^HTTP\/1.1 408 /);
    expect(api.defects).toEqual([]);
  });

  test("with a body that comes a byte at a time", async () => {
    await using api = await apiWorld({}, { limits: { bodyPace: { bytes: 50, ms: 60 } } });
    const socket = dial(api);
    socket.on("error", () => undefined).write(`${signedHead()}content-length: 1000\r\n\r\n`);
    const drip = setInterval(() => socket.write("x"), 5);
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 408 /);
    await once(socket, "close");
    clearInterval(drip);
  });

  test("that sends nothing at all", async () => {
    await using api = await apiWorld({}, { limits: { idleMs: 60 } });
    expect(await answerTo(api)).toBe("");
  });
});

describe("a client that sends too much is refused", () => {
  test("in headers", async () => {
    await using api = await apiWorld();
    expect(await answerTo(api, `POST / HTTP/1.1\r\nhost: localhost\r\nx-long: ${"x".repeat(LIMITS.headerBytes)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431 /,
    );
  });

  test("in too many headers", async () => {
    await using api = await apiWorld();
    expect(await answerTo(api, `POST / HTTP/1.1\r\nhost: localhost\r\n${"a:b\r\n".repeat(LIMITS.headers)}\r\n`)).toMatch(/^HTTP\/1.1 431 /);
  });

  test("in two hosts", async () => {
    await using api = await apiWorld();
    expect(await answerTo(api, "POST / HTTP/1.1\r\nhost: localhost\r\nHost: localhost\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
  });

  test("in a header over several lines", async () => {
    await using api = await apiWorld();
    expect(await answerTo(api, "POST / HTTP/1.1\r\nhost: localhost\r\nx-a: b\r\n c\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
  });

  test("in a body that says so", async () => {
    await using api = await apiWorld();
    expect(await answerTo(api, `${signedHead()}content-length: ${LARGEST_BODY + 1}\r\n\r\n`)).toMatch(/^HTTP\/1.1 413 /);
  });

  test("in a body that does not say so", async () => {
    await using api = await apiWorld();
    const megabyte = `100000\r\n${"x".repeat(0x100000)}\r\n`;
    const parts = Array.from({ length: LARGEST_BODY / 0x100000 + 1 }, () => megabyte);
    expect(await answerTo(api, `${signedHead()}transfer-encoding: chunked\r\n\r\n`, ...parts)).toMatch(/^HTTP\/1.1 413 /);
  });

  test("in pieces of a byte", async () => {
    await using api = await apiWorld();
    expect(await answerTo(api, `${signedHead()}transfer-encoding: chunked\r\n\r\n`, `${"1\r\nx\r\n".repeat(2000)}0\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 408 /,
    );
  });

  test("in requests before the first answer", async () => {
    // Strangers wait for their turns, so that many wait at once.
    await using api = await apiWorld({}, { limits: { pipelined: 2, strangers: { rate: 20, burst: 1 } } });
    const two = "OPTIONS / HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(2);
    expect(await answerTo(api, two + two)).toBe("");
    expect((await answerTo(api, two.replace(/\r\n\r\n$/, "\r\nconnection: close\r\n\r\n"))).split("204 No Content")).toHaveLength(3);
  });
});

/** The head of a request that a known key signed, as far as one can tell before the body. The headers end with an empty line. */
function signedHead(at = Date.now()): string {
  const { headers } = handSigned({ lines: ["host", "localhost"] }, TEST_KEYS, at);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST / HTTP/1.1\r\n${lines.join("")}`;
}

describe("a body that cannot change the answer is not waited for", () => {
  const json = "x-amz-target: AmazonEC2ContainerServiceV20141113.ListClusters\r\ncontent-type: application/x-amz-json-1.1\r\n";
  const form = "content-type: application/x-www-form-urlencoded\r\n";
  const stranger = signedHead().replace(TEST_KEYS.accessKeyId, "AKIANOBODY");
  const old = signedHead(Date.now() - 3_600_000);

  test.each([
    ["JSON without a signature", `POST / HTTP/1.1\r\nhost: localhost\r\n${json}content-length: 100\r\n`, "MissingAuthenticationToken"],
    [
      "a type that no protocol has",
      "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n",
      "MissingAuthenticationToken",
    ],
    [
      "a form larger than the one that needs no signature",
      `POST / HTTP/1.1\r\nhost: localhost\r\n${form}content-length: ${LARGEST_UNSIGNED_BODY + 1}\r\n`,
      "MissingAuthenticationToken",
    ],
    ["a key that nobody has", `${stranger}content-length: 33000000\r\n`, "UnrecognizedClientException"],
    ["a header of AWS's that is not signed", `${signedHead()}${json}content-length: 9\r\n`, "must be a 'SignedHeader'"],
    ["a signature that is long over", `${old}content-length: 33000000\r\n`, "Signature expired"],
  ])("%s", async (_, head, code) => {
    await using api = await apiWorld();
    const socket = dial(api);
    socket.write(`${head}\r\n`);
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toContain(code);
    socket.destroy();
  });

  test("a form without a signature that turns out larger than the one that needs none", async () => {
    await using api = await apiWorld();
    const piece = `8000\r\n${"x".repeat(0x8000)}\r\n`;
    const head = `POST / HTTP/1.1\r\nhost: localhost\r\n${form}transfer-encoding: chunked\r\n\r\n`;
    expect(await answerTo(api, head, piece.repeat(LARGEST_UNSIGNED_BODY / 0x8000 + 1))).toMatch(/^HTTP\/1.1 403 .*MissingAuth/s);
  });

  test("but the largest that needs none is read", async () => {
    await using api = await apiWorld();
    const body = new URLSearchParams({
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      RoleArn: `arn:aws:iam::123456789012:role/${"a".repeat(64)}`,
      RoleSessionName: "session",
      WebIdentityToken: "a".repeat(20_000),
      Policy: "\u00ff".repeat(2048),
      ...Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`PolicyArns.member.${at + 1}.arn`, "/".repeat(2048)])),
    });
    expect(body.toString().length).toBeGreaterThan(90_000);
    const text = await (await fetch(api.url, { method: "POST", body })).text();
    expect(text).toContain("sts.amazonaws.com");
    expect(text).not.toContain("MissingAuthentication");
  });

  test("one that is sent all the same is taken in, so that the client reads its answer, and none of it is kept", async () => {
    await using api = await apiWorld();
    const response = await fetch(api.url, {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: Buffer.alloc(8 * 1024 * 1024),
    });
    expect(response.status).toBe(403);
  });

  test("one that does not come leaves the connection closed", async () => {
    await using api = await apiWorld();
    expect(await answerTo(api, `POST / HTTP/1.1\r\nhost: localhost\r\n${json}content-length: 100\r\n\r\n`)).toMatch(/^HTTP\/1.1 400 /);
  });
});

test("bodies that are held open to fill the memory go for those that come: the one held for longest first", async () => {
  await using api = await apiWorld({}, { limits: { bodyBytes: 1_100_000 } });
  const hold = async (): Promise<{ readonly socket: Socket; readonly answer: Promise<string> }> => {
    const socket = dial(api);
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", () => undefined);
    const answer = once(socket, "close").then(() => Buffer.concat(chunks).toString());
    await new Promise((sent) => socket.write(bodyOf(400_000), sent));
    return { socket, answer };
  };
  const first = await hold();
  const second = await hold();
  const third = await hold();
  expect(await first.answer).toMatch(/^HTTP\/1.1 503 .*ServiceUnavailable/s);
  expect([second.socket.closed, third.socket.closed]).toEqual([false, false]);
  const response = await fetch(api.url, { method: "POST", body: "Action=A" });
  expect(response.status).toBe(403);
  for (const { socket } of [second, third]) socket.destroy();
});

/** The beginning of a body that a known key may have signed: so many bytes of twice as many. */
function bodyOf(bytes: number): string {
  return `${signedHead()}content-length: ${2 * bytes}\r\n\r\n${"x".repeat(bytes)}`;
}

test("headers as long as session tokens make them are taken", async () => {
  await using api = await apiWorld();
  const response = await fetch(api.url, { method: "POST", headers: { "x-amz-security-token": "x".repeat(20_000) } });
  expect(response.status).toBe(403);
});

test("where there is no room for a connection, silent ones go first, then strangers; who is known stays, though it came before them", async () => {
  await using api = await apiWorld({}, { limits: { connections: 3 } });
  const known = dial(api);
  const { headers } = handSigned(
    { lines: ["host", "localhost", "content-length", "0"], service: "sts", target: GET_CALLER },
    TEST_KEYS,
    Date.now(),
  );
  const lines = Object.entries(headers).map((line) => `${line.join(": ")}\r\n`);
  known.write(`POST ${GET_CALLER} HTTP/1.1\r\n${lines.join("")}\r\n`);
  expect(await answerOn(known)).toMatch(/^HTTP\/1.1 200 /);
  const stranger = dial(api);
  stranger.write("OPTIONS / HTTP/1.1\r\nhost: localhost\r\n\r\n");
  expect(await answerOn(stranger)).toMatch(/^HTTP\/1.1 204 /);
  const silent = dial(api);
  await once(silent, "connect");
  const closed = [once(silent, "close"), once(stranger, "close")];
  const more: Socket[] = [];
  for (const gone of closed) {
    const newcomer = dial(api);
    newcomer.write("OPTIONS / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    more.push(newcomer);
    await gone;
    expect(await answerOn(newcomer)).toMatch(/^HTTP\/1.1 204 /);
  }
  known.write("OPTIONS / HTTP/1.1\r\nhost: localhost\r\n\r\n");
  expect(await answerOn(known)).toMatch(/^HTTP\/1.1 204 /);
  for (const socket of [known, ...more]) socket.destroy();
});

async function answerOn(socket: Socket): Promise<string> {
  const [answer] = (await once(socket, "data")) as [Buffer];
  return answer.toString();
}

test.each([
  ["without a signature", () => "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n"],
  [
    "with one that the body shows to be wrong",
    () => `${signedHead()}content-length: 0\r\n`.replace(/Signature=\w+/, `Signature=${"0".repeat(64)}`),
  ],
  ["for what is no service", () => `${signedHead().replace("/ecs/", "/nobody/")}content-length: 0\r\n`],
  ["that asks what it may ask", () => "OPTIONS / HTTP/1.1\r\nhost: localhost\r\n"],
])("a request %s waits for its turn among strangers", async (_, head) => {
  await using api = await apiWorld({}, { limits: { strangers: { rate: 10, burst: 1 } } });
  const before = performance.now();
  for (let count = 0; count < 2; count += 1) await answerTo(api, `${head()}connection: close\r\n\r\n`);
  expect(performance.now() - before).toBeGreaterThan(90);
});

test("a request with a good signature does not wait", async () => {
  await using api = await apiWorld({}, { limits: { strangers: { rate: 0.01, burst: 1 } } });
  for (let count = 0; count < 5; count += 1) {
    const response = await sendSigned(api.url, {
      service: "sts",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: CALLER,
    });
    expect(response.status).toBe(200);
  }
});

const CALLER = "Action=GetCallerIdentity&Version=2011-06-15";
const GET_CALLER = `/?${CALLER}`;
