import { expect, test } from "vitest";
import type { ProxyTls } from "../../domain/proxy-tls.ts";
import { certificateList, entryLine } from "./tls-names.ts";

const tlsOf = (hosts: readonly string[]): ProxyTls => ({
  ...{ owner: "balancer", versions: ["TLSv1.2"], ciphers: [], alpn: [] },
  certificates: [{ id: "arn", pem: "pem", hosts }],
});

test("a certificate of many names has several lines, none longer than HAProxy reads, with each name once", () => {
  const hosts = Array.from({ length: 3000 }, (_, at) => `${at}.a`);
  const [first, ...entries] = certificateList("main", tlsOf([...hosts, "no name"])).entries;
  expect(first.hosts).toEqual([]);
  expect(entries.flatMap((entry) => entry.hosts)).toEqual(hosts);
  expect(new Set(entries.map(({ file }) => file)).size).toBe(entries.length);
  for (const entry of entries) expect(entryLine(entry).split(" ").length).toBeLessThan(2048);
  for (const entry of entries) expect(entryLine(entry).length).toBeLessThan(4100);
});

test("one of few has one line, one without names that of the default", () => {
  expect(certificateList("main", tlsOf(["a.test", "*.a.test"])).entries.map((entry) => entry.hosts)).toEqual([[], ["a.test", "*.a.test"]]);
  expect(certificateList("main", tlsOf([])).entries).toHaveLength(1);
});
