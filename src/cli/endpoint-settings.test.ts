import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { endpointSettings, type EndpointFlags, type EndpointSettings } from "./endpoint-settings.ts";
import { auditSetting, registryMemorySetting, requestLimitSetting } from "./limit-settings.ts";

const VARIABLES = [
  "AIRFIELD_HOST",
  "AIRFIELD_TLS",
  "AIRFIELD_TLS_CERT",
  "AIRFIELD_TLS_KEY",
  "AIRFIELD_REQUEST_RATE",
  "AIRFIELD_REQUEST_BURST",
  "AIRFIELD_AUDIT_DAYS",
  "AIRFIELD_AUDIT_MEGABYTES",
  "AIRFIELD_REGISTRY_MEMORY_MEGABYTES",
];

beforeEach(() => {
  for (const name of VARIABLES) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const given = { certificateFile: "/etc/a.crt", keyFile: "/etc/a.key" };

describe("the endpoint", () => {
  test.each<[string, EndpointFlags, Readonly<Record<string, string>>, EndpointSettings]>([
    ["is plain, on loopback, where nothing is said", {}, {}, {}],
    ["is the same where loopback is named", { host: "127.0.0.1" }, {}, {}],
    ["speaks TLS", { tls: true }, {}, { tls: { names: [] } }],
    ["speaks TLS where the environment says so", {}, { AIRFIELD_TLS: "1" }, { tls: { names: [] } }],
    ["speaks TLS under more names", { tlsName: ["airfield.lan"] }, {}, { tls: { names: ["airfield.lan"] } }],
    ["shows the operator's certificate", { tlsCert: "/etc/a.crt", tlsKey: "/etc/a.key" }, {}, { tls: given }],
    ["shows it where the environment says so", {}, { AIRFIELD_TLS_CERT: "/etc/a.crt", AIRFIELD_TLS_KEY: "/etc/a.key" }, { tls: given }],
    ["is beyond loopback with TLS", { host: "0.0.0.0", tls: true }, {}, { host: "0.0.0.0", tls: { names: [] } }],
    ["is beyond loopback, by the environment", {}, { AIRFIELD_HOST: "::", AIRFIELD_TLS: "yes" }, { host: "::", tls: { names: [] } }],
  ])("%s", (_, flags, environment, expected) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    expect(endpointSettings(flags)).toEqual(expected);
  });

  test.each<[string, EndpointFlags, string]>([
    ["beyond loopback in clear", { host: "0.0.0.0" }, "in clear"],
    ["on one address beyond loopback in clear", { host: "192.168.1.5" }, "in clear"],
    ["on all of IPv6 in clear", { host: "::" }, "in clear"],
    ["on another loopback address without TLS", { host: "127.0.0.2" }, "127.0.0.1 only"],
    ["on a name", { host: "airfield.lan", tls: true }, "is not an address"],
    ["with a certificate and no key", { tlsCert: "a.crt" }, "go together"],
    ["with a key and no certificate", { tlsKey: "a.key", tls: true }, "go together"],
    ["under a name that is none", { tlsName: ["a b"] }, "is not a host name"],
    ["with names for a certificate that has its own", { tlsName: ["a"], tlsCert: "a.crt", tlsKey: "a.key" }, "makes"],
  ])("does not open %s", (_, flags, message) => {
    expect(() => endpointSettings(flags)).toThrow(message);
  });
});

describe("limits", () => {
  test.each<[string, Readonly<Record<string, string>>, boolean, unknown]>([
    ["there is none on loopback", {}, false, undefined],
    ["there is one beyond it", {}, true, { rate: 500, burst: 1000 }],
    ["the operator lifts it", { AIRFIELD_REQUEST_RATE: "unlimited" }, true, undefined],
    ["the operator sets it, also on loopback", { AIRFIELD_REQUEST_RATE: "20" }, false, { rate: 20, burst: 40 }],
    ["with a burst", { AIRFIELD_REQUEST_RATE: "20", AIRFIELD_REQUEST_BURST: "5" }, false, { rate: 20, burst: 5 }],
    ["of less than one a second", { AIRFIELD_REQUEST_RATE: "0.1" }, false, { rate: 0.1, burst: 1 }],
  ])("%s", (_, environment, beyond, expected) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    expect(requestLimitSetting(beyond)).toEqual(expected);
  });

  test("audit records are kept for 90 days and up to a gigabyte, unless the operator says otherwise", () => {
    expect(auditSetting()).toEqual({ days: 90, largestTotal: 1 << 30 });
    vi.stubEnv("AIRFIELD_AUDIT_DAYS", "7");
    vi.stubEnv("AIRFIELD_AUDIT_MEGABYTES", "2");
    expect(auditSetting()).toEqual({ days: 7, largestTotal: 2 << 20 });
  });

  test.each([
    ["", undefined],
    ["0", 0],
    ["2", 2 << 20],
  ])("AIRFIELD_REGISTRY_MEMORY_MEGABYTES=%s is %s bytes of layers in memory", (text, bytes) => {
    vi.stubEnv("AIRFIELD_REGISTRY_MEMORY_MEGABYTES", text);
    expect(registryMemorySetting()).toBe(bytes);
  });

  test("no memory is less than none", () => {
    vi.stubEnv("AIRFIELD_REGISTRY_MEMORY_MEGABYTES", "-1");
    expect(() => registryMemorySetting()).toThrow("AIRFIELD_REGISTRY_MEMORY_MEGABYTES=-1");
  });

  test.each(["AIRFIELD_REQUEST_RATE", "AIRFIELD_REQUEST_BURST", "AIRFIELD_AUDIT_DAYS", "AIRFIELD_AUDIT_MEGABYTES"])(
    "%s must be a number",
    (name) => {
      for (const text of ["many", "0", "-1"]) {
        vi.stubEnv(name, text);
        expect(() => (requestLimitSetting(false), auditSetting())).toThrow(`${name}=${text}`);
      }
    },
  );
});
