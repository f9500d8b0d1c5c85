import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { recordServer } from "../running-server.ts";
import { showDns } from "./dns.ts";
import { isOurs, macSteps, resolvedFile, resolverFiles } from "./instructions.ts";

let data: string;
let said = "";
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "airfield-dns-"));
  said = "";
  vi.stubEnv("AIRFIELD_DNS", "");
  vi.spyOn(console, "log").mockImplementation((text: string) => void (said += `${text}\n`));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(data, { recursive: true });
});

const POINTING = { address: "127.0.0.1", port: 4553, domains: ["elb.localhost", "example.com"] };

test("systemd-resolved asks for these domains and no others, in a file that is known again", () => {
  const { path, text } = resolvedFile(POINTING);
  expect(path).toBe("/etc/systemd/resolved.conf.d/airfield.conf");
  expect(text.split("\n").slice(1)).toEqual(["[Resolve]", "DNS=127.0.0.1:4553", "Domains=~elb.localhost ~example.com", ""]);
  expect([isOurs(text), isOurs("[Resolve]\nDNS=1.1.1.1\n")]).toEqual([true, false]);
});

test("macOS has a file a domain", () => {
  const files = resolverFiles(POINTING);
  expect(files.map(({ path }) => path)).toEqual(["/etc/resolver/elb.localhost", "/etc/resolver/example.com"]);
  expect(files[0]?.text).toContain("nameserver 127.0.0.1\nport 4553\n");
  expect(macSteps(files)).toContain("rm /etc/resolver/elb.localhost /etc/resolver/example.com");
});

test("what is told is where the server that runs answers", () => {
  const server = { pid: process.pid, url: "http://127.0.0.1:1", accessKeyId: "AKIA" };
  recordServer(data, { ...server, dns: { address: "127.0.0.1", port: 5353 } });
  showDns({ data, domain: ["Example.com."] });
  expect(said).toContain("127.0.0.1, port 5353");
  expect(said).toContain("example.com");
  recordServer(data, server);
  expect(() => showDns({ data })).toThrow("the server that runs answers no names");
});

test("without a server, the usual place is told; a domain that is none is refused", () => {
  showDns({ data });
  expect(said).toContain("127.0.0.1, port 4553");
  for (const domain of ["a b", "a..b", "a\nDNS=1.1.1.1", "*.example.com"])
    expect(() => showDns({ data, domain: [domain] })).toThrow("is no domain name");
});
