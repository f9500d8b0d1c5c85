import { describe, expect, test } from "vitest";
import { readLogLine } from "./log-line.ts";
import { CONNECTION_FIELDS, FAILED_FIELDS, REQUEST_FIELDS, STREAM_FIELDS } from "./render-request-log.ts";

const OWNER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188";
type Fields = Readonly<Record<string, string>>;

/** A line that has these fields, and hyphens for the others. */
function line(names: Fields, values: Fields): string[] {
  return Object.keys(names).map((name) => values[name] ?? "-");
}

const ACCEPTED = { accepted: "1795903922074", clientPort: "51350", port: "443", handshake: "12" };
const ID = "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f";

describe("a line of a listener whose connections are logged", () => {
  const REQUEST = {
    route: `${OWNER}||forward|connections`,
    client: "192.0.2.9:51350",
    method: "GET",
    status: "200",
    cipher: "-",
    tlsVersion: "-",
  };
  const read = (request: Fields, connection: Fields) =>
    readLogLine(
      [...line(REQUEST_FIELDS, { ...REQUEST, ...request }), ...line(CONNECTION_FIELDS, { owner: OWNER, ...ACCEPTED, ...connection })].join(
        "\t",
      ),
    );

  test("tells of the connection with its first request, and not with later ones", () => {
    expect(read({}, { first: "1", connection: ID })).toEqual([
      {
        ...{ kind: "connection", loadBalancer: OWNER, client: "192.0.2.9", clientPort: "51350", port: 443 },
        ...{ at: 1_795_903_922_086_000, id: ID.replaceAll("-", "") },
      },
    ]);
    expect(read({}, { connection: ID })).toEqual([]);
  });

  test("tells of both where requests are logged, too", () => {
    const found = read({ route: `${OWNER}|3|forward|connections` }, { first: "1", connection: ID });
    expect(found.map(({ kind }) => kind)).toEqual(["connection", "request"]);
    expect(found[1]).toMatchObject({ priority: 3, connection: ID });
  });

  test("tells of a connection without a request that can be read, where it is known whose it is", () => {
    const bad = { route: "-", method: "<BADREQ>" };
    expect(read(bad, {})).toMatchObject([
      { kind: "connection", loadBalancer: OWNER, id: expect.stringMatching(/^[0-9a-f]{32}$/) as string },
    ]);
    expect(read(bad, { owner: "-" })).toEqual([]);
    // The connection was told of before.
    expect(read(bad, { connection: ID })).toEqual([]);
  });

  test("of one that shares a port tells of those alone that log connections", () => {
    expect(read({ route: `${OWNER}|3|forward` }, { owner: "-", first: "1", connection: ID }).map(({ kind }) => kind)).toEqual(["request"]);
  });

  test("tells how it was encrypted, and of the client's certificate", () => {
    const certificate = { subject: "CN=me,O=Acme", notBefore: "230921224321Z", notAfter: "260617224321Z", serial: "FEF257372D5C14D4" };
    const [found] = read({ cipher: "TLS_AES_128_GCM_SHA256", tlsVersion: "TLSv1.3" }, { first: "1", connection: ID, ...certificate });
    expect(found).toMatchObject({
      tls: {
        version: "TLSv1.3",
        cipher: "TLS_AES_128_GCM_SHA256",
        handshake: 12,
        hasFailed: false,
        verified: 0,
        clientCertificate: certificate,
      },
    });
  });
});

test.each([
  ["of the client's certificate", { leafError: "10", chainError: "0" }, 10],
  ["of the ones that it leads to", { leafError: "0", chainError: "19" }, 19],
  ["of something else", {}, 0],
])("a handshake that failed, because %s", (_, errors, verified) => {
  const fields = { kind: FAILED_FIELDS.kind, client: "192.0.2.9", owner: OWNER, failure: "167772294", ...ACCEPTED, ...errors };
  const found = readLogLine(line(FAILED_FIELDS, fields).join("\t"));
  expect(found).toMatchObject([{ kind: "connection", loadBalancer: OWNER, client: "192.0.2.9", tls: { hasFailed: true, verified } }]);
  expect(readLogLine(line(FAILED_FIELDS, { ...fields, owner: "-" }).join("\t"))).toEqual([]);
});

describe("a line of a stream", () => {
  const STREAM = {
    ...{
      kind: "stream",
      loadBalancer: OWNER,
      listener: `${OWNER}/1`,
      accepted: "1795903922074",
      client: "192.0.2.9:51350",
      destination: "10.0.0.7:443",
    },
    ...{
      took: "500",
      handshake: "4",
      received: "98",
      sent: "246",
      failure: "0",
      certificate: "AB01",
      cipher: "ECDHE-RSA-AES128-SHA",
      tlsVersion: "TLSv1.2",
    },
    ...{ serverName: "a.test", protocol: "h2" },
  };
  const read = (changes: Fields = {}) => readLogLine(line(STREAM_FIELDS, { ...STREAM, ...changes }).join("\t"));

  test("tells all of it", () => {
    expect(read()).toEqual([
      {
        ...{ kind: "stream", loadBalancer: OWNER, listener: `${OWNER}/1`, client: "192.0.2.9:51350", destination: "10.0.0.7:443" },
        ...{
          beganAt: 1_795_903_922_074,
          endedAt: 1_795_903_922_574,
          took: 500,
          handshake: 4,
          received: 98,
          sent: 246,
          certificate: "ab01",
        },
        ...{ tls: { cipher: "ECDHE-RSA-AES128-SHA", version: "TLSv1.2" }, serverName: "a.test", protocol: "h2" },
      },
    ]);
  });

  // SSL_R_TLSV1_ALERT_UNKNOWN_CA of OpenSSL 3 is 0x0A000418: 1048 and the library's number.
  test.each([
    ["an alert of the client", "167773208", { alert: 48 }],
    ["an error of another kind", "167772294", {}],
  ])("with %s", (_, failure, expected) => {
    const [found] = read({ failure, cipher: "-", tlsVersion: "-", certificate: "-", protocol: "-" });
    expect(found).toMatchObject({ protocol: "", ...expected });
    expect("alert" in (found ?? {})).toBe("alert" in expected);
    expect(found).not.toHaveProperty("tls");
    expect(found).not.toHaveProperty("certificate");
  });

  test("that is cut off is none", () => {
    expect(readLogLine(line(STREAM_FIELDS, STREAM).slice(1).join("\t"))).toEqual([]);
    expect(readLogLine(line(STREAM_FIELDS, STREAM).slice(0, -1).join("\t"))).toEqual([]);
  });
});
