import "reflect-metadata";
import { ACMClient, ImportCertificateCommand } from "@aws-sdk/client-acm";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import * as x509 from "@peculiar/x509";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiWorld, FOREIGN_KEYS, type ApiWorld } from "../../testing/api-world.ts";
import { madeCertificate, type MadeCertificate } from "../../testing/certificates.ts";
import { stack, type Stack } from "../../testing/load-balancer-stack.ts";
import { memoryObjects } from "../../testing/memory-objects.ts";

let api: ApiWorld;
let client: elb.ElasticLoadBalancingV2Client;
let world: Stack;
let authority: MadeCertificate, other: MadeCertificate;
const objects = new Map<string, string>();

beforeAll(async () => {
  authority = await madeCertificate({ commonName: "root", authority: true });
  other = await madeCertificate({ commonName: "other", authority: true });
  const short = await madeCertificate({ commonName: "short", authority: true, key: 1024 });
  const leaf = await madeCertificate({ commonName: "leaf" });
  objects.set("b/one.pem", `# ours\n${authority.pem}`);
  objects.set("b/two.pem", `${authority.pem.replaceAll("\n", "\r\n")}# and theirs\r\n${other.pem}`);
  objects.set("b/one.pem?v1", other.pem);
  objects.set("b/blank.pem", `${authority.pem}\n${other.pem}`);
  objects.set("b/prose.pem", `Certificate:\n${authority.pem}`);
  objects.set("b/key.pem", `${authority.pem}${authority.keyPem}`);
  objects.set("b/none.pem", "# nothing\n");
  objects.set("b/leaf.pem", leaf.pem);
  objects.set("b/short.pem", short.pem);
  objects.set("b/broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  objects.set("b/many.pem", authority.pem.repeat(26));
  objects.set("b/large.pem", "#".repeat(33 * 1024 * 1024));
  objects.set("b/crl.pem", await revocations("0a", "0b"));
  objects.set("b/more.pem", await revocations("0c"));
  api = await apiWorld({ objects: memoryObjects(objects) });
  client = api.client(elb.ElasticLoadBalancingV2Client);
  world = await stack(api);
}, 30_000);
afterAll(() => api[Symbol.asyncDispose]());

async function revocations(...serials: readonly string[]): Promise<string> {
  const crl = await x509.X509CrlGenerator.create({
    issuer: authority.certificate.subject,
    thisUpdate: new Date(),
    nextUpdate: new Date(Date.now() + 86_400_000),
    entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: new Date() })),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    signingKey: authority.keys.privateKey,
  });
  return `${x509.PemConverter.encode(crl.rawData, "X509 CRL")}\n`;
}

const at = (key: string, version?: string) => ({
  CaCertificatesBundleS3Bucket: "b",
  CaCertificatesBundleS3Key: key,
  ...(version === undefined ? {} : { CaCertificatesBundleS3ObjectVersion: version }),
});

const create = async (Name: string, key = "one.pem", version?: string): Promise<elb.TrustStore | undefined> =>
  (await client.send(new elb.CreateTrustStoreCommand({ Name, ...at(key, version) }))).TrustStores?.[0];

const refusal = (given: Promise<unknown>): Promise<string> =>
  given.then(
    () => "taken",
    ({ name, message }: Error) => `${name}: ${message}`,
  );

const textAt = (location: string | undefined): string => Buffer.from((location ?? "").split(",")[1] ?? "", "base64").toString();

describe("a trust store", () => {
  test("is made of a bundle in a bucket, described, replaced, and deleted", async () => {
    const made = await create("made");
    expect(made).toEqual({
      Name: "made",
      TrustStoreArn: expect.stringMatching(/^arn:aws:elasticloadbalancing:us-east-1:123456789012:truststore\/made\/[0-9a-f]{16}$/),
      ...{ Status: "ACTIVE", NumberOfCaCertificates: 1, TotalRevokedEntries: 0 },
    });
    const TrustStoreArn = made?.TrustStoreArn;
    const bundle = async () => textAt((await client.send(new elb.GetTrustStoreCaCertificatesBundleCommand({ TrustStoreArn }))).Location);
    expect(await bundle()).toBe(authority.pem);
    const { TrustStores } = await client.send(new elb.ModifyTrustStoreCommand({ TrustStoreArn, ...at("two.pem") }));
    expect(TrustStores).toEqual([{ ...made, NumberOfCaCertificates: 2 }]);
    expect((await client.send(new elb.DescribeTrustStoresCommand({ Names: ["made"] }))).TrustStores).toEqual(TrustStores);
    expect((await client.send(new elb.DescribeTrustStoresCommand({ TrustStoreArns: [TrustStoreArn ?? ""] }))).TrustStores).toEqual(
      TrustStores,
    );
    await client.send(new elb.ModifyTrustStoreCommand({ TrustStoreArn, ...at("one.pem", "v1") }));
    expect(await bundle()).toBe(other.pem);
    await client.send(new elb.DeleteTrustStoreCommand({ TrustStoreArn }));
    expect(await refusal(client.send(new elb.DeleteTrustStoreCommand({ TrustStoreArn })))).toMatch(/^TrustStoreNotFound/);
  });

  test("has tags", async () => {
    const TrustStoreArn = (await create("tagged"))?.TrustStoreArn ?? "";
    await client.send(new elb.AddTagsCommand({ ResourceArns: [TrustStoreArn], Tags: [{ Key: "a", Value: "b" }] }));
    const { TagDescriptions } = await client.send(new elb.DescribeTagsCommand({ ResourceArns: [TrustStoreArn] }));
    expect(TagDescriptions).toEqual([{ ResourceArn: TrustStoreArn, Tags: [{ Key: "a", Value: "b" }] }]);
  });

  test.each([
    ["blank.pem", "InvalidCaCertificatesBundleException: The specified CA certificates bundle is not valid: it has a blank line"],
    ["prose.pem", "is not valid: there is something else"],
    ["key.pem", "is not valid: there is something else"],
    ["none.pem", "is not valid: there is no certificate in it"],
    ["leaf.pem", "is not that of an authority"],
    ["short.pem", "the key of a certificate is of no supported kind"],
    ["broken.pem", "a certificate cannot be read"],
    ["many.pem", "more than 25 certificates"],
    ["large.pem", "is too large"],
    ["away.pem", "CaCertificatesBundleNotFoundException: The specified CA certificates bundle does not exist: s3://b/away.pem"],
    ["", "Value '' at 'caCertificatesBundleS3Key' failed"],
  ])("is not made of what is no bundle: %s", async (key, words) => {
    expect(await refusal(create("bad", key))).toContain(words);
  });

  test.each([
    ["no_underscores", "ValidationError"],
    ["-a", "ValidationError"],
    ["a".repeat(33), "ValidationError"],
  ])("is not called %s", async (name, words) => {
    expect(await refusal(create(name))).toContain(words);
  });

  test("is one of its name in an account and region, and nobody else's", async () => {
    const made = await create("mine");
    expect(await refusal(create("mine"))).toMatch(/^DuplicateTrustStoreName/);
    const stranger = api.client(elb.ElasticLoadBalancingV2Client, "us-east-1", FOREIGN_KEYS);
    const TrustStoreArn = made?.TrustStoreArn;
    for (const command of [
      new elb.DescribeTrustStoresCommand({ TrustStoreArns: [TrustStoreArn ?? ""] }),
      new elb.ModifyTrustStoreCommand({ TrustStoreArn, ...at("one.pem") }),
      new elb.GetTrustStoreCaCertificatesBundleCommand({ TrustStoreArn }),
      new elb.AddTagsCommand({ ResourceArns: [TrustStoreArn ?? ""], Tags: [{ Key: "a", Value: "b" }] }),
    ])
      expect(await refusal(stranger.send(command as elb.ModifyTrustStoreCommand))).toMatch(/^(TrustStoreNotFound|AccessDenied)/);
    expect((await stranger.send(new elb.DescribeTrustStoresCommand())).TrustStores).toEqual([]);
  });

  test("cannot be read where the operator opened no buckets", async () => {
    await using closed = await apiWorld({ objects: memoryObjects(new Map()) });
    const { objects: _closed, ...platform } = closed.platform;
    await using without = await apiWorld({ ...platform, objects: undefined as never });
    const asked = without.client(elb.ElasticLoadBalancingV2Client).send(new elb.CreateTrustStoreCommand({ Name: "a", ...at("one.pem") }));
    expect(await refusal(asked)).toContain("opened no buckets with AIRFIELD_BUCKETS");
  });
});

describe("revocation lists", () => {
  test("are added, described, got and removed; their entries count", async () => {
    const TrustStoreArn = (await create("revoking"))?.TrustStoreArn;
    const add = (...keys: readonly string[]) =>
      client.send(
        new elb.AddTrustStoreRevocationsCommand({
          TrustStoreArn,
          RevocationContents: keys.map((S3Key) => ({ S3Bucket: "b", S3Key, RevocationType: "CRL" })),
        }),
      );
    const ids = async () =>
      (await client.send(new elb.DescribeTrustStoreRevocationsCommand({ TrustStoreArn }))).TrustStoreRevocations?.map(
        ({ RevocationId }) => RevocationId,
      );
    expect((await add("crl.pem", "more.pem")).TrustStoreRevocations).toEqual([
      { TrustStoreArn, RevocationId: 1, RevocationType: "CRL", NumberOfRevokedEntries: 2 },
      { TrustStoreArn, RevocationId: 2, RevocationType: "CRL", NumberOfRevokedEntries: 1 },
    ]);
    expect((await client.send(new elb.DescribeTrustStoresCommand({ Names: ["revoking"] }))).TrustStores?.[0]?.TotalRevokedEntries).toBe(3);
    await client.send(new elb.RemoveTrustStoreRevocationsCommand({ TrustStoreArn, RevocationIds: [1] }));
    await add("crl.pem");
    expect(await ids()).toEqual([2, 3]);
    const { Location } = await client.send(new elb.GetTrustStoreRevocationContentCommand({ TrustStoreArn, RevocationId: 2 }));
    expect(textAt(Location)).toBe(objects.get("b/more.pem"));
    expect(await refusal(client.send(new elb.RemoveTrustStoreRevocationsCommand({ TrustStoreArn, RevocationIds: [2, 1] })))).toBe(
      "RevocationIdNotFoundException: Revocation ID '1' not found",
    );
    expect(await ids()).toEqual([2, 3]);
    expect(await refusal(add("more.pem", "away.pem"))).toMatch(/^RevocationContentNotFound/);
    expect(await refusal(add("one.pem"))).toMatch(/^InvalidRevocationContent/);
    expect(await ids()).toEqual([2, 3]);
  });
});

test("a listener that checks its clients holds its trust store", async () => {
  const TrustStoreArn = (await create("held"))?.TrustStoreArn;
  const { pem, keyPem } = await madeCertificate({ commonName: "a.test", names: ["a.test"] });
  const { CertificateArn } = await api
    .client(ACMClient)
    .send(new ImportCertificateCommand({ Certificate: Buffer.from(pem), PrivateKey: Buffer.from(keyPem) }));
  const { Listeners } = await client.send(
    new elb.CreateListenerCommand({
      LoadBalancerArn: world.balancer,
      Protocol: "HTTPS",
      Port: 443,
      Certificates: [{ CertificateArn }],
      DefaultActions: [{ Type: "forward", TargetGroupArn: world.group }],
      MutualAuthentication: { Mode: "verify", TrustStoreArn, IgnoreClientCertificateExpiry: true, AdvertiseTrustStoreCaNames: "on" },
    }),
  );
  const listener = Listeners?.[0];
  expect(listener?.MutualAuthentication).toEqual({
    ...{ Mode: "verify", TrustStoreArn, IgnoreClientCertificateExpiry: true },
    ...{ TrustStoreAssociationStatus: "active", AdvertiseTrustStoreCaNames: "on" },
  });
  const associations = async () =>
    (await client.send(new elb.DescribeTrustStoreAssociationsCommand({ TrustStoreArn }))).TrustStoreAssociations;
  expect(await associations()).toEqual([{ ResourceArn: listener?.ListenerArn }]);
  expect(await refusal(client.send(new elb.DeleteTrustStoreCommand({ TrustStoreArn })))).toMatch(/^TrustStoreInUse/);
  const end = (ResourceArn: string | undefined) =>
    client.send(new elb.DeleteSharedTrustStoreAssociationCommand({ TrustStoreArn, ResourceArn }));
  expect(await refusal(end(listener?.ListenerArn))).toMatch(/^DeleteAssociationSameAccount/);
  expect(await refusal(end(world.listener))).toMatch(/^TrustStoreAssociationNotFound/);
  await client.send(new elb.ModifyListenerCommand({ ListenerArn: listener?.ListenerArn, MutualAuthentication: { Mode: "off" } }));
  expect(await associations()).toEqual([]);
  await client.send(new elb.DeleteTrustStoreCommand({ TrustStoreArn }));
});
