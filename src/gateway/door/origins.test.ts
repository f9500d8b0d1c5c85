import type { IncomingMessage, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { shareAnswers } from "./origins.ts";

const FRIEND = "https://console.example.com";

/** The headers that an answer gets. */
function shared(headers: Readonly<Record<string, string>>, { method = "POST", secure = false } = {}): Readonly<Record<string, string>> {
  const socket = secure ? new TLSSocket(new Socket()) : new Socket();
  const set: Record<string, string> = {};
  const response = { setHeader: (name: string, value: string) => void (set[name] = value) };
  shareAnswers([FRIEND])({ method, headers, socket } as unknown as IncomingMessage, response as unknown as ServerResponse);
  return set;
}

const EXPOSED = { "access-control-expose-headers": "x-amzn-requestid,x-amzn-errortype,x-amzn-errormessage,date" };

test.each<[string, Readonly<Record<string, string>>, boolean, boolean]>([
  ["a friend", { origin: FRIEND, host: "localhost" }, false, true],
  ["our own, over HTTP", { origin: "http://localhost:4566", host: "LocalHost:4566" }, false, true],
  ["our own, over TLS", { origin: "https://localhost:4566", host: "localhost:4566" }, true, true],
  ["TLS, to HTTP", { origin: "https://localhost:4566", host: "localhost:4566" }, false, false],
  ["HTTP, to TLS", { origin: "http://localhost:4566", host: "localhost:4566" }, true, false],
  ["a stranger", { origin: "https://evil.example", host: "localhost" }, false, false],
  ["no page", { host: "localhost" }, false, false],
])("what the origin is: %s", (_, headers, secure, expected) => {
  const allowed = { vary: "Origin", "access-control-allow-origin": headers["origin"], ...EXPOSED };
  expect(shared(headers, { secure })).toEqual(expected ? allowed : { vary: "Origin" });
});

test("who asks first is told what may be sent, and for how long that holds", () => {
  expect(shared({ origin: FRIEND }, { method: "OPTIONS" })).toEqual({
    vary: "Origin",
    "access-control-allow-origin": FRIEND,
    ...EXPOSED,
    "access-control-allow-methods": "GET,POST,PUT,DELETE,HEAD,PATCH",
    "access-control-allow-headers":
      "authorization,content-type,x-amz-date,x-amz-target,x-amz-security-token,x-amz-user-agent,x-amz-content-sha256,x-amzn-query-mode,amz-sdk-invocation-id,amz-sdk-request",
    "access-control-max-age": "86400",
  });
});
