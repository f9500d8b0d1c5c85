import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import type { LoggedConnection, LoggedStream } from "../../ports/request-log.ts";
import { certificates, type CertificateRecord } from "../../state/acm.ts";
import { listeners } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { BALANCER_SCOPE, balancerArn, listenerRecord } from "../../testing/balancer-records.ts";
import { madeCertificate } from "../../testing/certificates.ts";
import { connectionLogEntry } from "./connection-log-entry.ts";
import { logEntries } from "./log-entries.ts";
import { streamLogEntry } from "./stream-log-entry.ts";

const AT = Date.parse("2023-10-04T17:05:15.514Z");
const CONNECTION: LoggedConnection = {
  ...{
    kind: "connection",
    loadBalancer: balancerArn("loadbalancer/app/web"),
    at: AT * 1000 + 108,
    client: "203.0.113.1",
    clientPort: "36280",
  },
  ...{ port: 443, id: "dac2a4ca" },
};
const CERTIFICATE = {
  subject: "CN=amazondomains.com,O=endEntity",
  notBefore: "230921224321Z",
  notAfter: "260617224321Z",
  serial: "FEF257372D5C14D4",
};
const TLS = { version: "TLSv1.2", cipher: "ECDHE-RSA-AES128-GCM-SHA256", handshake: 4036, hasFailed: false, verified: 0 };

test.each<[string, Partial<LoggedConnection>, string]>([
  ["in plain text", {}, `- - - "-" - - - TID_dac2a4ca`],
  ["that is encrypted", { tls: TLS }, `TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 4.036 "-" - - Success TID_dac2a4ca`],
  [
    "with a client's certificate",
    { tls: { ...TLS, clientCertificate: CERTIFICATE } },
    `TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 4.036 "CN=amazondomains.com,O=endEntity" NotBefore=2023-09-21T22:43:21Z;NotAfter=2026-06-17T22:43:21Z FEF257372D5C14D4 Success TID_dac2a4ca`,
  ],
  [
    "with one that has expired",
    { tls: { ...TLS, version: "-", cipher: "-", hasFailed: true, verified: 10 } },
    `- - 4.036 "-" - - Failed:ClientCertExpired TID_dac2a4ca`,
  ],
  ["that failed otherwise", { tls: { ...TLS, hasFailed: true } }, `"-" - - Failed:UnmappedConnectionError TID_dac2a4ca`],
])("a connection %s reads as AWS's", (_, changes, end) => {
  const text = connectionLogEntry({ ...CONNECTION, ...changes }, 443);
  expect(text).toMatch(/^2023-10-04T17:05:15\.514108Z 203\.0\.113\.1 36280 443 /);
  expect(text.endsWith(` ${end}`)).toBe(true);
});

const STREAM: LoggedStream = {
  ...{ kind: "stream", loadBalancer: balancerArn("loadbalancer/net/db"), listener: `${balancerArn("listener/net/db")}/g3d4b5e8bb8464cd` },
  ...{ beganAt: Date.parse("2018-12-20T02:59:30.400Z"), endedAt: Date.parse("2018-12-20T02:59:40.100Z"), client: "72.21.218.154:51341" },
  ...{ destination: "172.100.100.185:443", took: 5, handshake: 2, received: 98, sent: 246, serverName: "a.test", protocol: "h2" },
  tls: { cipher: "ECDHE-RSA-AES128-SHA", version: "TLSv1.2" },
};

test("a stream reads as AWS's", () => {
  expect(streamLogEntry(STREAM, "arn:aws:acm:us-east-2:123456789012:certificate/1")).toBe(
    "tls 2.0 2018-12-20T02:59:40 net/db/0123456789abcdef g3d4b5e8bb8464cd 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - " +
      "arn:aws:acm:us-east-2:123456789012:certificate/1 - ECDHE-RSA-AES128-SHA tlsv12 - a.test h2 - - 2018-12-20T02:59:30",
  );
  const { tls: _tls, ...failed } = STREAM;
  expect(streamLogEntry({ ...failed, alert: 48, serverName: 'a b"', protocol: "" }, undefined)).toMatch(
    / 98 246 48 - - - - - a\\x20b\\x22 - - - /,
  );
});

test("names come from the records: certificates by what was shown, ports by where the proxy listens", async () => {
  const state = new JournaledState(memoryJournal());
  const { pem } = await madeCertificate({ commonName: "a.test" });
  const arn = "arn:aws:acm:us-east-1:123456789012:certificate/1";
  const { listener, loadBalancer } = STREAM;
  state.commit(() => {
    state.table(certificates).put({ ...BALANCER_SCOPE, arn, body: { certificatePem: pem } } as unknown as CertificateRecord);
    const shown = { certificates: [{ certificateArn: arn, isDefault: true }] };
    state.table(listeners).put(listenerRecord({ arn: listener, loadBalancerArn: loadBalancer, protocol: "TLS", ...shown }));
    state.table(listeners).put(listenerRecord({ loadBalancerArn: CONNECTION.loadBalancer, port: 80, boundPort: 8080 }));
  });
  const entryOf = logEntries(state);
  const certificate = new X509Certificate(pem).fingerprint.replaceAll(":", "").toLowerCase();
  expect(entryOf({ ...STREAM, certificate })).toContain(` ${arn} `);
  expect(entryOf({ ...STREAM, certificate: "00" })).toContain(" 246 - - - ECDHE");
  expect(entryOf({ ...CONNECTION, port: 8080 })).toContain(" 36280 80 ");
  expect(entryOf({ ...CONNECTION, port: 80 })).toContain(" 36280 80 ");
});
