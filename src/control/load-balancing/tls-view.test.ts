import { beforeEach, describe, expect, test, vi } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { certificates, type CertificateRecord } from "../../state/acm.ts";
import type { CertificateMaterial } from "../../state/certificate-body.ts";
import { trustStores, type TrustStoreRecord } from "../../state/elb-trust-stores.ts";
import type { ListenerRecord, LoadBalancerRecord, MutualAuthentication } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import type { WholeState } from "../../state/state.ts";
import { serverCertificates, type ServerCertificateRecord } from "../../state/server-certificates.ts";
import { tlsPart, TlsViews } from "./tls-view.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const arn = (name: string): string => `arn:aws:acm:us-east-1:123456789012:certificate/${name}`;
const facts = { names: ["a.test"], keyAlgorithm: "RSA_2048", notAfter: 9 };
let state: WholeState;

beforeEach(() => {
  state = new JournaledState(memoryJournal());
});

function put(name: string, more: object = {}): CertificateRecord {
  const record = { ...scope, arn: arn(name), status: "ISSUED", body: { facts }, ...more } as unknown as CertificateRecord;
  return state.commit(() => state.table(certificates).insert(record));
}

const material = vi.fn<(arn: string) => CertificateMaterial>((one) => ({
  certificatePem: `cert ${one.slice(-1)}\n`,
  chainPem: "chain\n",
  privateKeyPem: "key\n",
}));
const balancer = (attributes: Readonly<Record<string, string>> = {}) => ({ arn: "lb", attributes }) as unknown as LoadBalancerRecord;

function listener(more: Partial<ListenerRecord> = {}): ListenerRecord {
  const shown = [
    { certificateArn: arn("a"), isDefault: true },
    { certificateArn: arn("b"), isDefault: false },
  ];
  return {
    ...scope,
    protocol: "HTTPS",
    certificates: shown,
    sslPolicy: "ELBSecurityPolicy-TLS13-1-3-2021-06",
    attributes: {},
    ...more,
  } as ListenerRecord;
}

const view = (one = listener(), of = balancer()) => new TlsViews(state, material).of(one, of);

test("a listener's default and its further certificates, opened, with its policy", () => {
  put("a", { body: { facts: { ...facts, keyAlgorithm: "EC_secp384r1" } } });
  put("b");
  expect(view()).toEqual({
    default: { id: arn("a"), names: ["a.test"], keyKind: "EC", keyBits: 384, notAfter: 9, pem: "cert a\nchain\nkey\n" },
    list: [{ id: arn("b"), names: ["a.test"], keyKind: "RSA", keyBits: 2048, notAfter: 9, pem: "cert b\nchain\nkey\n" }],
    policy: "ELBSecurityPolicy-TLS13-1-3-2021-06",
    alpn: ["h2", "http/1.1"],
  });
});

test("a certificate that ACM issued is proved, one that was imported is not", () => {
  put("a", { type: "AMAZON_ISSUED" });
  put("b", { type: "IMPORTED" });
  expect([view()?.default.isProven, view()?.list[0]?.isProven]).toEqual([true, undefined]);
});

test("a certificate is opened once, until it is another one", () => {
  const before = put("a");
  const views = new TlsViews(state, material);
  material.mockClear();
  for (let times = 0; times < 3; times += 1) views.of(listener(), balancer());
  expect(material).toHaveBeenCalledTimes(1);
  state.commit(() => state.table(certificates).replace(before, { ...before, importedAt: 5 }));
  views.of(listener(), balancer());
  expect(material).toHaveBeenCalledTimes(2);
});

test("a certificate that was uploaded to IAM is shown as one of ACM is, until it is gone", () => {
  const uploaded = "arn:aws:iam::123456789012:server-certificate/team/web";
  const record = { ...{ account: scope.account, name: "web", arn: uploaded }, body: { facts } } as unknown as ServerCertificateRecord;
  state.commit(() => state.table(serverCertificates).insert(record));
  const shown = listener({ certificates: [{ certificateArn: uploaded, isDefault: true }] });
  expect(view(shown)?.default).toMatchObject({ id: uploaded, names: ["a.test"], keyKind: "RSA" });
  state.commit(() => state.table(serverCertificates).delete(serverCertificates.key(record)));
  expect(view(shown)).toBeUndefined();
});

test("a listener in plain text is as it is; an encrypted one without its default certificate does not listen", () => {
  const views = new TlsViews(state, material);
  expect(tlsPart(views, listener({ protocol: "HTTP" }), balancer())).toEqual({});
  expect(tlsPart(views, listener(), balancer())).toBeUndefined();
  put("a", { body: undefined });
  expect(tlsPart(views, listener(), balancer())).toBeUndefined();
});

test.each<[string, Partial<ListenerRecord>, Readonly<Record<string, string>>, readonly string[]]>([
  ["HTTP/2 unless a load balancer has it off", {}, { "routing.http2.enabled": "false" }, ["http/1.1"]],
  ["what the policy of a network load balancer says", { protocol: "TLS", alpnPolicy: "HTTP2Optional" }, {}, ["http/1.1", "http/1.0", "h2"]],
  ["nothing without a policy", { protocol: "TLS" }, {}, []],
])("%s is offered", (_, more, attributes, offered) => {
  put("a");
  expect(view(listener(more), balancer(attributes))?.alpn).toEqual(offered);
});

describe("clients", () => {
  const verify: MutualAuthentication = {
    ...{ mode: "verify", trustStoreArn: "store", ignoreClientCertificateExpiry: true, advertiseTrustStoreCaNames: false },
  };
  const revocations = [
    { id: 1, pem: "one\n", numberOfRevokedEntries: 1 },
    { id: 3, pem: "three\n", numberOfRevokedEntries: 1 },
  ];
  const store = (more: Partial<TrustStoreRecord> = {}) =>
    state.commit(() =>
      state.table(trustStores).put({ ...scope, arn: "store", bundle: "ca\n", revocations: [], ...more } as unknown as TrustStoreRecord),
    );

  beforeEach(() => void put("a"));

  test("are checked against their trust store, as it is", () => {
    store();
    const wanted = { kind: "verify", authorities: "ca\n", ignoreExpiry: true, advertise: false };
    expect(view(listener({ mutualAuthentication: verify }))?.clientCertificates).toEqual(wanted);
    store({ revocations });
    expect(view(listener({ mutualAuthentication: verify }))?.clientCertificates).toEqual({ ...wanted, revocations: "one\nthree\n" });
  });

  test("are let in by nobody where the trust store is gone", () => {
    expect(view(listener({ mutualAuthentication: verify }))).toBeUndefined();
  });

  test("are passed on, under the names that the listener gives", () => {
    const attributes = {
      "routing.http.request.x_amzn_mtls_clientcert.header_name": "X-Chain",
      "routing.http.request.x_amzn_mtls_clientcert_leaf.header_name": "",
    };
    expect(view(listener({ mutualAuthentication: { mode: "passthrough" }, attributes }))?.clientCertificates).toEqual({
      kind: "passthrough",
      headers: { chain: "X-Chain" },
    });
    expect(view(listener({ mutualAuthentication: { mode: "off" } }))?.clientCertificates).toBeUndefined();
  });
});
