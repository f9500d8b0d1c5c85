import { describe, expect, test } from "vitest";
import { certificateNames, planTls } from "./plan-tls.ts";
import { planRouting } from "./plan-routing.ts";
import type { CertificateView, ListenerView, TlsView } from "./view.ts";

function certificate(id: string, names: readonly string[], more: Partial<CertificateView> = {}): CertificateView {
  return { id, names, keyKind: "RSA", keyBits: 2048, notAfter: 100, pem: `pem of ${id}`, ...more };
}

const first = certificate("first", ["first.test"]);

function view(list: readonly CertificateView[], more: Partial<TlsView> = {}): TlsView {
  return { default: first, list, policy: "ELBSecurityPolicy-FS-1-2-Res-2020-10", alpn: ["h2", "http/1.1"], ...more };
}

const shown = (list: readonly CertificateView[]) => planTls(view(list), "lb").certificates.map(({ id, hosts }) => [id, ...hosts]);

describe("certificates", () => {
  test("are shown under their names, as names are written; the default under none of its own", () => {
    expect(shown([certificate("a", ["Shop.Test", "*.shop.test", "shop.test", "no name"]), certificate("b", ["b.test"])])).toEqual([
      ["first"],
      ["a", "shop.test", "*.shop.test"],
      ["b", "b.test"],
    ]);
    expect(shown([first])).toEqual([["first"], ["first", "first.test"]]);
  });

  test.each<[string, Partial<CertificateView>, Partial<CertificateView>]>([
    ["the longest key", { keyBits: 4096, notAfter: 1 }, { keyBits: 2048, notAfter: 9 }],
    ["the longest validity", { notAfter: 9 }, { notAfter: 1 }],
  ])("of several for one name, the one with %s is shown", (_, better, worse) => {
    for (const list of [
      [certificate("worse", ["a.test", "b.test"], worse), certificate("better", ["a.test"], better)],
      [certificate("better", ["a.test"], better), certificate("worse", ["a.test", "b.test"], worse)],
    ])
      expect(new Set(shown(list).slice(1))).toEqual(
        new Set([
          ["better", "a.test"],
          ["worse", "b.test"],
        ]),
      );
  });

  test("of both kinds of keys are shown under one name, which the client's abilities tell", () => {
    expect(shown([certificate("rsa", ["a.test"]), certificate("ec", ["a.test"], { keyKind: "EC", keyBits: 256 })])).toHaveLength(3);
  });
});

test("a policy says which versions and ciphers", () => {
  const { versions, ciphers, alpn, owner } = planTls(view([]), "lb");
  expect({ versions, ciphers: ciphers.length, alpn, owner }).toEqual({
    versions: ["TLSv1.2"],
    ciphers: 4,
    alpn: ["h2", "http/1.1"],
    owner: "lb",
  });
  expect(planTls(view([], { policy: "of former times" }), "lb").versions).toEqual(["TLSv1.2", "TLSv1.3"]);
});

test("the names of a listener are those of its default too", () => {
  expect(certificateNames(view([certificate("b", ["b.test", "first.test"])]))).toEqual(["first.test", "b.test"]);
});

describe("listeners on one port", () => {
  const answers = (status: number) => ({ kind: "fixed-response" as const, status });
  const listener = (name: string, turn: number, tls?: TlsView): ListenerView => ({
    ...{ port: 443, turn, rules: [], action: answers(200 + turn) },
    balancer: { arn: `lb/app/${name}/1`, dnsName: `${name}.us-east-1.elb.localhost`, vpcId: "vpc-1", idleTimeout: 60 },
    ...(tls && { tls }),
  });
  const plan = (...listeners: readonly ListenerView[]) => planRouting({ addresses: ["127.0.0.1"], gateways: [], listeners, groups: [] });
  const shop = view([], { default: certificate("shop", ["shop.test", "*.shop.test"]) });

  test("one alone is bound there itself", () => {
    const { listeners, entrances } = plan(listener("a", 1, view([])));
    expect(entrances).toBeUndefined();
    expect(listeners.map(({ id, addresses, tls }) => [id, addresses, tls?.owner])).toEqual([["port-443", ["127.0.0.1"], "lb/app/a/1"]]);
  });

  test("several are led to by name, the first by turn under any; who does not speak TLS goes to those in plain text", () => {
    const { listeners, entrances } = plan(listener("plain", 1), listener("b", 3, shop), listener("a", 2, view([])));
    expect(entrances).toEqual([
      {
        ...{ id: "port-443", addresses: ["127.0.0.1"], port: 443, fallback: "port-443-a-1-port-443", plain: "port-443-plain" },
        doors: [
          { listener: "port-443-a-1-port-443", names: ["a.us-east-1.elb.localhost", "a.us-east-1.elb.amazonaws.com", "first.test"] },
          {
            listener: "port-443-b-1-port-443",
            names: ["b.us-east-1.elb.localhost", "b.us-east-1.elb.amazonaws.com", "shop.test", "*.shop.test"],
          },
        ],
      },
    ]);
    expect(listeners.map(({ id, addresses, tls }) => [id, addresses.length, tls?.owner])).toEqual([
      ["port-443-a-1-port-443", 0, "lb/app/a/1"],
      ["port-443-b-1-port-443", 0, "lb/app/b/1"],
      ["port-443-plain", 0, undefined],
    ]);
  });

  test("a request for a name that leads to another of them is misdirected: it came by the other's handshake", () => {
    const { listeners } = plan(listener("a", 1, view([])), listener("b", 2, shop));
    const [{ routes } = { routes: [] }] = listeners;
    expect(routes[0]).toMatchObject({
      hosts: [".elb.localhost", ".elb.amazonaws.com", "b.us-east-1.elb.localhost", "b.us-east-1.elb.amazonaws.com", "shop.test"],
      exceptHosts: ["a.us-east-1.elb.localhost", "a.us-east-1.elb.amazonaws.com"],
      action: { status: 421 },
    });
  });

  test("a certificate that another account has imported for a name under a wildcard of the first leads nowhere, and makes no request misdirected", () => {
    const of = (account: string, one: ListenerView): ListenerView => ({
      ...one,
      balancer: { ...one.balancer, arn: `arn:aws:elasticloadbalancing:us-east-1:${account}:loadbalancer/${one.balancer.arn.slice(3)}` },
    });
    const taking = view([], { default: certificate("taken", ["www.shop.test"]) });
    const { entrances, listeners } = plan(of("111111111111", listener("a", 1, shop)), of("222222222222", listener("b", 2, taking)));
    expect(entrances?.[0]?.doors.map(({ names }) => names.filter((name) => name.endsWith(".test")))).toEqual([
      ["shop.test", "*.shop.test"],
      [],
    ]);
    expect(listeners[0]?.routes[0]?.hosts).not.toContain("www.shop.test");
  });

  test("at its own addresses a load balancer shows its certificates alone", () => {
    const own = { port: 443, nodes: [{ address: "10.0.0.7", zone: "us-east-1a" }], clients: ["10.0.0.0/16"] };
    const { listeners } = plan({ ...listener("a", 1, view([])), own }, listener("b", 2, shop));
    expect(listeners.find(({ addresses }) => addresses.includes("10.0.0.7"))).toMatchObject({
      id: "a-1-port-443",
      tls: { owner: "lb/app/a/1", certificates: [{ id: "first" }] },
    });
  });
});
