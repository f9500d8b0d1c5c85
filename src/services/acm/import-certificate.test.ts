import { createPrivateKey, X509Certificate } from "node:crypto";
import {
  ACMClient,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  GetCertificateCommand,
  ImportCertificateCommand,
  ListCertificatesCommand,
  RequestCertificateCommand,
  type ImportCertificateCommandInput,
} from "@aws-sdk/client-acm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificateMaterial } from "../../state/acm.ts";
import { listeners } from "../../state/elb.ts";
import { apiWorld, type ApiWorld } from "../../testing/api-world.ts";
import { KeyUsage, madeCertificate, type MadeCertificate } from "../../testing/certificates.ts";

const DAY = 86_400_000;
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const digital = KeyUsage.digitalSignature;

let api: ApiWorld;
let acm: ACMClient;
let root: MadeCertificate;
let middle: MadeCertificate;
let leaf: MadeCertificate;

beforeAll(async () => {
  api = await apiWorld();
  acm = api.client(ACMClient);
  root = await madeCertificate({ commonName: "Root", organisation: "Example Trust", authority: true });
  middle = await madeCertificate({ commonName: "Middle", organisation: "Example Trust", authority: true, issuer: root, key: 2048 });
  leaf = await madeCertificate({
    commonName: "www.example.com",
    names: ["www.example.com", "example.com"],
    issuer: middle,
    key: 2048,
    usages: digital | KeyUsage.keyEncipherment,
    extendedUsages: [SERVER_AUTH, CLIENT_AUTH],
  });
});
afterAll(() => api[Symbol.asyncDispose]());

type Parts = Omit<ImportCertificateCommandInput, "Certificate" | "PrivateKey" | "CertificateChain"> & {
  readonly cert: string;
  readonly key: string;
  readonly chain?: string;
};

async function imported({ cert, key, chain, ...more }: Parts): Promise<string> {
  const CertificateChain = chain === undefined ? {} : { CertificateChain: Buffer.from(chain) };
  const input = { Certificate: Buffer.from(cert), PrivateKey: Buffer.from(key), ...CertificateChain, ...more };
  return (await acm.send(new ImportCertificateCommand(input))).CertificateArn ?? "";
}

const refusal = (given: Promise<unknown>): Promise<string> =>
  given.then(
    () => "taken",
    ({ name, message }: Error) => `${name}: ${message}`,
  );

test("a certificate with its chain is described, got and listed as AWS does", async () => {
  const arn = await imported({ cert: leaf.pem, key: leaf.keyPem, chain: middle.pem + root.pem, Tags: [{ Key: "team", Value: "web" }] });
  expect(arn).toMatch(/^arn:aws:acm:us-east-1:123456789012:certificate\/[0-9a-f-]{36}$/);
  const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn: arn }));
  expect(Certificate).toMatchObject({
    CertificateArn: arn,
    DomainName: "www.example.com",
    SubjectAlternativeNames: ["www.example.com", "example.com"],
    Serial: "0a:1b:2c:3d:4e:5f",
    Subject: "CN=www.example.com",
    Issuer: "Example Trust",
    Status: "ISSUED",
    Type: "IMPORTED",
    KeyAlgorithm: "RSA-2048",
    SignatureAlgorithm: "SHA256WITHRSA",
    KeyUsages: [{ Name: "DIGITAL_SIGNATURE" }, { Name: "KEY_ENCIPHERMENT" }],
    ExtendedKeyUsages: [
      { Name: "TLS_WEB_SERVER_AUTHENTICATION", OID: SERVER_AUTH },
      { Name: "TLS_WEB_CLIENT_AUTHENTICATION", OID: CLIENT_AUTH },
    ],
    NotAfter: leaf.certificate.notAfter,
    InUseBy: [],
    RenewalEligibility: "INELIGIBLE",
  });
  const got = await acm.send(new GetCertificateCommand({ CertificateArn: arn }));
  expect(got).toMatchObject({ Certificate: leaf.pem, CertificateChain: middle.pem + root.pem });
  const { CertificateSummaryList = [] } = await acm.send(new ListCertificatesCommand({}));
  expect(CertificateSummaryList.find(({ CertificateArn }) => CertificateArn === arn)).toMatchObject({
    DomainName: "www.example.com",
    InUse: false,
    Type: "IMPORTED",
  });
});

test("the key is kept sealed, and opened for who serves the certificate", async () => {
  const arn = await imported({ cert: leaf.pem, key: leaf.keyPem, chain: middle.pem });
  const { secrets, state } = api.platform;
  const material = certificateMaterial({ state, secrets }, arn);
  expect(new X509Certificate(material?.certificatePem ?? "").checkPrivateKey(createPrivateKey(material?.privateKeyPem ?? ""))).toBe(true);
  const { certificates } = await import("../../state/acm.ts");
  expect(JSON.stringify(state.table(certificates).get(arn))).not.toContain("PRIVATE KEY");
  expect(certificateMaterial({ state, secrets }, `${arn}0`)).toBeUndefined();
});

describe("what could not serve is refused:", () => {
  const REFUSED = "ValidationException: ";
  test.each<[string, () => Promise<Parts> | Parts, string]>([
    ["a key of another certificate", () => ({ cert: leaf.pem, key: middle.keyPem, chain: middle.pem }), "The private key does not match"],
    ["no chain to an issuer", () => ({ cert: leaf.pem, key: leaf.keyPem }), "Provided certificate is not a valid self signed."],
    [
      "a chain that leaves one out",
      () => ({ cert: leaf.pem, key: leaf.keyPem, chain: root.pem }),
      "Could not validate the certificate with",
    ],
    [
      "a chain in the wrong order",
      () => ({ cert: leaf.pem, key: leaf.keyPem, chain: root.pem + middle.pem }),
      "Could not validate the certificate with",
    ],
    [
      "a chain that begins with the certificate",
      () => ({ cert: leaf.pem, key: leaf.keyPem, chain: leaf.pem + middle.pem }),
      "Could not validate the certificate with",
    ],
    [
      "a chain of an issuer that only has the name",
      async () => {
        const impostor = await madeCertificate({ commonName: "Middle", organisation: "Example Trust", authority: true, key: 2048 });
        return { cert: leaf.pem, key: leaf.keyPem, chain: impostor.pem };
      },
      "Could not validate the certificate with",
    ],
    [
      "a chain whose certificate has expired",
      async () => {
        const old = await madeCertificate({ commonName: "Old", authority: true, notAfter: new Date(Date.now() - 1000) });
        const below = await madeCertificate({ commonName: "b.example.com", issuer: old });
        return { cert: below.pem, key: below.keyPem, chain: old.pem };
      },
      "Could not validate the certificate with",
    ],
    [
      "a chain that goes on and on",
      () => ({ cert: leaf.pem, key: leaf.keyPem, chain: middle.pem + root.pem.repeat(100) }),
      "Could not validate the certificate with",
    ],
    [
      "one that an issuer without a name signed",
      async () => {
        const nameless = await madeCertificate({ authority: true });
        const below = await madeCertificate({ commonName: "b.example.com", issuer: nameless });
        return { cert: below.pem, key: below.keyPem, chain: nameless.pem };
      },
      "The Issuer field of the certificate must not be empty.",
    ],
    [
      "an expired one",
      async () => {
        const old = await madeCertificate({ commonName: "a.example.com", notAfter: new Date(Date.now() - 1000) });
        return { cert: old.pem, key: old.keyPem };
      },
      "The certificate has expired",
    ],
    [
      "one that is not valid yet",
      async () => {
        const young = await madeCertificate({ commonName: "a.example.com", notBefore: new Date(Date.now() + DAY) });
        return { cert: young.pem, key: young.keyPem };
      },
      "The certificate is not valid yet",
    ],
    [
      "two certificates in one field",
      () => ({ cert: leaf.pem + middle.pem, key: leaf.keyPem }),
      "The certificate field contains more than one",
    ],
    ["no PEM", () => ({ cert: "certificate", key: leaf.keyPem }), "The certificate body/chain provided is not in a valid PEM format."],
    [
      "a chain that is no PEM",
      () => ({ cert: leaf.pem, key: leaf.keyPem, chain: "chain" }),
      "The certificate body/chain provided is not in",
    ],
    [
      "a key in the place of the certificate",
      () => ({ cert: leaf.keyPem, key: leaf.keyPem }),
      "The certificate body/chain provided is not in",
    ],
    [
      "PEM around noise",
      () => ({ cert: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", key: leaf.keyPem }),
      "Unable to parse certificate.",
    ],
    ["a certificate in the place of the key", () => ({ cert: leaf.pem, key: leaf.pem }), "The private key is not supported."],
    [
      "an encrypted key",
      () => ({
        cert: leaf.pem,
        key: createPrivateKey(leaf.keyPem).export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "p" }).toString(),
      }),
      "Your private key should not be encrypted.",
    ],
  ])("%s", async (_, parts, message) => {
    expect(await refusal(imported(await parts()))).toContain(REFUSED + message);
    expect(api.defects).toEqual([]);
  });
});

test.each([1024, 2048, 4096, "P-256", "P-384", "P-521"] as const)(
  "a self-signed certificate with a key of %s is taken without a chain",
  async (key) => {
    const own = await madeCertificate({ commonName: "self.example.com", key });
    expect(await imported({ cert: own.pem, key: own.keyPem })).toContain(":certificate/");
  },
);

test("a key in the traditional form of its algorithm is taken", async () => {
  const own = await madeCertificate({ commonName: "self.example.com" });
  const sec1 = createPrivateKey(own.keyPem).export({ type: "sec1", format: "pem" }).toString();
  const parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
  expect(await imported({ cert: own.pem, key: parameters + sec1 })).toContain(":certificate/");
});

describe("importing anew", () => {
  const first = { usages: digital | KeyUsage.keyAgreement, extendedUsages: [SERVER_AUTH], names: ["a.example.com"] };

  test("replaces the certificate under its ARN, and keeps its tags and when it was made", async () => {
    const before = await madeCertificate({ ...first, commonName: "a.example.com" });
    const after = await madeCertificate({ ...first, commonName: "b.example.com", names: ["b.example.com"] });
    const arn = await imported({ cert: before.pem, key: before.keyPem, Tags: [{ Key: "team", Value: "web" }] });
    const { Certificate: then } = await acm.send(new DescribeCertificateCommand({ CertificateArn: arn }));
    expect(await imported({ CertificateArn: arn, cert: after.pem, key: after.keyPem })).toBe(arn);
    const { Certificate: now } = await acm.send(new DescribeCertificateCommand({ CertificateArn: arn }));
    expect([now?.DomainName, now?.CreatedAt]).toEqual(["b.example.com", then?.CreatedAt]);
    const { secrets, state } = api.platform;
    expect(certificateMaterial({ state, secrets }, arn)?.privateKeyPem).toBe(after.keyPem);
  });

  test.each([
    ["another size of key", { ...first, key: "P-384" as const }, "The key type and size of a certificate cannot be changed"],
    ["no domain name", { ...first, names: [] }, "You cannot remove all of the domain names"],
    ["less key usage", { ...first, usages: digital }, "KEY_AGREEMENT"],
    ["another extended key usage", { ...first, extendedUsages: [CLIENT_AUTH] }, SERVER_AUTH],
  ])("is refused with %s", async (_, options, message) => {
    const [before, after] = [
      await madeCertificate({ ...first, organisation: "A" }),
      await madeCertificate({ ...options, organisation: "B" }),
    ];
    const arn = await imported({ cert: before.pem, key: before.keyPem });
    const refused = await refusal(imported({ CertificateArn: arn, cert: after.pem, key: after.keyPem }));
    expect(refused).toContain("ValidationException");
    expect(refused).toContain(message);
  });

  test("is refused with tags, and of what is not there", async () => {
    const { pem: cert, keyPem: key } = await madeCertificate({ commonName: "a.example.com" });
    const CertificateArn = await imported({ cert, key });
    expect(await refusal(imported({ CertificateArn, cert, key, Tags: [{ Key: "a" }] }))).toContain("Tagging is not permitted on re-import");
    expect(await refusal(imported({ CertificateArn: `${CertificateArn}0`, cert, key }))).toContain(
      "ResourceNotFoundException: Could not find",
    );
    expect(await refusal(imported({ CertificateArn: "arn:aws:acm:us-east-1:123456789012:acme/1", cert, key }))).toContain(
      "InvalidArnException",
    );
  });
});

test("a certificate that a listener serves is in use, and cannot be deleted until it is not", async () => {
  const own = await madeCertificate({ commonName: "used.example.com", key: 2048 });
  const certificateArn = await imported({ cert: own.pem, key: own.keyPem });
  const at = { account: "123456789012", region: "us-east-1" };
  const loadBalancerArn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/1";
  const listener = {
    ...at,
    loadBalancerArn,
    protocol: "HTTPS",
    port: 443,
    defaultActions: [],
    attributes: {},
    tags: [],
    createdAt: 0,
  } as const;
  const certificates = [{ certificateArn, isDefault: true }];
  const table = api.state.table(listeners);
  api.state.commit(() => ["one", "two"].forEach((arn) => table.put({ ...listener, arn, certificates })));
  const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn: certificateArn }));
  expect(Certificate?.InUseBy).toEqual([loadBalancerArn]);
  const remove = () => refusal(acm.send(new DeleteCertificateCommand({ CertificateArn: certificateArn })));
  expect(await remove()).toBe(`ResourceInUseException: Certificate ${certificateArn} in account 123456789012 is in use.`);
  api.state.commit(() => ["one", "two"].forEach((arn) => table.delete(arn)));
  expect(await remove()).toBe("taken");
  expect(await remove()).toContain("ResourceNotFoundException");
});

test("an account has so many imported certificates, and so many that were requested", async () => {
  await using world = await apiWorld();
  const client = world.client(ACMClient);
  const { certificates } = await import("../../state/acm.ts");
  const at = { account: "123456789012", region: "us-east-1" };
  const own = await madeCertificate({ commonName: "one.example.com" });
  const send = (command: object) => refusal(client.send(command as never));
  const importOne = () => send(new ImportCertificateCommand({ Certificate: Buffer.from(own.pem), PrivateKey: Buffer.from(own.keyPem) }));
  const requestOne = () => send(new RequestCertificateCommand({ DomainName: "a.example.com", ValidationMethod: "DNS" }));
  const fill = (type: "IMPORTED" | "AMAZON_ISSUED"): void =>
    world.state.commit(() => {
      for (let one = 0; one < 2500; one += 1)
        world.state.table(certificates).put({ ...at, arn: `${type}-${one}`, type, status: "EXPIRED", tags: [], createdAt: 0 });
    });
  fill("IMPORTED");
  expect(await importOne()).toContain("LimitExceededException: You have reached the maximum number of certificates.");
  expect(await requestOne()).toBe("taken");
  fill("AMAZON_ISSUED");
  expect(await requestOne()).toContain("LimitExceededException");
});
