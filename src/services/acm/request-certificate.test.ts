import { createPrivateKey, X509Certificate } from "node:crypto";
import {
  ACMClient,
  AddTagsToCertificateCommand,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  ExportCertificateCommand,
  GetAccountConfigurationCommand,
  GetCertificateCommand,
  ImportCertificateCommand,
  ListCertificatesCommand,
  ListTagsForCertificateCommand,
  PutAccountConfigurationCommand,
  RemoveTagsFromCertificateCommand,
  RenewCertificateCommand,
  RequestCertificateCommand,
  ResendValidationEmailCommand,
  UpdateCertificateOptionsCommand,
  type RequestCertificateCommandInput,
} from "@aws-sdk/client-acm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificates, sealCertificateKey } from "../../state/acm.ts";
import { readCertificate } from "../../state/certificate-facts.ts";
import { apiWorld, FOREIGN_KEYS, type ApiWorld } from "../../testing/api-world.ts";
import { madeCertificate } from "../../testing/certificates.ts";
import { permissionWorld } from "../../testing/permission-world.ts";

let api: ApiWorld;
let acm: ACMClient;

beforeAll(async () => {
  api = await apiWorld();
  acm = api.client(ACMClient);
});
afterAll(() => api[Symbol.asyncDispose]());

type Input = Partial<RequestCertificateCommandInput>;
const request = (input: Input): RequestCertificateCommand =>
  new RequestCertificateCommand({ DomainName: "example.com", ValidationMethod: "DNS", ...input });
const requested = async (input: Input, client = acm): Promise<string> => (await client.send(request(input))).CertificateArn ?? "";
const described = async (CertificateArn: string, client = acm) =>
  (await client.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate;
const refusal = (given: Promise<unknown>): Promise<string> =>
  given.then(
    () => "taken",
    ({ name, message }: Error) => `${name}: ${message}`,
  );

/** As the loop leaves one that it had issued. */
async function issued(input: Input): Promise<string> {
  const arn = await requested(input);
  const { pem, keyPem } = await madeCertificate({ commonName: "example.com", key: 2048 });
  const body = {
    certificatePem: pem,
    chainPem: pem,
    sealedKey: sealCertificateKey(api.platform.secrets, arn, keyPem),
    facts: await readCertificate(pem),
  };
  api.state.commit(() => api.state.table(certificates).update(arn, (one) => ({ ...one, status: "ISSUED", body, issuedAt: Date.now() })));
  return arn;
}

test("a request waits for the records of its names", async () => {
  const arn = await requested({
    DomainName: "Www.example.com",
    SubjectAlternativeNames: ["*.example.com", "example.com", "www.example.com"],
  });
  const certificate = await described(arn);
  expect(certificate).toMatchObject({
    CertificateArn: arn,
    DomainName: "www.example.com",
    SubjectAlternativeNames: ["www.example.com", "*.example.com", "example.com"],
    Status: "PENDING_VALIDATION",
    Type: "AMAZON_ISSUED",
    KeyAlgorithm: "RSA-2048",
    InUseBy: [],
    RenewalEligibility: "INELIGIBLE",
    Options: { CertificateTransparencyLoggingPreference: "ENABLED", Export: "DISABLED" },
  });
  const [www, wildcard, apex] = certificate?.DomainValidationOptions ?? [];
  expect(www).toMatchObject({ DomainName: "www.example.com", ValidationDomain: "www.example.com", ValidationStatus: "PENDING_VALIDATION" });
  expect([www?.ValidationMethod, www?.ResourceRecord?.Type]).toEqual(["DNS", "CNAME"]);
  expect(www?.ResourceRecord?.Name).toMatch(/^_[0-9a-f]{32}\.www\.example\.com\.$/);
  expect(www?.ResourceRecord?.Value).toMatch(/^_[0-9a-f]{32}\.[a-z]{10}\.acm-validations\.aws\.$/);
  expect([wildcard?.DomainName, wildcard?.ResourceRecord]).toEqual(["*.example.com", apex?.ResourceRecord]);
  expect(await refusal(acm.send(new GetCertificateCommand({ CertificateArn: arn })))).toContain("RequestInProgressException");
  const { CertificateSummaryList = [] } = await acm.send(new ListCertificatesCommand({ CertificateStatuses: ["PENDING_VALIDATION"] }));
  expect(CertificateSummaryList.map(({ CertificateArn }) => CertificateArn)).toContain(arn);
});

test("a domain's record is the account's own, and always the same", async () => {
  const elsewhere = api.client(ACMClient, "eu-west-1");
  const stranger = api.client(ACMClient, "us-east-1", FOREIGN_KEYS);
  const record = async (client: ACMClient) =>
    (await described(await requested({}, client), client))?.DomainValidationOptions?.[0]?.ResourceRecord;
  const own = await record(acm);
  expect([await record(acm), await record(elsewhere)]).toEqual([own, own]);
  const theirs = await record(stranger);
  expect([theirs?.Name === own?.Name, theirs?.Value === own?.Value]).toEqual([false, false]);
});

test.each<[string, (client: ACMClient, CertificateArn: string) => Promise<unknown>]>([
  ["described", (client, CertificateArn) => client.send(new DescribeCertificateCommand({ CertificateArn }))],
  ["given out", (client, CertificateArn) => client.send(new GetCertificateCommand({ CertificateArn }))],
  ["exported", (client, CertificateArn) => client.send(new ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from("pass") }))],
  ["deleted", (client, CertificateArn) => client.send(new DeleteCertificateCommand({ CertificateArn }))],
  ["tagged", (client, CertificateArn) => client.send(new AddTagsToCertificateCommand({ CertificateArn, Tags: [{ Key: "a" }] }))],
])("a certificate is %s in its own account and region alone", async (_done, act) => {
  const arn = await issued({ Options: { Export: "ENABLED" } });
  const stranger = api.client(ACMClient, "us-east-1", FOREIGN_KEYS);
  expect(await refusal(act(stranger, arn))).toMatch(/^(AccessDenied|ResourceNotFound)Exception/);
  const elsewhere = api.client(ACMClient, "eu-west-1");
  expect(await refusal(act(elsewhere, arn))).toBe(`ResourceNotFoundException: Could not find certificate ${arn}.`);
  expect(await refusal(act(acm, "arn:aws:acm:us-east-1:123456789012:else/x"))).toContain("InvalidArnException");
  expect(await refusal(act(acm, arn))).toBe("taken");
});

test("a token tells within an hour that a request is the same; another domain or another token is another one", async () => {
  const first = await requested({ IdempotencyToken: "t1" });
  expect(await requested({ IdempotencyToken: "t1" })).toBe(first);
  const others = [
    { IdempotencyToken: "t2" },
    { IdempotencyToken: "t1", DomainName: "b.example.com" },
    { IdempotencyToken: "t1", KeyAlgorithm: "EC_prime256v1" },
    {},
  ] as const;
  for (const other of others) expect(await requested(other)).not.toBe(first);
  api.state.commit(() => api.state.table(certificates).update(first, (one) => ({ ...one, createdAt: one.createdAt - 3_600_001 })));
  expect(await requested({ IdempotencyToken: "t1" })).not.toBe(first);
});

describe("what is not offered is refused by name:", () => {
  const PCA = "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
  test.each<[string, Input, string]>([
    ["e-mail", { ValidationMethod: "EMAIL" }, "InvalidParameterException: EMAIL validation"],
    ["e-mail by default", { ValidationMethod: undefined }, "InvalidParameterException: EMAIL validation"],
    ["HTTP", { ValidationMethod: "HTTP" }, "InvalidParameterException: HTTP validation"],
    ["a private authority", { CertificateAuthorityArn: PCA }, "AWS Private CA is not offered here"],
    ["CloudFront", { ManagedBy: "CLOUDFRONT" }, "CLOUDFRONT"],
    ["a key for imports only", { KeyAlgorithm: "RSA_4096" }, "KeyAlgorithm RSA_4096"],
    ["eleven names", { SubjectAlternativeNames: Array.from({ length: 10 }, (_, at) => `${at}.example.com`) }, "LimitExceededException"],
    ["a long common name", { DomainName: `${"a".repeat(60)}.example.com` }, "ValidationException: The domain name exceeds"],
    ["a name that is none", { DomainName: "exa mple" }, "ValidationException"],
    ["a name that is an address", { DomainName: "localhost" }, "ValidationException"],
    [
      "a validation domain of somebody else",
      { DomainValidationOptions: [{ DomainName: "example.com", ValidationDomain: "ample.com" }] },
      "InvalidDomainValidationOptionsException",
    ],
    [
      "a validation domain for a name that is not asked for",
      { DomainValidationOptions: [{ DomainName: "other.com", ValidationDomain: "other.com" }] },
      "InvalidDomainValidationOptionsException",
    ],
    ["a tag twice", { Tags: [{ Key: "a" }, { Key: "a" }] }, "InvalidTagException"],
    ["a tag of AWS's", { Tags: [{ Key: "aws:a" }] }, "InvalidTagException"],
  ])("%s", async (_name, input, message) => {
    expect(await refusal(acm.send(request(input)))).toContain(message);
    expect(api.defects).toEqual([]);
  });
});

test("who may request certificates of some names only, may not request others", async () => {
  await using world = await permissionWorld(ACMClient);
  const Condition = { "ForAllValues:StringLike": { "acm:DomainNames": "*.example.com" }, StringEquals: { "acm:ValidationMethod": "DNS" } };
  const user = world.as({ Action: "acm:RequestCertificate", Resource: "*", Condition });
  const verdict = (input: Input) => world.verdict(user as never, request(input));
  expect(await verdict({ DomainName: "a.example.com" })).toBe("allowed");
  expect(await verdict({ DomainName: "a.example.com", SubjectAlternativeNames: ["example.org"] })).toContain("not authorized");
  expect(await verdict({ DomainName: "a.example.com", ValidationMethod: "EMAIL" })).toContain("not authorized");
});

describe("exporting", () => {
  const exported = (CertificateArn: string, passphrase = "correct horse") =>
    acm.send(new ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from(passphrase) }));

  test("gives the certificate, and its key under the passphrase, and makes it one that is renewed", async () => {
    const arn = await issued({ Options: { Export: "ENABLED" } });
    expect((await described(arn))?.RenewalEligibility).toBe("INELIGIBLE");
    const { Certificate = "", CertificateChain, PrivateKey = "" } = await exported(arn);
    expect([CertificateChain === undefined, PrivateKey.startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----")]).toEqual([false, true]);
    const key = createPrivateKey({ key: PrivateKey, passphrase: "correct horse" });
    expect(new X509Certificate(Certificate).checkPrivateKey(key)).toBe(true);
    expect((await described(arn))?.RenewalEligibility).toBe("ELIGIBLE");
  });

  test("is refused where it was not asked for, of what is imported or not issued yet, and under a bad passphrase", async () => {
    const own = await madeCertificate({ commonName: "a.example.com" });
    const imported = await acm.send(
      new ImportCertificateCommand({ Certificate: Buffer.from(own.pem), PrivateKey: Buffer.from(own.keyPem) }),
    );
    expect(await refusal(exported(await issued({})))).toContain("ValidationException: Certificate arn");
    expect(await refusal(exported(imported.CertificateArn ?? ""))).toContain("cannot be exported");
    expect(await refusal(exported(await requested({ Options: { Export: "ENABLED" } })))).toContain("RequestInProgressException");
    const arn = await issued({ Options: { Export: "ENABLED" } });
    for (const passphrase of ["pass#word", "pässword", "abc"])
      expect(await refusal(exported(arn, passphrase))).toContain("ValidationException");
  });
});

test("options change, where they can", async () => {
  const arn = await issued({});
  const update = (CertificateArn: string, Options: object) =>
    refusal(acm.send(new UpdateCertificateOptionsCommand({ CertificateArn, Options })));
  expect(await update(arn, { CertificateTransparencyLoggingPreference: "DISABLED" })).toBe("taken");
  expect((await described(arn))?.Options?.CertificateTransparencyLoggingPreference).toBe("DISABLED");
  expect(await update(arn, { Export: "ENABLED" })).toContain("cannot be changed after it was requested");
  expect(await update(arn, { ValidationMethod: "EMAIL" })).toContain("EMAIL is not offered");
  const renewed = refusal(acm.send(new RenewCertificateCommand({ CertificateArn: arn })));
  expect(await renewed).toContain("is not a private certificate that was exported");
  const mailed = acm.send(
    new ResendValidationEmailCommand({ CertificateArn: arn, Domain: "example.com", ValidationDomain: "example.com" }),
  );
  expect(await refusal(mailed)).toContain("InvalidStateException");
});

test("tags are added, replaced, and removed by key or by key and value", async () => {
  const CertificateArn = await requested({
    Tags: [
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
    ],
  });
  const tags = async () => (await acm.send(new ListTagsForCertificateCommand({ CertificateArn }))).Tags;
  await acm.send(new AddTagsToCertificateCommand({ CertificateArn, Tags: [{ Key: "b", Value: "3" }, { Key: "c" }] }));
  expect(await tags()).toEqual([{ Key: "a", Value: "1" }, { Key: "b", Value: "3" }, { Key: "c" }]);
  await acm.send(new RemoveTagsFromCertificateCommand({ CertificateArn, Tags: [{ Key: "a" }, { Key: "b", Value: "2" }] }));
  expect(await tags()).toEqual([{ Key: "b", Value: "3" }, { Key: "c" }]);
  const many = Array.from({ length: 49 }, (_, at) => ({ Key: `k${at}` }));
  expect(await refusal(acm.send(new AddTagsToCertificateCommand({ CertificateArn, Tags: many })))).toContain("TooManyTagsException");
});

test("an account says how long before their end it hears of certificates", async () => {
  const put = (days: number, IdempotencyToken: string) =>
    refusal(acm.send(new PutAccountConfigurationCommand({ ExpiryEvents: { DaysBeforeExpiry: days }, IdempotencyToken })));
  const days = async () => (await acm.send(new GetAccountConfigurationCommand({}))).ExpiryEvents?.DaysBeforeExpiry;
  expect(await days()).toBe(45);
  expect(await put(30, "a")).toBe("taken");
  expect([await put(30, "a"), await days()]).toEqual(["taken", 30]);
  expect(await put(20, "a")).toContain("ConflictException");
  expect([await put(20, "b"), await days()]).toEqual(["taken", 20]);
});
