import { describe, expect, test } from "vitest";
import type { REQUEST_FIELDS } from "./render-request-log.ts";
import { readLogLine } from "./log-line.ts";

const ROUTE = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188|10|forward";
const LINE: Readonly<Record<keyof typeof REQUEST_FIELDS, string>> = {
  route: ROUTE,
  answeredAt: "1795903922074325",
  client: "127.0.0.1:51350",
  backend: "b_web-0123456789abcdef",
  server: "10.0.0.1:80",
  took: "12",
  received: "56",
  sent: "76",
  readIn: "1",
  queued: "0",
  connected: "2",
  responded: "3",
  carried: "4",
  status: "200",
  ending: "--",
  method: "GET",
  target: "/r0/x",
  version: "HTTP/1.1",
  cipher: "-",
  tlsVersion: "-",
  serverName: "-",
  host: "a.test:80",
  userAgent: String.raw`a\tb \"c\"`,
  trace: "-",
  location: "-",
};
const read = (changes: Partial<typeof LINE> = {}) => {
  const [found] = readLogLine(Object.values({ ...LINE, ...changes }).join("\t"));
  return found?.kind === "request" ? found : undefined;
};

test("a forwarded request", () => {
  expect(read()).toMatchObject({
    loadBalancer: ROUTE.split("|")[0],
    priority: 10,
    action: "forward",
    backend: "web-0123456789abcdef",
    server: "10.0.0.1:80",
    before: 3,
    waited: 3,
    after: 4,
    status: 200,
    isAborted: false,
    userAgent: 'a\tb "c"',
    trace: "",
  });
  expect(read()).not.toHaveProperty("tls");
});

test("one that no server got, of a client that went away before it was answered", () => {
  const found = read({ server: "-:-", connected: "-1", responded: "-1", carried: "-1", status: "-1", ending: "CC" });
  expect(found).toMatchObject({ before: -1, waited: -1, after: -1, isAborted: true });
  expect(found).not.toHaveProperty("server");
  expect(found).not.toHaveProperty("status");
});

test.each([
  ["with signs that have codes", String.raw`\/a|b\"c`, '/a|b"c'],
  ["cut off within a code", String.raw`\/a\"b\u00`, '/a"b'],
  ["cut off behind the sign that begins one", `${String.raw`\/a\\b`}\\`, String.raw`/a\b`],
])("a target %s", (_, target, expected) => expect(read({ target })?.target).toBe(expected));

describe("one that was refused before a rule was asked", () => {
  const [owner = ""] = ROUTE.split("|");
  const refused = { route: `${owner}>-`, ending: "PR--", server: "-:-", connected: "-1", responded: "-1", carried: "-1" };

  test("is told of to the load balancer whose all requests of the listener are", () => {
    const found = read({ ...refused, method: "TRACE", status: "405" });
    expect(found).toMatchObject({ loadBalancer: owner, method: "TRACE", target: "/r0/x", status: 405, before: -1 });
    expect(found).not.toHaveProperty("priority");
    expect(found).not.toHaveProperty("action");
    expect(read({ ...refused, ending: "LR--", status: "463" })).toMatchObject({ status: 463 });
  });

  test("tells nothing else where it could not be read", () => {
    const unread = { method: "<BADREQ>", target: "-", version: "HTTP/-", status: "400", host: "-", userAgent: "-" };
    expect(read({ ...refused, ...unread })).toMatchObject({ loadBalancer: owner, method: "", target: "", version: "", status: 400 });
  });

  test("is told of where it did not come in time, whose client was answered and did not give up", () => {
    const late = { method: "<BADREQ>", target: "-", version: "HTTP/-", status: "408", ending: "cR--" };
    expect(read({ ...refused, ...late })).toMatchObject({ loadBalancer: owner, method: "", status: 408, isAborted: false });
    expect(read({ ...refused, ...late, route: "-" })).toBeUndefined();
  });

  test("is none where the client went away, or where others share the listener", () => {
    for (const ending of ["CR--", "cR--"]) expect(read({ ...refused, method: "<BADREQ>", ending })).toBeUndefined();
    expect(read({ ...refused, route: "-" })).toBeUndefined();
  });

  test("does not keep the route of others from being read", () => expect(read({ route: `${owner}>${ROUTE}` })).toEqual(read()));
});

test("an encrypted one tells how", () => {
  expect(read({ cipher: "TLS_AES_128_GCM_SHA256", tlsVersion: "TLSv1.3", serverName: "a.test" })?.tls).toEqual({
    cipher: "TLS_AES_128_GCM_SHA256",
    version: "TLSv1.3",
    serverName: "a.test",
  });
});

test.each([
  ["a route that is not logged", read({ route: "-" })],
  ["a line with a field too many", read({ target: "/\t/" })],
  ["nothing", readLogLine("")[0]],
])("%s is none", (_, found) => expect(found).toBeUndefined());
