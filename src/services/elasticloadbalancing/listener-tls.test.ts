import { ACMClient, ImportCertificateCommand } from "@aws-sdk/client-acm";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificates } from "../../state/acm.ts";
import { apiWorld, FOREIGN_KEYS, TEST_KEYS, type ApiWorld, type Keys } from "../../testing/api-world.ts";
import { madeCertificate } from "../../testing/certificates.ts";
import { network, stack, type Stack } from "../../testing/load-balancer-stack.ts";

let api: ApiWorld;
let client: elb.ElasticLoadBalancingV2Client;
let world: Stack;
let first: string, second: string;

beforeAll(async () => {
  api = await apiWorld();
  client = api.client(elb.ElasticLoadBalancingV2Client);
  world = await stack(api);
  [first, second] = [await imported("first.test"), await imported("second.test")];
});
afterAll(() => api[Symbol.asyncDispose]());

async function imported(
  name: string,
  { region = "us-east-1", keys = TEST_KEYS, key }: { readonly region?: string; readonly keys?: Keys; readonly key?: 1024 | 2048 } = {},
): Promise<string> {
  const made = await madeCertificate({ commonName: name, names: [name], ...(key && { key }) });
  const input = { Certificate: Buffer.from(made.pem), PrivateKey: Buffer.from(made.keyPem) };
  return (await api.client(ACMClient, region, keys).send(new ImportCertificateCommand(input))).CertificateArn ?? "";
}

const text = { Type: "fixed-response", FixedResponseConfig: { StatusCode: "200" } } as const;
let port = 8000;

function create(more: Partial<elb.CreateListenerCommandInput>): Promise<elb.Listener | undefined> {
  port += 1;
  const base = { LoadBalancerArn: world.balancer, Port: port, DefaultActions: [text] };
  return client.send(new elb.CreateListenerCommand({ ...base, ...more })).then(({ Listeners }) => Listeners?.[0]);
}

const https = (more: Partial<elb.CreateListenerCommandInput> = {}) =>
  create({ Protocol: "HTTPS", Certificates: [{ CertificateArn: first }], ...more });

async function modify(ListenerArn: string | undefined, more: Partial<elb.ModifyListenerCommandInput>): Promise<elb.Listener | undefined> {
  return (await client.send(new elb.ModifyListenerCommand({ ListenerArn, ...more }))).Listeners?.[0];
}

async function shown(ListenerArn: string | undefined): Promise<readonly string[]> {
  const { Certificates = [] } = await client.send(new elb.DescribeListenerCertificatesCommand({ ListenerArn }));
  return Certificates.map(
    ({ CertificateArn, IsDefault }) =>
      `${CertificateArn === first ? "first" : CertificateArn === second ? "second" : CertificateArn} ${IsDefault}`,
  );
}

const refusal = (given: Promise<unknown>): Promise<string> =>
  given.then(
    () => "taken",
    ({ name, message }: Error) => `${name}: ${message}`,
  );

describe("an HTTPS listener", () => {
  test("has the certificate and the policy that it was given, or the default policy", async () => {
    const made = await https();
    expect(made).toMatchObject({
      ...{ Protocol: "HTTPS", SslPolicy: "ELBSecurityPolicy-2016-08", MutualAuthentication: { Mode: "off" } },
      Certificates: [{ CertificateArn: first }],
    });
    expect(made?.AlpnPolicy).toBeUndefined();
    const { Listeners } = await client.send(new elb.DescribeListenersCommand({ ListenerArns: [made?.ListenerArn ?? ""] }));
    expect(Listeners).toEqual([made]);
    const again = await https({ Port: made?.Port });
    expect(again?.ListenerArn).toBe(made?.ListenerArn);
    expect(await refusal(https({ Port: made?.Port, SslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06" }))).toMatch(/^DuplicateListener/);
  });

  test("gets another default certificate, another policy, and keeps what is not named", async () => {
    const made = await https({ SslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06" });
    expect(await modify(made?.ListenerArn, { Certificates: [{ CertificateArn: second }] })).toMatchObject({
      ...{ SslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06", Certificates: [{ CertificateArn: second }] },
    });
    expect(await modify(made?.ListenerArn, { SslPolicy: "ELBSecurityPolicy-TLS13-1-3-2021-06" })).toMatchObject({
      ...{ SslPolicy: "ELBSecurityPolicy-TLS13-1-3-2021-06", Certificates: [{ CertificateArn: second }] },
    });
  });

  test("becomes one of HTTP and of HTTPS again, each time with what that has", async () => {
    const made = await https();
    const plain = await modify(made?.ListenerArn, { Protocol: "HTTP" });
    expect([plain?.Protocol, plain?.Certificates, plain?.SslPolicy, plain?.MutualAuthentication]).toEqual([
      "HTTP",
      undefined,
      undefined,
      undefined,
    ]);
    expect(await shown(made?.ListenerArn)).toEqual([]);
    expect(await refusal(modify(made?.ListenerArn, { Protocol: "HTTPS" }))).toBe(
      "ValidationError: A certificate must be specified for HTTPS listeners",
    );
    expect(await modify(made?.ListenerArn, { Protocol: "HTTPS", Certificates: [{ CertificateArn: second }] })).toMatchObject({
      Protocol: "HTTPS",
    });
  });

  test.each(["its own", "a rule's"])("stays one while %s action leads to targets of HTTP/2 or gRPC", async (whose) => {
    const made = await https();
    const group = { Name: `grpc-${port}`, Protocol: "HTTP", ProtocolVersion: "GRPC", Port: 80, VpcId: world.net.vpc } as const;
    const { TargetGroups } = await client.send(new elb.CreateTargetGroupCommand(group));
    const actions = [{ Type: "forward", TargetGroupArn: TargetGroups?.[0]?.TargetGroupArn } as const];
    const Conditions = [{ Field: "path-pattern", Values: ["/grpc/*"] }];
    if (whose === "its own") await modify(made?.ListenerArn, { DefaultActions: actions });
    else await client.send(new elb.CreateRuleCommand({ ListenerArn: made?.ListenerArn, Priority: 1, Conditions, Actions: actions }));
    expect(await refusal(modify(made?.ListenerArn, { Protocol: "HTTP" }))).toMatch(/^InvalidLoadBalancerAction.*protocol-version 'GRPC'$/);
  });

  test("shows further certificates, the default perhaps among them, until they are removed", async () => {
    const ListenerArn = (await https())?.ListenerArn;
    const add = (...arns: readonly string[]) =>
      client.send(
        new elb.AddListenerCertificatesCommand({ ListenerArn, Certificates: arns.map((CertificateArn) => ({ CertificateArn })) }),
      );
    const remove = (...arns: readonly string[]) =>
      client.send(
        new elb.RemoveListenerCertificatesCommand({ ListenerArn, Certificates: arns.map((CertificateArn) => ({ CertificateArn })) }),
      );
    expect((await add(second, second)).Certificates).toEqual([
      { CertificateArn: second, IsDefault: false },
      { CertificateArn: second, IsDefault: false },
    ]);
    await add(second);
    expect(await shown(ListenerArn)).toEqual(["first true", "second false"]);
    expect(await refusal(remove(first))).toMatch(/^OperationNotPermitted.*: Default certificate cannot be removed$/);
    await add(first);
    expect(new Set(await shown(ListenerArn))).toEqual(new Set(["first true", "first false", "second false"]));
    await modify(ListenerArn, { Certificates: [{ CertificateArn: second }] });
    expect(new Set(await shown(ListenerArn))).toEqual(new Set(["second true", "first false", "second false"]));
    await remove(first, second);
    expect(await shown(ListenerArn)).toEqual(["second true"]);
    await remove("arn:aws:acm:us-east-1:123456789012:certificate/of-nobody");
  });

  test("has at most as many further certificates as the quota of its load balancer says", async () => {
    const ListenerArn = (await https())?.ListenerArn;
    const record = api.state.table(certificates).get(first);
    const arns = Array.from({ length: 26 }, (_, at) => `${first}-${at}`);
    api.state.commit(() => arns.forEach((arn) => record && api.state.table(certificates).insert({ ...record, arn })));
    const add = (some: readonly string[]) =>
      client.send(
        new elb.AddListenerCertificatesCommand({ ListenerArn, Certificates: some.map((CertificateArn) => ({ CertificateArn })) }),
      );
    expect(await refusal(add(arns))).toMatch(/^TooManyCertificates/);
    expect(await shown(ListenerArn)).toHaveLength(1);
    await add(arns.slice(0, 25));
    expect(await refusal(add(arns.slice(25)))).toMatch(/^TooManyCertificates/);
    await add(arns.slice(0, 1));
    await client.send(new elb.DeleteListenerCommand({ ListenerArn }));
  });
});

describe("what a listener cannot have is refused", () => {
  test.each<[string, () => Promise<unknown>, string]>([
    [
      "HTTPS without a certificate",
      () => https({ Certificates: undefined }),
      "ValidationError: A certificate must be specified for HTTPS listeners",
    ],
    [
      "two certificates at once",
      () => https({ Certificates: [{ CertificateArn: first }, { CertificateArn: second }] }),
      "TooManyCertificatesException: ",
    ],
    [
      "a certificate that is marked as the default",
      () => https({ Certificates: [{ CertificateArn: first, IsDefault: true }] }),
      "ValidationError: ",
    ],
    ["one without an ARN", () => https({ Certificates: [{ IsDefault: false }] }), "ValidationError: A certificate ARN must be specified"],
    [
      "one that is not there",
      () => https({ Certificates: [{ CertificateArn: `${first}0` }] }),
      "CertificateNotFoundException: Certificate '",
    ],
    [
      "what is no ARN",
      () => https({ Certificates: [{ CertificateArn: "shop" }] }),
      "CertificateNotFoundException: Certificate 'shop' not found",
    ],
    [
      "an unknown policy",
      () => https({ SslPolicy: "ELBSecurityPolicy-1999-01" }),
      "SSLPolicyNotFoundException: SSL policy 'ELBSecurityPolicy-1999-01' not found",
    ],
    ["an ALPN policy", () => https({ AlpnPolicy: ["HTTP2Only"] }), "ALPNPolicyNotSupportedException: "],
    [
      "a certificate on HTTP",
      () => create({ Protocol: "HTTP", Certificates: [{ CertificateArn: first }] }),
      "ValidationError: Certificates cannot be specified for HTTP listeners",
    ],
    [
      "a policy on HTTP",
      () => create({ Protocol: "HTTP", SslPolicy: "ELBSecurityPolicy-2016-08" }),
      "ValidationError: An SSL policy cannot be specified for HTTP listeners",
    ],
    [
      "clients checked on HTTP",
      () => create({ Protocol: "HTTP", MutualAuthentication: { Mode: "passthrough" } }),
      "ValidationError: Mutual authentication cannot",
    ],
    [
      "clients checked by nobody knows whom",
      () => https({ MutualAuthentication: { Mode: "verify" } }),
      "ValidationError: A trust store ARN must be specified",
    ],
    [
      "another way of checking",
      () => https({ MutualAuthentication: { Mode: "maybe" } }),
      "ValidationError: Mutual authentication mode 'maybe' must be one of 'off, passthrough, verify'",
    ],
    [
      "no way of checking",
      () => https({ MutualAuthentication: { TrustStoreArn: "x" } }),
      "ValidationError: A mutual authentication mode must be specified",
    ],
    [
      "who ignores expiry without checking",
      () => https({ MutualAuthentication: { Mode: "passthrough", IgnoreClientCertificateExpiry: true } }),
      "ValidationError: Client certificates are not checked",
    ],
    [
      "TLS on an application load balancer",
      () => create({ Protocol: "TLS", Certificates: [{ CertificateArn: first }] }),
      "ValidationError: Listener protocol 'TLS' must be one of 'HTTP, HTTPS'",
    ],
  ])("%s", async (_, asked, words) => {
    expect(await refusal(asked())).toContain(words);
  });

  test("certificates of other accounts and regions, and those whose keys are too short", async () => {
    const foreign = await imported("foreign.test", { keys: FOREIGN_KEYS });
    const elsewhere = await imported("elsewhere.test", { region: "eu-west-1" });
    const short = await imported("short.test", { key: 1024 });
    expect(await refusal(https({ Certificates: [{ CertificateArn: foreign }] }))).toBe(
      `CertificateNotFoundException: Certificate '${foreign}' not found`,
    );
    expect(await refusal(https({ Certificates: [{ CertificateArn: elsewhere }] }))).toBe(
      `CertificateNotFoundException: Certificate '${elsewhere}' not found`,
    );
    expect(await refusal(https({ Certificates: [{ CertificateArn: short }] }))).toContain("UnsupportedCertificate");
    const listener = await https();
    for (const CertificateArn of [foreign, elsewhere, short])
      expect(
        await refusal(
          client.send(new elb.AddListenerCertificatesCommand({ ListenerArn: listener?.ListenerArn, Certificates: [{ CertificateArn }] })),
        ),
      ).not.toBe("taken");
    expect(await shown(listener?.ListenerArn)).toEqual(["first true"]);
  });

  test("policies of FIPS beside others, on one load balancer", async () => {
    const { LoadBalancers } = await client.send(new elb.CreateLoadBalancerCommand({ Name: "fips", Subnets: [...network(api).subnets] }));
    const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn;
    const made = await https({ LoadBalancerArn, SslPolicy: "ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04" });
    expect(await refusal(https({ LoadBalancerArn }))).toMatch(/^InvalidConfigurationRequest.*FIPS/);
    expect(await modify(made?.ListenerArn, { SslPolicy: "ELBSecurityPolicy-2016-08" })).toMatchObject({
      SslPolicy: "ELBSecurityPolicy-2016-08",
    });
  });

  test("further certificates of a listener that shows none", async () => {
    const add = client.send(
      new elb.AddListenerCertificatesCommand({ ListenerArn: world.listener, Certificates: [{ CertificateArn: first }] }),
    );
    expect(await refusal(add)).toBe("ValidationError: Certificates cannot be specified for HTTP listeners");
  });
});

test("a TLS listener of a network load balancer has a certificate, a policy and an ALPN policy", async () => {
  const { LoadBalancers } = await client.send(
    new elb.CreateLoadBalancerCommand({ Name: "net", Type: "network", Subnets: [...network(api).subnets] }),
  );
  const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn;
  const { TargetGroups } = await client.send(
    new elb.CreateTargetGroupCommand({ Name: "net-tg", Protocol: "TCP", Port: 80, VpcId: network(api).vpc, TargetType: "ip" }),
  );
  const DefaultActions = [{ Type: "forward", TargetGroupArn: TargetGroups?.[0]?.TargetGroupArn } as const];
  const made = await create({
    LoadBalancerArn,
    Protocol: "TLS",
    DefaultActions,
    Certificates: [{ CertificateArn: first }],
    AlpnPolicy: ["HTTP2Preferred"],
  });
  expect(made).toMatchObject({
    Protocol: "TLS",
    AlpnPolicy: ["HTTP2Preferred"],
    SslPolicy: "ELBSecurityPolicy-2016-08",
    Certificates: [{ CertificateArn: first }],
  });
  expect(made?.MutualAuthentication).toBeUndefined();
  const tls = { LoadBalancerArn, Protocol: "TLS", DefaultActions, Certificates: [{ CertificateArn: first }] } as const;
  expect(await refusal(create({ ...tls, Certificates: [{ CertificateArn: first }], AlpnPolicy: ["HTTP3"] }))).toContain(
    "ALPNPolicyNotSupported",
  );
  expect(
    await refusal(create({ ...tls, Certificates: [{ CertificateArn: first }], MutualAuthentication: { Mode: "passthrough" } })),
  ).toContain("only on HTTPS listeners");
});
