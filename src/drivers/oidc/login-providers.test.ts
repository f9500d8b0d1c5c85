import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { madeCertificate, type MadeCertificate } from "../../testing/certificates.ts";
import { loginProviders } from "./login-providers.ts";

let certificate: MadeCertificate;
let url: string;
let respond: (response: ServerResponse) => void = () => undefined;
const seen: { readonly head: IncomingMessage; readonly body: string }[] = [];
const server = createServer();

beforeAll(async () => {
  certificate = await madeCertificate({ commonName: "localhost", names: ["localhost"], key: 2048 });
  server.setSecureContext({ cert: certificate.pem, key: certificate.keyPem });
  server.on("request", (head: IncomingMessage, response: ServerResponse) => {
    let body = "";
    head.on("data", (chunk: Buffer) => (body += String(chunk)));
    head.on("end", () => {
      seen.push({ head, body });
      respond(response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `https://localhost:${(server.address() as AddressInfo).port}/token`;
});
afterAll(() => void server.close());

const ours = (options = {}) => loginProviders({ ca: certificate.pem, ...options });
const json = (status: number, content: unknown) => (response: ServerResponse) => response.writeHead(status).end(JSON.stringify(content));

test("a client shows its secret, form-encoded, and its form", async () => {
  respond = json(200, { access_token: "a" });
  const answered = await ours().token(url, { id: "a b", secret: "p:w+%" }, { grant_type: "authorization_code", code: "c d" });
  expect(answered).toEqual({ kind: "document", content: { access_token: "a" } });
  const { head, body } = seen.at(-1)!;
  expect([head.method, head.headers["content-type"], body]).toEqual([
    "POST",
    "application/x-www-form-urlencoded",
    "grant_type=authorization_code&code=c+d",
  ]);
  expect(Buffer.from(head.headers.authorization?.replace("Basic ", "") ?? "", "base64").toString()).toBe("a+b:p%3Aw%2B%25");
});

test("users are asked about with their access token", async () => {
  respond = json(200, { sub: "u" });
  expect(await ours().userInfo(url, "at")).toEqual({ kind: "document", content: { sub: "u" } });
  expect([seen.at(-1)?.head.method, seen.at(-1)?.head.headers.authorization]).toEqual(["GET", "Bearer at"]);
});

test.each<[string, string, (response: ServerResponse) => void]>([
  ["an error", "refused", json(400, { error: "invalid_grant" })],
  ["a redirection, which is not followed", "refused", (response) => response.writeHead(302, { location: "https://localhost/" }).end("{}")],
  ["what is no object", "refused", json(200, [])],
  ["too much", "refused", json(200, { more: "x".repeat(300_000) })],
  ["a failure", "unreachable", json(503, {})],
  ["nothing", "unreachable", (response) => response.destroy()],
])("one that answers %s is %s", async (_, kind, how) => {
  respond = how;
  expect(await ours().userInfo(url, "at")).toMatchObject({ kind });
});

test("one that does not answer in time, or whom nobody vouches for, is not reached", async () => {
  respond = () => undefined;
  expect(await ours({ timeoutMs: 50 }).userInfo(url, "at")).toMatchObject({ kind: "unreachable" });
  const before = seen.length;
  expect(await loginProviders().userInfo(url, "at")).toMatchObject({ kind: "unreachable" });
  expect(seen.length).toBe(before);
});

test.each([
  "http://localhost/",
  "https://169.254.169.254/",
  "https://[::ffff:169.254.169.254]/",
  "https://0xa9fea9fe/",
  "https://[fe80::1]/",
])("%s is asked by nobody", async (endpoint) => {
  const answered = await ours().userInfo(endpoint, "at");
  expect(answered).toMatchObject({ kind: "unreachable", detail: expect.stringContaining("is no address of a provider") as string });
});
