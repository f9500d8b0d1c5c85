import { beforeEach, expect, test } from "vitest";
import type { ProxyCertificate, ProxyTls } from "../../domain/proxy-tls.ts";
import type { ProxyConfiguration } from "../../ports/traffic-proxy.ts";
import { listener } from "../../testing/traffic-proxy-contract.ts";
import { RefusedTls } from "./refused-tls.ts";

const certificate = (id: string, pem = "good", hosts: readonly string[] = []): ProxyCertificate => ({ id, hosts, pem });

function tls(...certificates: ProxyTls["certificates"]): ProxyTls {
  return { owner: "lb", certificates, versions: ["TLSv1.2"], ciphers: [], alpn: [] };
}

function whole(...all: readonly ProxyTls[]): ProxyConfiguration {
  return { listeners: [listener("plain", 80), ...all.map((one, at) => ({ ...listener(`l${at}`, 443 + at), tls: one }))], backends: [] };
}

/** Refuses whatever has "bad" in it, as HAProxy does, and names no part. */
const check = ({ listeners }: ProxyConfiguration): Promise<string | undefined> =>
  Promise.resolve(JSON.stringify(listeners).includes("bad") ? "no such key" : undefined);

let refused: RefusedTls;
beforeEach(() => {
  refused = new RefusedTls();
});

const shown = ({ listeners }: ProxyConfiguration) =>
  listeners.map(({ id, tls: one }) => [id, one?.certificates.map((each) => `${each.id} ${each.pem} ${each.hosts.join()}`.trim())]);

test("nothing is left out of what nothing was refused of", async () => {
  const configuration = whole(tls(certificate("a")));
  expect(await refused.look(configuration, check)).toBe(false);
  expect(refused.leaveOut(configuration, undefined)).toBe(configuration);
});

test("a refused certificate leaves the good one of before in its place, and the others change", async () => {
  const before = whole(tls(certificate("a", "good-1"), certificate("s", "good-2", ["s.test"])), tls(certificate("b", "good-3")));
  const wanted = whole(tls(certificate("a", "bad"), certificate("s", "bad", ["s.test", "t.test"])), tls(certificate("b", "good-4")));
  expect(await refused.look(wanted, check)).toBe(true);
  expect(shown(refused.leaveOut(wanted, before))).toEqual([
    ["plain", undefined],
    ["l0", ["a good-1", "s good-2 s.test,t.test"]],
    ["l1", ["b good-4"]],
  ]);
  expect(refused.in(wanted)).toEqual([
    { kind: "tls", listener: "l0", owner: "lb", reason: "no such key" },
    { kind: "tls", listener: "l0", owner: "lb", reason: "no such key" },
  ]);
  expect(refused.in(before)).toEqual([]);
});

test("without one of before, a further certificate is left out, and a listener without its default does not listen", async () => {
  const wanted = whole(
    tls(certificate("a"), certificate("s", "bad", ["s.test"])),
    tls(certificate("b", "bad"), certificate("c", "good", ["c"])),
  );
  await refused.look(wanted, check);
  expect(shown(refused.leaveOut(wanted, undefined))).toEqual([
    ["plain", undefined],
    ["l0", ["a good"]],
  ]);
});

test("nobody is let in unchecked because the authorities were refused", async () => {
  const clients = (authorities: string) => ({ kind: "verify", authorities, ignoreExpiry: false, advertise: false }) as const;
  const wanted = whole({ ...tls(certificate("a")), clientCertificates: clients("bad") });
  await refused.look(wanted, check);
  expect(shown(refused.leaveOut(wanted, undefined))).toEqual([["plain", undefined]]);
  expect(shown(refused.leaveOut(wanted, whole(tls(certificate("a")))))).toEqual([["plain", undefined]]);
  const before = whole({ ...tls(certificate("a")), clientCertificates: clients("ca") });
  expect(refused.leaveOut(wanted, before).listeners[1]?.tls?.clientCertificates).toEqual(clients("ca"));
});

test("what is another now is looked at anew", async () => {
  await refused.look(whole(tls(certificate("a", "bad"))), check);
  const repaired = whole(tls(certificate("a", "good-2")));
  expect(shown(refused.leaveOut(repaired, undefined))).toEqual(shown(repaired));
  expect(await refused.look(repaired, check)).toBe(false);
});

test("a stream's certificate is one of these, too: the good one of before stays, and without one it does not listen", async () => {
  const stream = (id: string, pem: string) => ({
    id,
    addresses: ["127.0.0.1"],
    port: 443,
    backends: [],
    idleTimeout: 350,
    tls: tls(certificate("a", pem)),
  });
  const wanted: ProxyConfiguration = { ...whole(), streams: [stream("s0", "bad"), stream("s1", "good")] };
  expect(await refused.look(wanted, check)).toBe(true);
  expect(refused.in(wanted)).toEqual([{ kind: "tls", listener: "s0", owner: "lb", reason: "no such key" }]);
  expect(refused.leaveOut(wanted, undefined)).toEqual({ ...whole(), streams: [stream("s1", "good")] });
  const before = { ...whole(), streams: [stream("s0", "good-1")] };
  expect(refused.leaveOut(wanted, before).streams).toEqual([stream("s0", "good-1"), stream("s1", "good")]);
});
