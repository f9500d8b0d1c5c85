import { createPrivateKey } from "node:crypto";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  DeleteServerCertificateCommand,
  GetAccountSummaryCommand,
  GetServerCertificateCommand,
  IAMClient,
  ListServerCertificatesCommand,
  ListServerCertificateTagsCommand,
  TagServerCertificateCommand,
  UntagServerCertificateCommand,
  UpdateServerCertificateCommand,
  UploadServerCertificateCommand,
  type UploadServerCertificateCommandInput,
} from "@aws-sdk/client-iam";
import { beforeAll, beforeEach, afterEach, describe, expect, test } from "vitest";
import { memoryAuditLog } from "../../drivers/memory/audit-log.ts";
import { servedMaterial } from "../../state/served-certificates.ts";
import { serverCertificates } from "../../state/server-certificates.ts";
import { apiWorld, FOREIGN_KEYS, type ApiWorld } from "../../testing/api-world.ts";
import { madeCertificate, type MadeCertificate } from "../../testing/certificates.ts";
import { stack } from "../../testing/load-balancer-stack.ts";

const ARN = "arn:aws:iam::123456789012:server-certificate";

let api: ApiWorld;
let iam: IAMClient;
let root: MadeCertificate;
let middle: MadeCertificate;
let leaf: MadeCertificate;

beforeAll(async () => {
  root = await madeCertificate({ commonName: "Root", authority: true });
  middle = await madeCertificate({ commonName: "Middle", authority: true, issuer: root });
  leaf = await madeCertificate({ commonName: "web.test", names: ["web.test"], issuer: middle });
});
beforeEach(async () => {
  api = await apiWorld();
  iam = api.client(IAMClient);
});
afterEach(async () => {
  const { defects } = api;
  await api[Symbol.asyncDispose]();
  if (defects.length > 0) throw new AggregateError(defects, "operations threw defects");
});

const input = (more: Partial<UploadServerCertificateCommandInput> = {}): UploadServerCertificateCommandInput => ({
  ...{ ServerCertificateName: "Web", CertificateBody: leaf.pem, PrivateKey: leaf.keyPem, ...more },
});
const upload = (more: Partial<UploadServerCertificateCommandInput> = {}) => iam.send(new UploadServerCertificateCommand(input(more)));
const get = async (ServerCertificateName = "Web") =>
  (await iam.send(new GetServerCertificateCommand({ ServerCertificateName }))).ServerCertificate;
const names = async (PathPrefix?: string) => {
  const { ServerCertificateMetadataList = [] } = await iam.send(new ListServerCertificatesCommand({ PathPrefix }));
  return ServerCertificateMetadataList.map(({ ServerCertificateName }) => ServerCertificateName);
};
const refusal = (given: Promise<unknown>): Promise<string> =>
  given.then(
    () => "taken",
    ({ name, message }: Error) => `${name}: ${message}`,
  );

test("a certificate is uploaded, got and listed by path, with its chain and without its key", async () => {
  const Tags = [{ Key: "team", Value: "web" }];
  const made = await upload({ Path: "/team/", CertificateChain: middle.pem + root.pem, Tags });
  expect(made).toMatchObject({
    ServerCertificateMetadata: {
      ...{ Path: "/team/", ServerCertificateName: "Web", Arn: `${ARN}/team/Web`, Expiration: leaf.certificate.notAfter },
      ServerCertificateId: expect.stringMatching(/^ASCA[A-Z2-7]{17}$/) as string,
    },
    Tags,
  });
  expect(await get("web")).toEqual({
    ServerCertificateMetadata: made.ServerCertificateMetadata,
    ...{ CertificateBody: leaf.pem.trimEnd(), CertificateChain: (middle.pem + root.pem).trimEnd(), Tags },
  });
  await upload({ ServerCertificateName: "other" });
  expect(await names()).toEqual(["Web", "other"].toSorted());
  expect(await names("/team/")).toEqual(["Web"]);
  const { SummaryMap } = await iam.send(new GetAccountSummaryCommand({}));
  expect(SummaryMap).toMatchObject({ ServerCertificates: 2, ServerCertificatesQuota: 20 });
});

test("the key is kept sealed, and opened for who serves the certificate, also under another name", async () => {
  await upload();
  const key = createPrivateKey(leaf.keyPem);
  await iam.send(new UpdateServerCertificateCommand({ ServerCertificateName: "Web", NewServerCertificateName: "www" }));
  const { state, secrets } = api.platform;
  expect(createPrivateKey(servedMaterial({ state, secrets }, `${ARN}/www`)?.privateKeyPem ?? "").equals(key)).toBe(true);
  expect(servedMaterial({ state, secrets }, `${ARN}/Web`)).toBeUndefined();
  expect(JSON.stringify([...state.table(serverCertificates).values()])).not.toContain("PRIVATE KEY");
});

test("the key stands in no record of requests and in no refusal", async () => {
  const audit = memoryAuditLog();
  await using world = await apiWorld({ audit });
  const send = (more: Partial<UploadServerCertificateCommandInput> = {}) =>
    refusal(world.client(IAMClient).send(new UploadServerCertificateCommand(input(more))));
  const secret = leaf.keyPem.split("\n")[1] ?? "";
  const answers = [
    await send(),
    await send(),
    await send({ ServerCertificateName: "b", CertificateBody: root.pem }),
    await send({ ServerCertificateName: "c", PrivateKey: `${leaf.keyPem}\u0000` }),
  ];
  expect(answers.map((answer) => answer.split(/:|Exception/)[0])).toEqual([
    "taken",
    "EntityAlreadyExists",
    "KeyPairMismatch",
    "ValidationError",
  ]);
  const recorded = JSON.stringify(audit.records);
  expect(recorded).toContain("UploadServerCertificate");
  expect(recorded + answers.join("")).not.toContain(secret);
});

describe("what could not serve is refused:", () => {
  const parts: readonly [string, () => Partial<UploadServerCertificateCommandInput> | Promise<MadeCertificate>, string][] = [
    ["a key of another certificate", () => ({ PrivateKey: middle.keyPem }), "KeyPairMismatchException: "],
    ["no PEM", () => ({ CertificateBody: "cert" }), "MalformedCertificateException: Unable to parse certificate. Please ensure"],
    ["a key in its place", () => ({ CertificateBody: leaf.keyPem }), "MalformedCertificateException: Unable to parse certificate."],
    [
      "two at once",
      () => ({ CertificateBody: leaf.pem + middle.pem }),
      "MalformedCertificateException: The certificate body contains more",
    ],
    [
      "a certificate for a key",
      () => ({ PrivateKey: leaf.pem }),
      "MalformedCertificateException: Private key was in an unrecognized format.",
    ],
    [
      "a sealed key",
      () => ({
        PrivateKey: createPrivateKey(leaf.keyPem)
          .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "p" })
          .toString(),
      }),
      "MalformedCertificateException: The private key must not be encrypted.",
    ],
    [
      "a chain without its first",
      () => ({ CertificateChain: root.pem }),
      "MalformedCertificateException: Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate is: -1",
    ],
    [
      "a chain that breaks off",
      () => ({ CertificateChain: middle.pem + leaf.pem }),
      "The index within the chain of the invalid certificate is: 0",
    ],
    [
      "an expired one",
      () => madeCertificate({ commonName: "old", notAfter: new Date(Date.now() - 1000) }),
      "MalformedCertificateException: Certificate is no longer valid.",
    ],
    [
      "one of tomorrow",
      () => madeCertificate({ commonName: "new", notBefore: new Date(Date.now() + 86_400_000) }),
      "MalformedCertificateException: Certificate is not yet valid.",
    ],
    ["a name with a space", () => ({ ServerCertificateName: "a b" }), "ValidationError"],
    ["an empty chain", () => ({ CertificateChain: "" }), "ValidationError"],
    ["a path that ends in nothing", () => ({ Path: "/a" }), "ValidationError"],
  ];
  test.each(parts)("%s", async (_, given, words) => {
    const more = await given();
    const changed = "pem" in more ? { CertificateBody: more.pem, PrivateKey: more.keyPem } : more;
    expect(await refusal(upload(changed as Partial<UploadServerCertificateCommandInput>))).toContain(words);
    expect(await names()).toEqual([]);
  });
});

test("a name is given once, whatever its case, also to who ask at the same time", async () => {
  const answers = await Promise.all([refusal(upload()), refusal(upload({ ServerCertificateName: "web" }))]);
  expect(answers.filter((answer) => answer === "taken")).toHaveLength(1);
  expect(answers.find((answer) => answer !== "taken")).toMatch(
    /^EntityAlreadyExistsException: The Server Certificate with name [Ww]eb already exists\.$/,
  );
});

test("an account has twenty", async () => {
  for (let at = 0; at < 20; at += 1) await upload({ ServerCertificateName: `web${at}` });
  expect(await refusal(upload())).toBe("LimitExceededException: Cannot exceed quota for ServerCertificatesPerAccount: 20");
  await iam.send(new DeleteServerCertificateCommand({ ServerCertificateName: "web7" }));
  await upload();
});

test("what is not there, or is another account's, is nowhere", async () => {
  await upload();
  const foreign = api.client(IAMClient, "us-east-1", FOREIGN_KEYS);
  const ServerCertificateName = "Web";
  const missing = "NoSuchEntityException: The Server Certificate with name Web cannot be found.";
  for (const command of [
    new GetServerCertificateCommand({ ServerCertificateName }),
    new DeleteServerCertificateCommand({ ServerCertificateName }),
    new UpdateServerCertificateCommand({ ServerCertificateName, NewPath: "/a/" }),
    new TagServerCertificateCommand({ ServerCertificateName, Tags: [{ Key: "a", Value: "" }] }),
    new UntagServerCertificateCommand({ ServerCertificateName, TagKeys: ["a"] }),
    new ListServerCertificateTagsCommand({ ServerCertificateName }),
  ])
    expect(await refusal(foreign.send(command as GetServerCertificateCommand))).toBe(missing);
  expect((await foreign.send(new ListServerCertificatesCommand({}))).ServerCertificateMetadataList).toEqual([]);
  await foreign.send(new UploadServerCertificateCommand(input()));
  expect(await names()).toEqual(["Web"]);
});

test("tags are set, changed whatever the case of their key, and taken away", async () => {
  const ServerCertificateName = "Web";
  const tags = async () => (await iam.send(new ListServerCertificateTagsCommand({ ServerCertificateName }))).Tags;
  await upload({ Tags: [{ Key: "a", Value: "1" }] });
  await iam.send(new TagServerCertificateCommand({ ServerCertificateName, Tags: [{ Key: "A", Value: "2" }] }));
  expect(await tags()).toEqual([{ Key: "A", Value: "2" }]);
  await iam.send(new UntagServerCertificateCommand({ ServerCertificateName, TagKeys: ["a"] }));
  expect(await tags()).toEqual([]);
});

describe("a listener", () => {
  let client: elb.ElasticLoadBalancingV2Client;
  let listener: string;
  let balancer: string;

  const shown = async () => {
    const { Certificates = [] } = await client.send(new elb.DescribeListenerCertificatesCommand({ ListenerArn: listener }));
    return Certificates.map(({ CertificateArn, IsDefault }) => `${CertificateArn} ${IsDefault}`);
  };
  const create = (CertificateArn: string, Port = 8443) =>
    client.send(
      new elb.CreateListenerCommand({
        ...{ LoadBalancerArn: balancer, Port, Protocol: "HTTPS", Certificates: [{ CertificateArn }] },
        DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200" } }],
      }),
    );

  beforeEach(async () => {
    client = api.client(elb.ElasticLoadBalancingV2Client);
    ({ balancer } = await stack(api));
    await upload({ Path: "/team/" });
    await upload({ ServerCertificateName: "further" });
    const { Listeners } = await create(`${ARN}/team/Web`);
    listener = Listeners?.[0]?.ListenerArn ?? "";
    await client.send(
      new elb.AddListenerCertificatesCommand({ ListenerArn: listener, Certificates: [{ CertificateArn: `${ARN}/further` }] }),
    );
  });

  test("shows certificates of IAM, as its default and further ones, and keeps them from being deleted", async () => {
    expect(await shown()).toEqual([`${ARN}/team/Web true`, `${ARN}/further false`]);
    for (const ServerCertificateName of ["Web", "further"]) {
      const id = (await get(ServerCertificateName))?.ServerCertificateMetadata?.ServerCertificateId;
      expect(await refusal(iam.send(new DeleteServerCertificateCommand({ ServerCertificateName })))).toBe(
        `DeleteConflictException: Certificate: ${id} is currently in use by ${balancer}. Please remove it first before deleting it from IAM.`,
      );
    }
    await client.send(new elb.DeleteListenerCommand({ ListenerArn: listener }));
    await iam.send(new DeleteServerCertificateCommand({ ServerCertificateName: "Web" }));
    expect(await names()).toEqual(["further"]);
  });

  test("follows a certificate that is renamed", async () => {
    const before = await get();
    await iam.send(new UpdateServerCertificateCommand({ ServerCertificateName: "Web", NewPath: "/new/", NewServerCertificateName: "www" }));
    expect(await shown()).toEqual([`${ARN}/new/www true`, `${ARN}/further false`]);
    const after = await get("www");
    expect(after?.ServerCertificateMetadata).toEqual({
      ...before?.ServerCertificateMetadata,
      ...{ Arn: `${ARN}/new/www`, Path: "/new/", ServerCertificateName: "www" },
    });
    expect(await refusal(get("Web"))).toContain("NoSuchEntity");
    const taken = new UpdateServerCertificateCommand({ ServerCertificateName: "www", NewServerCertificateName: "Further" });
    expect(await refusal(iam.send(taken))).toBe("EntityAlreadyExistsException: The Server Certificate with name Further already exists.");
    await iam.send(new UpdateServerCertificateCommand({ ServerCertificateName: "www", NewServerCertificateName: "WWW" }));
    await iam.send(new UpdateServerCertificateCommand({ ServerCertificateName: "WWW" }));
    expect(await shown()).toEqual([`${ARN}/new/WWW true`, `${ARN}/further false`]);
  });

  test("is refused those of other accounts, at other paths, and with keys that are too short", async () => {
    const foreign = api.client(IAMClient, "us-east-1", FOREIGN_KEYS);
    const { ServerCertificateMetadata } = await foreign.send(new UploadServerCertificateCommand(input()));
    const short = await madeCertificate({ commonName: "short.test", key: 1024 });
    await upload({ ServerCertificateName: "short", CertificateBody: short.pem, PrivateKey: short.keyPem });
    for (const arn of [ServerCertificateMetadata?.Arn ?? "", `${ARN}/Web`, `${ARN}/team/web`])
      expect(await refusal(create(arn, 8444))).toBe(`CertificateNotFoundException: Certificate '${arn}' not found`);
    expect(await refusal(create(`${ARN}/short`, 8444))).toMatch(/^UnsupportedCertificate/);
  });
});
