import { expect, test } from "vitest";
import type { ProxyRoute } from "../../ports/traffic-proxy.ts";
import { CONNECTION_FIELDS, renderLoggedFrontend, renderNotes, REQUEST_FIELDS, STREAM_FIELDS } from "./render-request-log.ts";
import { renderListener } from "./render-routes.ts";

/** HAProxy drops a line that does not fit its buffer: whoever could write one would leave no trace. */
const BUFFER = 16 * 1024;
/** What of a line is ours, or a number, an address, a name of a backend or of a cipher: each far below this. */
const OTHERS = 40;
const NAMES_OF_OURS = 700;

test.each([
  ["a request", { ...REQUEST_FIELDS, ...CONNECTION_FIELDS }],
  ["a stream", STREAM_FIELDS],
])("no client makes a line of %s that is longer than HAProxy passes on", (_, fields) => {
  let longest = NAMES_OF_OURS;
  for (const field of Object.values<string>(fields)) {
    const most = /json\(utf8s\),bytes\(0,(\d+)\)\]$/.exec(field)?.[1];
    expect(most === undefined, field).toBe(!field.includes("json("));
    longest += Number(most ?? OTHERS);
  }
  expect(longest).toBeLessThan(BUFFER);
  // Nor does it take the request as HAProxy notes it, which is cut at 1,023 bytes.
  expect(Object.values<string>(fields)).not.toContain("%HU");
});

const route = (more: Partial<ProxyRoute>): ProxyRoute => ({
  ...{ hosts: [], idleTimeout: 60, logged: 3, owner: "lb", action: { kind: "forward", backends: [] } },
  ...more,
});

test("a target is noted without the host, which HTTP/2 has in it, and the version as it is of the whole request", () => {
  const lines = renderNotes([route({})]);
  const target = lines.findIndex((one) => one === "http-request set-var(txn.log_target) url");
  expect(lines[target + 1]).toBe("http-request set-var(txn.log_target) pathq if !{ url_beg / }");
  expect(lines).toContain("http-request set-var(txn.log_version) req.ver");
});

test.each([
  ["all are logged for one", [route({}), route({ logged: 0 })], true],
  ["others share the port", [route({}), route({ owner: "other" })], false],
  ["some are not logged", [route({}), { ...route({}), logged: undefined }] as ProxyRoute[], false],
])("who is told of a request that no route took is written where %s", (_, routes, isWritten) => {
  const format = renderLoggedFrontend({ routes }).find((one) => one.startsWith("log-format "));
  expect(format?.startsWith("log-format lb\\x3e%[var(txn.route)]")).toBe(isWritten);
});

test("a request is noted before it may be refused", () => {
  const [frontend = ""] = renderListener({ id: "l", addresses: ["127.0.0.1"], port: 80, routes: [route({})] }, () => true);
  expect(frontend.indexOf("set-var(txn.log_target)")).toBeGreaterThan(0);
  expect(frontend.indexOf("set-var(txn.log_target)")).toBeLessThan(frontend.indexOf("http-request deny"));
});
