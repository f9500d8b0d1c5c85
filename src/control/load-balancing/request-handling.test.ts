import { describe, expect, test } from "vitest";
import { USUAL_HANDLING } from "../../domain/request-handling.ts";
import { answersOf, handlingOf, tlsHeadersOf } from "./request-handling.ts";

describe("how requests are handled", () => {
  test.each([
    ["routing.http.xff_header_processing.mode", "preserve", { forwardedFor: "preserve" }],
    ["routing.http.xff_header_processing.mode", "remove", { forwardedFor: "remove" }],
    ["routing.http.xff_client_port.enabled", "true", { clientPort: true }],
    ["routing.http.preserve_host_header.enabled", "true", { keepsHost: true }],
    ["routing.http.drop_invalid_header_fields.enabled", "true", { dropsInvalidHeaders: true }],
    ["routing.http.desync_mitigation_mode", "strictest", { isStrict: true }],
    ["client_keep_alive.seconds", "60", { connectionAge: 60 }],
  ])("by %s = %s", (name, value, changed) => {
    expect(handlingOf({ [name]: value })).toEqual({ ...USUAL_HANDLING, ...changed });
  });

  test.each([
    ["nothing", {}],
    ["what is so anyway", { "client_keep_alive.seconds": "3600", "routing.http.desync_mitigation_mode": "defensive" }],
    ["monitoring alone", { "routing.http.desync_mitigation_mode": "monitor" }],
  ])("as usual by %s", (_, attributes) => expect(handlingOf(attributes)).toBeUndefined());
});

test("headers of encryption are for load balancers that want them, under the names that listeners give them", () => {
  const on = { "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "true" };
  expect(tlsHeadersOf({}, {})).toBeUndefined();
  expect(tlsHeadersOf(on, { "routing.http.request.x_amzn_tls_version.header_name": "" })).toEqual({
    version: "X-Amzn-Tls-Version",
    cipher: "X-Amzn-Tls-Cipher-Suite",
  });
  const named = {
    "routing.http.request.x_amzn_tls_version.header_name": "V",
    "routing.http.request.x_amzn_tls_cipher_suite.header_name": "C",
  };
  expect(tlsHeadersOf(on, named)).toEqual({ version: "V", cipher: "C" });
});

test("answers get the headers that a listener gives them, or lose the server's name", () => {
  expect(answersOf({ "routing.http.response.server.enabled": "true" })).toBeUndefined();
  expect(answersOf({ "routing.http.response.x_frame_options.header_value": "" })).toBeUndefined();
  expect(answersOf({ "routing.http.response.x_frame_options.header_value": "DENY" })).toEqual({
    headers: { "X-Frame-Options": "DENY" },
    isNameless: false,
  });
  expect(answersOf({ "routing.http.response.server.enabled": "false" })).toEqual({ headers: {}, isNameless: true });
});
