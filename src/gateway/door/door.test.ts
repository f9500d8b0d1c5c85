import { once } from "node:events";
import type { Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LARGEST_BODY } from "../body.ts";
import { BodyTooLargeError } from "../body.ts";
import { httpServer } from "../server.ts";

const FRIEND = "https://console.example.com";
/** What came through, of the APIs and of the registry. */
let passed: string[];
let server: Server;

/** @param limits short ones only where it is waited for their end: a busy machine takes its time for what should come through, too */
async function listen(limits: { readonly headersMs?: number; readonly bodyMs?: number } = {}): Promise<void> {
  passed = [];
  server = httpServer({
    gateway: async (arriving) => {
      passed.push(`api ${arriving.url.pathname}`);
      const read = await arriving.readBody(8192);
      if (!read) throw new BodyTooLargeError();
      if (read.body.toString() === "x") throw new Error("a defect");
      return { status: 403, headers: { "content-type": "text/xml" }, body: "<Error/>" };
    },
    registry: (request, response) => {
      passed.push(`registry ${request.url}`);
      response.writeHead(401, { "content-type": "application/json" }).end("{}");
    },
    failed: () => undefined,
    limits: { ...limits, headerBytes: 8192 },
    hostNames: ["airfield.example.com"],
    origins: [FRIEND],
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
}

function close(): void {
  server.closeAllConnections();
  server.close();
}

beforeEach(() => listen());
afterEach(close);

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends these bytes, and reads until the server closes or the answer is whole. */
async function send(...lines: readonly string[]): Promise<Answer> {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => undefined);
  socket.write(lines.join("\r\n"));
  await once(socket, "close");
  const [head = "", body = ""] = Buffer.concat(chunks).toString().split("\r\n\r\n");
  const [first = "", ...fields] = head.split("\r\n");
  const headers = Object.fromEntries(fields.map((field) => [field.split(": ")[0]?.toLowerCase(), field.split(": ").slice(1).join(": ")]));
  return { status: Number(first.split(" ")[1]), headers, body };
}

const asking = (path: string, ...fields: readonly string[]): Promise<Answer> =>
  send(`GET ${path} HTTP/1.1`, ...fields, "Connection: close", "", "");

describe("the host", () => {
  test.each(["Host: localhost:4566", "host:127.0.0.1", "HOST: LOCALHOST.:80", "Host: airfield.example.com"])(
    "%s comes in",
    async (field) => {
      expect((await asking("/", field)).status).toBe(403);
      expect((await asking("/v2/", field)).status).toBe(401);
      expect(passed).toEqual(["api /", "registry /v2/"]);
    },
  );

  test.each([
    ["of somebody else", 421, ["Host: evil.example"]],
    ["of somebody else, with our port", 421, ["Host: evil.example:4566"]],
    ["that only begins as ours", 421, ["Host: localhost.evil.example"]],
    ["that is an address of another machine", 421, ["Host: 192.168.1.5"]],
    ["that is not there", 400, []],
    ["that is empty", 400, ["Host:"]],
    ["twice", 400, ["Host: localhost", "Host: evil.example"]],
    ["twice, ours last", 400, ["Host: evil.example", "host: localhost"]],
    ["twice the same", 400, ["Host: localhost", "Host: localhost"]],
    ["with a user", 400, ["Host: evil@localhost"]],
    ["as a user of somebody else", 400, ["Host: localhost:80@evil.example"]],
    ["with a path", 400, ["Host: localhost/.evil.example"]],
    ["as a list", 400, ["Host: localhost, evil.example"]],
    ["folded over two lines", 400, ["Host: localhost", " .evil.example"]],
    [
      "in other headers",
      421,
      ["Host: evil.example", "X-Forwarded-Host: localhost", "Forwarded: host=localhost", ":authority: localhost"].slice(0, 3),
    ],
  ] as const)("%s is refused before anything else, wherever it leads to", async (_, status, fields) => {
    for (const path of ["/", "/v2/", "/v2/app/manifests/v1", "/ecr-download/x", "/?Action=ListUsers"]) {
      const answer = await asking(path, ...fields);
      expect(answer.status).toBe(status);
      expect(answer.body).not.toContain("evil");
      expect(answer.headers["www-authenticate"]).toBeUndefined();
    }
    expect(passed).toEqual([]);
  });

  test("is told who may add to it, in the forms of the JSON protocols and of the distribution API", async () => {
    const { headers, body } = await asking("/", "Host: evil.example");
    expect(headers).toMatchObject({ "content-type": "application/json", connection: "close" });
    expect(JSON.parse(body)).toMatchObject({
      __type: "MisdirectedRequest",
      message: expect.stringContaining("AIRFIELD_HOST_NAMES") as string,
      errors: [{ code: "DENIED" }],
    });
    expect(JSON.stringify(headers)).not.toContain("access-control");
  });

  test("is looked at in each request of a connection", async () => {
    const pipelined = ["GET /first HTTP/1.1", "Host: localhost", "", "GET /second HTTP/1.1", "Host: evil.example", "", ""];
    await send(...pipelined);
    expect(passed).toEqual(["api /first"]);
  });

  test("is asked for in HTTP/1.0 too", async () => {
    expect((await send("GET / HTTP/1.0", "", "")).status).toBe(400);
    expect((await send("GET / HTTP/1.0", "Host: localhost", "", "")).status).toBe(403);
  });

  test("is refused before a body is waited for", async () => {
    const answer = await send("POST / HTTP/1.1", "Host: evil.example", "Content-Length: 1000000", "", "");
    expect(answer.status).toBe(421);
  });

  const NO_PATH = expect.stringContaining('"BadRequest","message":"The request\'s target must be a path."') as string;
  test.each([
    ["http://evil.example/", NO_PATH],
    ["http://localhost/v2/", NO_PATH],
    ["*", NO_PATH],
    // These come no further than Node's parser.
    ["localhost", ""],
    ["evil.example:443", ""],
  ])("a target that is no path (%s) is refused, whatever the header says", async (target, told) => {
    const { status, body } = await asking(target, "Host: localhost");
    expect([status, body]).toEqual([400, told]);
    expect(passed).toEqual([]);
  });
});

describe("every answer tells browsers to take it for what it is, and to run, load and frame nothing of it", () => {
  const post = (...fields: readonly string[]): Promise<Answer> =>
    send("POST / HTTP/1.1", "Host: localhost", "Connection: close", ...fields);
  /** Asks a server that waits for nobody. */
  const hastily = async (ask: () => Promise<Answer>): Promise<Answer> => {
    close();
    await listen({ headersMs: 60, bodyMs: 60 });
    return ask();
  };
  test.each<[number, string, () => Promise<Answer>]>([
    [403, "a refusal of the APIs", () => asking("/", "Host: localhost")],
    [401, "a refusal of the registry", () => asking("/v2/", "Host: localhost")],
    [421, "a refusal at the door", () => asking("/", "Host: evil.example")],
    [400, "a request without a host", () => asking("/")],
    [400, "a target that is none", () => asking("*", "Host: localhost")],
    [204, "a preflight", () => send("OPTIONS / HTTP/1.1", "Host: localhost", "Connection: close", "", "")],
    [500, "a defect", () => post("Content-Length: 1", "", "x")],
    [408, "headers that do not end", () => hastily(() => send("GET / HTTP/1.1", "Host: localhost", "X-Slow: "))],
    [408, "a body that does not end", () => hastily(() => post("Content-Length: 10", "", "x"))],
    [413, "a body that is too large", () => post(`Content-Length: ${LARGEST_BODY + 1}`, "", "")],
    [417, "an expectation", () => post("Expect: tea", "Content-Length: 0", "", "")],
    [431, "headers that are too long", () => asking("/", `X-Long: ${"x".repeat(9000)}`)],
    [400, "what is no HTTP", () => send("nonsense", "", "")],
  ])("%i: %s", async (status, _, ask) => {
    const answer = await ask();
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    });
  });
});

describe("scripts of a page read answers", () => {
  const own = (): string => `http://localhost:${(server.address() as AddressInfo).port}`;
  const host = (): string => `Host: ${new URL(own()).host}`;
  const allowed = ({ headers }: Answer): string | undefined => headers["access-control-allow-origin"];

  test("of our own origin, and of those that the operator names", async () => {
    for (const origin of [own(), FRIEND]) {
      const answer = await asking("/", host(), `Origin: ${origin}`);
      expect(allowed(answer)).toBe(origin);
      expect(answer.headers).toMatchObject({
        vary: "Origin",
        "access-control-expose-headers": expect.stringContaining("requestid") as string,
      });
      expect(answer.headers).not.toHaveProperty("access-control-allow-credentials");
    }
  });

  test.each([
    "https://evil.example",
    "null",
    "http://localhost",
    "http://localhost:5173",
    "http://127.0.0.1:1",
    "https://console.example.com:8443",
    "http://console.example.com",
    "https://console.example.com.evil.example",
    "*",
  ])("not of %s, be it asked before or not", async (origin) => {
    for (const method of ["GET", "POST", "OPTIONS"]) {
      const fields = ["Access-Control-Request-Method: POST", "Content-Length: 0", "Connection: close", "", ""];
      const answer = await send(`${method} / HTTP/1.1`, host(), `Origin: ${origin}`, ...fields);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
      expect(answer.headers["vary"]).toBe("Origin");
    }
  });

  test("of another scheme or port than ours: that is another origin", async () => {
    for (const origin of [own().replace("http:", "https:"), "http://localhost:1"])
      expect(allowed(await asking("/", host(), `Origin: ${origin}`))).toBeUndefined();
  });

  test("errors as well", async () => {
    const large = await send("POST / HTTP/1.1", host(), `Origin: ${FRIEND}`, `Content-Length: ${LARGEST_BODY + 1}`, "", "");
    expect([large.status, allowed(large)]).toEqual([413, FRIEND]);
    const defect = await send("POST / HTTP/1.1", host(), `Origin: ${FRIEND}`, "Content-Length: 1", "", "x");
    expect([defect.status, allowed(defect)]).toEqual([500, FRIEND]);
  });

  test("not those of the registry", async () => {
    expect(allowed(await asking("/v2/", host(), `Origin: ${FRIEND}`))).toBeUndefined();
  });

  test("after having asked what they may send", async () => {
    const answer = await send("OPTIONS / HTTP/1.1", host(), `Origin: ${FRIEND}`, "Connection: close", "", "");
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": FRIEND,
      "access-control-allow-headers": expect.stringContaining("x-amz-target") as string,
      "access-control-allow-methods": expect.stringContaining("POST") as string,
    });
  });
});
