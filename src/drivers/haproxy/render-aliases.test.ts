import { expect, test } from "vitest";
import type { ProxyBackend, ProxyConfiguration } from "../../ports/traffic-proxy.ts";
import { backend, serverAt } from "../../testing/traffic-proxy-contract.ts";
import { changedFew } from "./changed-few.ts";
import { parseClients, planClientChanges } from "./client-sets.ts";
import { renderConfiguration } from "./render-configuration.ts";
import type { Health } from "./server-health.ts";

const check = { kind: "tcp", path: "/", matcher: "200", interval: 15, timeout: 5, healthyThreshold: 3, unhealthyThreshold: 5 } as const;
const api: ProxyBackend = {
  ...backend("api", [serverAt("one", { address: "10.0.0.5", port: 80 })]),
  healthCheck: check,
  connect: { kind: "requests", idleTimeout: 300, requestTimeout: 15 },
};
const alias = { id: "api-8080", addresses: ["240.0.0.1"], port: 8080, clientSet: "ns-1", backend: "api" };

function whole(changes: Partial<ProxyBackend> = {}): ProxyConfiguration {
  return { listeners: [], aliases: [alias], clientSets: [{ id: "ns-1", addresses: ["10.0.0.7"] }], backends: [{ ...api, ...changes }] };
}

function render(configuration: ProxyConfiguration, health: Health = "healthy") {
  return renderConfiguration(configuration, () => health, [], new Uint8Array(32));
}

/** Lines of one section. */
function section(text: string, head: string): readonly string[] {
  const found = text.split("\n\n").find((one) => one.startsWith(`${head}\n`));
  return (found ?? "").split("\n").map((line) => line.trim());
}

test("an alias serves its clients alone, also where a replaced worker hands their connections over", () => {
  const { text, readFiles } = render(whole());
  const frontend = section(text, "frontend l_api-8080");
  expect(frontend).toContain("bind 240.0.0.1:8080");
  expect(frontend).toContain("tcp-request session reject unless { src -f clients-ns-1.lst }");
  expect(readFiles.get("clients-ns-1.lst")).toBe("10.0.0.7\n");
  // Nobody is told apart by the name that is asked for, and nothing is added.
  expect(text).not.toContain("X-Forwarded-For");
});

test("whom a server does not let in is turned away, though it is a client", () => {
  const sets = [{ id: "barred-api", addresses: ["10.0.0.7"] }, ...(whole().clientSets ?? [])];
  const { text, readFiles } = render({ ...whole(), aliases: [{ ...alias, barredSet: "barred-api" }], clientSets: sets });
  expect(section(text, "frontend l_api-8080")).toContain(
    "tcp-request session reject unless { src -f clients-ns-1.lst } !{ src -f clients-barred-api.lst }",
  );
  expect(readFiles.get("clients-barred-api.lst")).toBe("10.0.0.7\n");
});

test("what a server does not answer is tried twice with another one, or not answered in time", () => {
  const { text } = render(whole());
  expect(text).toContain("\n    retries 2\n");
  const lines = section(text, "backend b_api");
  expect(lines).toContain("timeout server 15000ms");
  expect(lines).toContain("timeout tunnel 300000ms");
  expect(lines).toContain("http-request disable-l7-retry unless { method GET HEAD OPTIONS PUT DELETE TRACE }");
});

test("a server at which five in a row fail is left out until three checks have passed", () => {
  const words = " check observe layer7 error-limit 5 on-error mark-down";
  expect(render(whole()).text).toContain(words);
  expect(render(whole()).text).toMatch(/default-server .*inter 15000ms rise 3 fall 5\n/);
  const connections = { kind: "connections" as const, idleTimeout: 3600, requestTimeout: 0 };
  const { text } = render(whole({ connect: connections }));
  expect(text).toContain(words.replace("layer7", "layer4"));
  expect(section(text, "frontend l_api-8080")).toContain("tcp-request connection reject unless { src -f clients-ns-1.lst }");
  expect(section(text, "backend b_api")).toContain("timeout server 3600000ms");
});

test("gRPC and HTTP/2 are spoken to servers where it is asked for", () => {
  expect(render(whole()).text).not.toContain("proto h2");
  expect(render(whole({ version: "grpc" })).text).toContain("proto h2");
});

test("who comes and goes among clients costs no reload", () => {
  const before = whole();
  const after = { ...before, clientSets: [{ id: "ns-1", addresses: ["10.0.0.8"] }] };
  expect(render(after).structure).toBe(render(before).structure);
  expect(changedFew(before, after)).toMatchObject({ backends: [], clientSets: after.clientSets });
  expect(changedFew(before, { ...before })?.clientSets).toEqual([]);
  expect(planClientChanges({ id: "ns-1", addresses: ["10.0.0.8", "10.0.0.9"] }, new Set(["10.0.0.7", "10.0.0.9"]))).toEqual([
    "del acl clients-ns-1.lst 10.0.0.7",
    "add acl clients-ns-1.lst 10.0.0.8",
  ]);
});

test.each([
  ["a port", { ...whole(), aliases: [{ ...alias, port: 80 }] }],
  ["an address", { ...whole(), aliases: [{ ...alias, addresses: ["240.0.0.2"] }] }],
  ["a timeout", whole({ connect: { kind: "requests", idleTimeout: 300, requestTimeout: 16 } })],
])("the structure changes with %s", (_what, changed) => {
  expect(render(changed).structure).not.toBe(render(whole()).structure);
});

test("what HAProxy prints of a set is read", () => {
  expect(parseClients("# comment\n0x55d0 10.0.0.7\n0x55d1 10.0.0.8\n")).toEqual(new Set(["10.0.0.7", "10.0.0.8"]));
});
