import {
  AssociateVPCWithHostedZoneCommand,
  ChangeResourceRecordSetsCommand,
  ChangeTagsForResourceCommand,
  CreateHostedZoneCommand,
  CreateVPCAssociationAuthorizationCommand,
  DeleteHostedZoneCommand,
  DisassociateVPCFromHostedZoneCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  GetHostedZoneCountCommand,
  GetHostedZoneLimitCommand,
  ListHostedZonesByNameCommand,
  ListHostedZonesByVPCCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  ListTagsForResourceCommand,
  Route53Client,
  TestDNSAnswerCommand,
  UpdateHostedZoneCommentCommand,
  type Change,
  type CreateHostedZoneCommandInput,
  type ResourceRecordSet,
  type VPC,
} from "@aws-sdk/client-route-53";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateLoadBalancerCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { DescribeSubnetsCommand } from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../drivers/system/clock.ts";
import { changes, hostedZones, recordSets } from "../../state/route53.ts";
import { apiWorld, FOREIGN_KEYS, type ApiWorld, type Keys } from "../../testing/api-world.ts";

const r53 = (api: ApiWorld, keys?: Keys): Route53Client => api.client(Route53Client, "us-east-1", keys);

async function zoneOf(api: ApiWorld, input: Partial<CreateHostedZoneCommandInput> = {}, keys?: Keys): Promise<string> {
  const made = await r53(api, keys).send(
    new CreateHostedZoneCommand({ Name: "example.com", CallerReference: input.Name ?? "first", ...input }),
  );
  return made.HostedZone?.Id ?? "";
}

async function defaultVpc(api: ApiWorld, keys?: Keys): Promise<VPC> {
  const { Vpcs } = await api.client(EC2Client, "us-east-1", keys).send(new DescribeVpcsCommand({}));
  return { VPCId: Vpcs?.[0]?.VpcId, VPCRegion: "us-east-1" };
}

const change = (HostedZoneId: string, ...Changes: Change[]) =>
  new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } });
const create = (ResourceRecordSet: ResourceRecordSet): Change => ({ Action: "CREATE", ResourceRecordSet });
const a = (Name: string, ...values: string[]): ResourceRecordSet => ({
  ...{ Name, Type: "A", TTL: 60 },
  ResourceRecords: values.map((Value) => ({ Value })),
});

describe("a public hosted zone", () => {
  test("has four name servers, and the records of a zone", async () => {
    await using api = await apiWorld();
    const made = await r53(api).send(
      new CreateHostedZoneCommand({ Name: "Example.COM", CallerReference: "one", HostedZoneConfig: { Comment: "shop" } }),
    );
    const Id = made.HostedZone?.Id ?? "";
    const zone = {
      ...{ Id, Name: "example.com.", CallerReference: "one" },
      ...{ Config: { PrivateZone: false, Comment: "shop" }, ResourceRecordSetCount: 2 },
    };
    expect(Id).toMatch(/^\/hostedzone\/Z[0-9A-Z]{20}$/);
    expect(made).toMatchObject({ HostedZone: zone, ChangeInfo: { Status: "PENDING" }, Location: expect.stringContaining(Id) });
    expect(new Set(made.DelegationSet?.NameServers).size).toBe(4);
    const found = await r53(api).send(new GetHostedZoneCommand({ Id }));
    expect(found).toMatchObject({ HostedZone: zone, DelegationSet: made.DelegationSet });
    const { ResourceRecordSets } = await r53(api).send(new ListResourceRecordSetsCommand({ HostedZoneId: Id }));
    expect(ResourceRecordSets).toMatchObject([
      {
        ...{ Name: "example.com.", Type: "NS", TTL: 172_800 },
        ResourceRecords: made.DelegationSet?.NameServers?.map((Value) => ({ Value: `${Value}.` })),
      },
      { Name: "example.com.", Type: "SOA", TTL: 900 },
    ]);
    expect(api.defects).toEqual([]);
  });

  test("is in effect once its change is asked for", async () => {
    await using api = await apiWorld();
    const { ChangeInfo } = await r53(api).send(change(await zoneOf(api), create(a("www.example.com", "192.0.2.1"))));
    expect(ChangeInfo?.Status).toBe("PENDING");
    expect((await r53(api).send(new GetChangeCommand({ Id: ChangeInfo?.Id }))).ChangeInfo).toEqual({ ...ChangeInfo, Status: "INSYNC" });
    await expect(r53(api).send(new GetChangeCommand({ Id: "CNOBODY" }))).rejects.toMatchObject({ name: "NoSuchChange" });
  });

  test("is deleted when nothing but its first records is in it", async () => {
    await using api = await apiWorld();
    const HostedZoneId = await zoneOf(api);
    const set = a("www.example.com", "192.0.2.1");
    await r53(api).send(change(HostedZoneId, create(set)));
    await expect(r53(api).send(new DeleteHostedZoneCommand({ Id: HostedZoneId }))).rejects.toMatchObject({
      name: "HostedZoneNotEmpty",
      message: "The specified hosted zone contains non-required resource record sets  and so cannot be deleted.",
    });
    await r53(api).send(change(HostedZoneId, { Action: "DELETE", ResourceRecordSet: set }));
    await r53(api).send(new DeleteHostedZoneCommand({ Id: HostedZoneId }));
    await expect(r53(api).send(new GetHostedZoneCommand({ Id: HostedZoneId }))).rejects.toMatchObject({
      name: "NoSuchHostedZone",
      message: `No hosted zone found with ID: ${HostedZoneId.replace("/hostedzone/", "")}`,
      $metadata: { httpStatusCode: 404 },
    });
  });

  test("has a comment that comes and goes", async () => {
    await using api = await apiWorld();
    const Id = await zoneOf(api);
    const commented = await r53(api).send(new UpdateHostedZoneCommentCommand({ Id, Comment: "mine" }));
    expect(commented.HostedZone?.Config).toEqual({ PrivateZone: false, Comment: "mine" });
    expect((await r53(api).send(new UpdateHostedZoneCommentCommand({ Id }))).HostedZone?.Config).toEqual({ PrivateZone: false });
  });

  test.each<[string, Partial<CreateHostedZoneCommandInput>, string, string]>([
    ["a reference that was used", { Name: "example.org" }, "HostedZoneAlreadyExists", "caller reference"],
    ["a top-level domain", { Name: "com", CallerReference: "b" }, "InvalidDomainName", "com"],
    ["this host's names", { Name: "us-east-1.elb.LOCALHOST", CallerReference: "b" }, "InvalidDomainName", "reserved by AWS"],
    ["names of private addresses", { Name: "ec2.internal", CallerReference: "b" }, "InvalidDomainName", "reserved by AWS"],
    [
      "names of private addresses elsewhere",
      { Name: "us-west-2.compute.internal", CallerReference: "b" },
      "InvalidDomainName",
      "reserved by AWS",
    ],
    ["Amazon's names", { Name: "ecr.us-east-1.amazonaws.com", CallerReference: "b" }, "InvalidDomainName", "reserved by AWS"],
    [
      "an empty label",
      { Name: "a..com", CallerReference: "b" },
      "InvalidDomainName",
      "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'a..com'",
    ],
    ["a private zone without a VPC", { CallerReference: "b", HostedZoneConfig: { PrivateZone: true } }, "InvalidInput", "VPCId"],
    ["a VPC that is not there", { CallerReference: "b", VPC: { VPCId: "vpc-1", VPCRegion: "us-east-1" } }, "InvalidVPCId", "vpc-1"],
    ["a VPC without its region", { CallerReference: "b", VPC: { VPCId: "vpc-1" } }, "InvalidInput", "VPCRegion"],
    ["a delegation set that is not there", { CallerReference: "b", DelegationSetId: "N1" }, "NoSuchDelegationSet", "N1"],
  ])("is refused with %s", async (_, input, name, message) => {
    await using api = await apiWorld();
    await zoneOf(api, { CallerReference: "used" });
    await expect(zoneOf(api, { CallerReference: "used", ...input })).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message) as string,
    });
  });
});

test("zones are listed by id, and by name with the labels from the right, page by page", async () => {
  await using api = await apiWorld();
  const names = ["b.example.com", "example.org", "example.com", "a.example.com"];
  for (const Name of names) await zoneOf(api, { Name });
  const listed = await r53(api).send(new ListHostedZonesCommand({ MaxItems: 3 }));
  expect(listed).toMatchObject({ IsTruncated: true, MaxItems: 3 });
  const rest = await r53(api).send(new ListHostedZonesCommand({ Marker: listed.NextMarker }));
  expect(rest).toMatchObject({ IsTruncated: false });
  const all = [...(listed.HostedZones ?? []), ...(rest.HostedZones ?? [])];
  expect(new Set(all.map(({ Name = "" }) => Name.slice(0, -1)))).toEqual(new Set(names));
  const byName = await r53(api).send(new ListHostedZonesByNameCommand({ MaxItems: 3 }));
  expect(byName.HostedZones?.map(({ Name }) => Name)).toEqual(["example.com.", "a.example.com.", "b.example.com."]);
  expect(byName).toMatchObject({ IsTruncated: true, NextDNSName: "example.org." });
  const from = await r53(api).send(
    new ListHostedZonesByNameCommand({ DNSName: byName.NextDNSName, HostedZoneId: byName.NextHostedZoneId }),
  );
  expect(from.HostedZones?.map(({ Name }) => Name)).toEqual(["example.org."]);
  expect((await r53(api).send(new GetHostedZoneCountCommand({}))).HostedZoneCount).toBe(4);
  await expect(r53(api).send(new ListHostedZonesCommand({ MaxItems: 0 }))).rejects.toMatchObject({ name: "InvalidInput" });
});

describe("record sets", () => {
  test("are listed by name, type and identifier, page by page", async () => {
    await using api = await apiWorld();
    const zone = await zoneOf(api);
    const weighted = (SetIdentifier: string): ResourceRecordSet => ({ ...a("www.example.com", "192.0.2.1"), SetIdentifier, Weight: 1 });
    const sets = [weighted("b"), weighted("a"), a("*.example.com", "192.0.2.2"), a("a.example.com", "192.0.2.3")];
    await r53(api).send(change(zone, ...sets.map(create)));
    const shown: string[] = [];
    const show = (page: { readonly ResourceRecordSets?: readonly ResourceRecordSet[] | undefined }): void => {
      for (const { Name, Type, SetIdentifier = "" } of page.ResourceRecordSets ?? []) shown.push(`${Name} ${Type} ${SetIdentifier}`.trim());
    };
    const first = await r53(api).send(new ListResourceRecordSetsCommand({ HostedZoneId: zone, MaxItems: 5 }));
    show(first);
    expect(first).toMatchObject({
      ...{ IsTruncated: true, MaxItems: 5 },
      ...{ NextRecordName: "www.example.com.", NextRecordType: "A", NextRecordIdentifier: "b" },
    });
    const { NextRecordName: StartRecordName, NextRecordType: StartRecordType, NextRecordIdentifier: StartRecordIdentifier } = first;
    show(
      await r53(api).send(
        new ListResourceRecordSetsCommand({ HostedZoneId: zone, StartRecordName, StartRecordType, StartRecordIdentifier }),
      ),
    );
    expect(shown).toEqual([
      "example.com. NS",
      "example.com. SOA",
      "\\052.example.com. A",
      "a.example.com. A",
      "www.example.com. A a",
      "www.example.com. A b",
    ]);
  });

  test("come back as they were sent", async () => {
    await using api = await apiWorld();
    const zone = await zoneOf(api);
    const sent: ResourceRecordSet[] = [
      {
        Name: "geo.example.com.",
        Type: "A",
        SetIdentifier: "de",
        GeoLocation: { CountryCode: "DE" },
        TTL: 5,
        ResourceRecords: [{ Value: "192.0.2.1" }],
      },
      { Name: "mail.example.com.", Type: "MX", TTL: 0, ResourceRecords: [{ Value: "10 mx.example.com" }] },
      { Name: "txt.example.com.", Type: "TXT", TTL: 300, ResourceRecords: [{ Value: '"a b" "<c> & d"' }] },
    ];
    await r53(api).send(change(zone, ...sent.map(create)));
    const { ResourceRecordSets } = await r53(api).send(
      new ListResourceRecordSetsCommand({ HostedZoneId: zone, StartRecordName: "geo.example.com" }),
    );
    expect(ResourceRecordSets).toEqual(sent);
  });

  test("change all together, or not at all", async () => {
    await using api = await apiWorld();
    const zone = await zoneOf(api);
    await r53(api).send(change(zone, create(a("www.example.com", "192.0.2.1"))));
    const batch = change(zone, create(a("new.example.com", "192.0.2.1")), create(a("www.example.com", "192.0.2.2")));
    const message = "Tried to create resource record set [name='www.example.com.', type='A'] but it already exists";
    await expect(r53(api).send(batch)).rejects.toMatchObject({ name: "InvalidChangeBatch", message: `[${message}]`, messages: [message] });
    const { HostedZone } = await r53(api).send(new GetHostedZoneCommand({ Id: zone }));
    expect(HostedZone?.ResourceRecordSetCount).toBe(3);
  });

  const MANY = Array.from({ length: 501 }, (_, at) => ({
    Action: "UPSERT" as const,
    ResourceRecordSet: a(`h${at}.example.com`, "192.0.2.1"),
  }));

  test.each<[string, readonly Change[], string, string]>([
    [
      "a value of another type",
      [create(a("www.example.com", "here"))],
      "InvalidChangeBatch",
      "[Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with 'here'']",
    ],
    [
      "a value twice",
      [create(a("www.example.com", "192.0.2.1", "192.0.2.1"))],
      "InvalidChangeBatch",
      "[Duplicate Resource Record: '192.0.2.1']",
    ],
    [
      "a name that is none",
      [create(a("www..example.com", "192.0.2.1"))],
      "InvalidChangeBatch",
      "[FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'www..example.com']",
    ],
    [
      "neither values nor an alias",
      [create({ Name: "www.example.com", Type: "A" })],
      "InvalidInput",
      "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with [Action=CREATE, Name=www.example.com, Type=A, SetIdentifier=null]",
    ],
    [
      "a weight without an identifier",
      [create({ ...a("www.example.com", "192.0.2.1"), Weight: 1 })],
      "InvalidInput",
      "Missing field 'SetIdentifier'",
    ],
    [
      "an identifier without a policy",
      [create({ ...a("www.example.com", "192.0.2.1"), SetIdentifier: "a" })],
      "InvalidInput",
      "found none",
    ],
    [
      "two policies",
      [create({ ...a("www.example.com", "192.0.2.1"), SetIdentifier: "a", Weight: 1, Region: "us-east-1" })],
      "InvalidInput",
      "found more than one",
    ],
    ["a health check that is not there", [create({ ...a("www.example.com", "192.0.2.1"), HealthCheckId: "x" })], "NoSuchHealthCheck", "x"],
    [
      "a traffic policy",
      [create({ Name: "www.example.com", Type: "A", TrafficPolicyInstanceId: "x" })],
      "InvalidInput",
      "DeleteTrafficPolicyInstance alone",
    ],
    [
      "a policy that is not carried out",
      [create({ ...a("www.example.com", "192.0.2.1"), SetIdentifier: "a", GeoProximityLocation: { AWSRegion: "us-east-1" } })],
      "InvalidInput",
      "geoproximity",
    ],
    ["more records than a batch may have", MANY, "InvalidChangeBatch", "[Number of records limit of 1000 exceeded.]"],
    ["no change", [], "InvalidInput", "hanges"],
  ])("are refused with %s", async (_, Changes, name, message) => {
    await using api = await apiWorld();
    await expect(r53(api).send(change(await zoneOf(api), ...Changes))).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message) as string,
    });
    expect(api.defects).toEqual([]);
  });

  test("are aliases of load balancers of the account, by the zone that those have", async () => {
    await using api = await apiWorld();
    const { Subnets = [] } = await api.client(EC2Client).send(new DescribeSubnetsCommand({}));
    const subnets = Subnets.slice(0, 2).map(({ SubnetId = "" }) => SubnetId);
    const { LoadBalancers } = await api
      .client(ElasticLoadBalancingV2Client)
      .send(new CreateLoadBalancerCommand({ Name: "web", Subnets: subnets }));
    const { DNSName = "", CanonicalHostedZoneId = "" } = LoadBalancers?.[0] ?? {};
    const alias = (HostedZoneId: string, name: string): Change =>
      create({ Name: "example.com", Type: "A", AliasTarget: { HostedZoneId, DNSName: name, EvaluateTargetHealth: true } });
    const zone = await zoneOf(api);
    await expect(r53(api).send(change(zone, alias("Z368ELLRRE2KJ0", DNSName)))).rejects.toMatchObject({ name: "InvalidChangeBatch" });
    await expect(r53(api).send(change(zone, alias(CanonicalHostedZoneId, `x${DNSName}`)))).rejects.toMatchObject({
      name: "InvalidChangeBatch",
    });
    await r53(api).send(change(zone, alias(CanonicalHostedZoneId, `dualstack.${DNSName}`)));
    const foreign = await zoneOf(api, {}, FOREIGN_KEYS);
    await expect(r53(api, FOREIGN_KEYS).send(change(foreign, alias(CanonicalHostedZoneId, DNSName)))).rejects.toMatchObject({
      name: "InvalidChangeBatch",
    });
  });
});

describe("a private hosted zone", () => {
  test("is seen in its VPCs, each once for a name", async () => {
    await using api = await apiWorld();
    const vpc = await defaultVpc(api);
    const { Vpcs } = await api.client(EC2Client, "eu-west-1").send(new DescribeVpcsCommand({}));
    const other: VPC = { VPCId: Vpcs?.[0]?.VpcId, VPCRegion: "eu-west-1" };
    const Id = await zoneOf(api, { Name: "internal", VPC: vpc });
    const found = await r53(api).send(new GetHostedZoneCommand({ Id }));
    expect(found).toMatchObject({ HostedZone: { Name: "internal.", Config: { PrivateZone: true } }, VPCs: [vpc] });
    expect(found.DelegationSet).toBeUndefined();
    await expect(zoneOf(api, { Name: "internal", CallerReference: "again", VPC: vpc })).rejects.toMatchObject({
      name: "ConflictingDomainExists",
    });
    await r53(api).send(new AssociateVPCWithHostedZoneCommand({ HostedZoneId: Id, VPC: other }));
    const seen = await r53(api).send(new ListHostedZonesByVPCCommand({ VPCId: other.VPCId, VPCRegion: "eu-west-1" }));
    expect(seen.HostedZoneSummaries).toEqual([
      { HostedZoneId: Id.replace("/hostedzone/", ""), Name: "internal.", Owner: { OwningAccount: "123456789012" } },
    ]);
    const limit = await r53(api).send(new GetHostedZoneLimitCommand({ HostedZoneId: Id, Type: "MAX_VPCS_ASSOCIATED_BY_ZONE" }));
    expect(limit).toMatchObject({ Count: 2, Limit: { Value: 300 } });
    await r53(api).send(new DisassociateVPCFromHostedZoneCommand({ HostedZoneId: Id, VPC: vpc }));
    await expect(r53(api).send(new DisassociateVPCFromHostedZoneCommand({ HostedZoneId: Id, VPC: vpc }))).rejects.toMatchObject({
      name: "VPCAssociationNotFound",
    });
    await expect(r53(api).send(new DisassociateVPCFromHostedZoneCommand({ HostedZoneId: Id, VPC: other }))).rejects.toMatchObject({
      name: "LastVPCAssociation",
    });
  });

  test("a public one is seen everywhere, and associated with nothing", async () => {
    await using api = await apiWorld();
    const VPC = await defaultVpc(api);
    await expect(r53(api).send(new AssociateVPCWithHostedZoneCommand({ HostedZoneId: await zoneOf(api), VPC }))).rejects.toMatchObject({
      name: "PublicZoneVPCAssociation",
    });
  });

  test("is associated with a VPC of another account when its owner allows that, and by that account alone", async () => {
    await using api = await apiWorld();
    const HostedZoneId = await zoneOf(api, { Name: "internal", VPC: await defaultVpc(api) });
    const VPC = await defaultVpc(api, FOREIGN_KEYS);
    const associate = new AssociateVPCWithHostedZoneCommand({ HostedZoneId, VPC });
    await expect(r53(api, FOREIGN_KEYS).send(associate)).rejects.toMatchObject({ name: "NoSuchHostedZone" });
    await r53(api).send(new CreateVPCAssociationAuthorizationCommand({ HostedZoneId, VPC }));
    await expect(r53(api).send(associate)).rejects.toMatchObject({ name: "InvalidVPCId" });
    await r53(api, FOREIGN_KEYS).send(associate);
    const seen = await r53(api, FOREIGN_KEYS).send(new ListHostedZonesByVPCCommand({ VPCId: VPC.VPCId, VPCRegion: "us-east-1" }));
    expect(seen.HostedZoneSummaries).toMatchObject([{ Name: "internal.", Owner: { OwningAccount: "123456789012" } }]);
    await expect(r53(api, FOREIGN_KEYS).send(new ListResourceRecordSetsCommand({ HostedZoneId }))).rejects.toMatchObject({
      name: "NoSuchHostedZone",
    });
    await r53(api, FOREIGN_KEYS).send(new DisassociateVPCFromHostedZoneCommand({ HostedZoneId, VPC }));
    expect(api.defects).toEqual([]);
  });
});

test("tags are put on a zone and taken off it, ten at most", async () => {
  await using api = await apiWorld();
  const ResourceId = (await zoneOf(api)).replace("/hostedzone/", "");
  const zone = { ResourceType: "hostedzone" as const, ResourceId };
  const tags = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => ({ Key: `k${from + at}`, Value: "" }));
  await r53(api).send(new ChangeTagsForResourceCommand({ ...zone, AddTags: tags(0, 10) }));
  await expect(r53(api).send(new ChangeTagsForResourceCommand({ ...zone, AddTags: tags(10, 11) }))).rejects.toMatchObject({
    name: "InvalidInput",
  });
  await r53(api).send(
    new ChangeTagsForResourceCommand({ ...zone, AddTags: [{ Key: "k0", Value: "v" }], RemoveTagKeys: tags(1, 10).map(({ Key }) => Key) }),
  );
  const { ResourceTagSet } = await r53(api).send(new ListTagsForResourceCommand(zone));
  expect(ResourceTagSet).toEqual({ ...zone, Tags: [{ Key: "k0", Value: "v" }] });
});

test("TestDNSAnswer tells what the name server would, of that zone", async () => {
  await using api = await apiWorld();
  const HostedZoneId = await zoneOf(api);
  const txt: ResourceRecordSet = { Name: "*.example.com", Type: "TXT", TTL: 5, ResourceRecords: [{ Value: '"a b"' }] };
  await r53(api).send(change(HostedZoneId, create(txt), create(a("www.example.com", "192.0.2.1"))));
  const answer = async (RecordName: string, RecordType: "A" | "TXT") => {
    const { RecordData, ResponseCode } = await r53(api).send(new TestDNSAnswerCommand({ HostedZoneId, RecordName, RecordType }));
    return `${ResponseCode} ${RecordData?.join(" ")}`.trim();
  };
  expect([await answer("WWW.example.com", "A"), await answer("x.example.com", "TXT")]).toEqual(["NOERROR 192.0.2.1", 'NOERROR "a b"']);
  expect([await answer("www.example.com", "TXT"), await answer("example.org", "A")]).toEqual(["NOERROR", "REFUSED"]);
  const placed = new TestDNSAnswerCommand({ HostedZoneId, RecordName: "a.example.com", RecordType: "A", ResolverIP: "192.0.2.1" });
  await expect(r53(api).send(placed)).rejects.toMatchObject({ name: "InvalidInput" });
  expect(api.defects).toEqual([]);
});

test("a policy may allow changes of some names, types and actions only", async () => {
  await using api = await apiWorld();
  const zone = await zoneOf(api);
  const keys = api.user("acme", {
    Version: "2012-10-17",
    Statement: [
      {
        ...{
          Effect: "Allow",
          Action: "route53:ChangeResourceRecordSets",
          Resource: `arn:aws:route53::${zone.slice(0, 0)}:${zone.slice(1)}`,
        },
        Condition: {
          "ForAllValues:StringEquals": {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["_acme-challenge.example.com"],
            "route53:ChangeResourceRecordSetsRecordTypes": ["TXT"],
            "route53:ChangeResourceRecordSetsActions": ["CREATE"],
          },
        },
      },
    ],
  });
  const txt = (Name: string): ResourceRecordSet => ({ Name, Type: "TXT", TTL: 5, ResourceRecords: [{ Value: '"x"' }] });
  await r53(api, keys).send(change(zone, create(txt("_ACME-challenge.example.com."))));
  await expect(r53(api, keys).send(change(zone, create(txt("www.example.com"))))).rejects.toMatchObject({ name: "AccessDenied" });
  const upsert: Change = { Action: "UPSERT", ResourceRecordSet: txt("_acme-challenge.example.com") };
  await expect(r53(api, keys).send(change(zone, upsert))).rejects.toMatchObject({ name: "AccessDenied" });
});

test("the aws command line makes a zone, changes it and waits for the change", async () => {
  await using api = await apiWorld();
  const made = await api.aws("route53", "create-hosted-zone", "--name", "example.com", "--caller-reference", "cli");
  const { HostedZone } = JSON.parse(made.stdout) as { readonly HostedZone: { readonly Id: string } };
  const batch = JSON.stringify({ Changes: [create(a("www.example.com", "192.0.2.1"))] });
  const changed = await api.aws("route53", "change-resource-record-sets", "--hosted-zone-id", HostedZone.Id, "--change-batch", batch);
  expect(changed.stderr).toBe("");
  const { ChangeInfo } = JSON.parse(changed.stdout) as { readonly ChangeInfo: { readonly Id: string } };
  expect((await api.aws("route53", "wait", "resource-record-sets-changed", "--id", ChangeInfo.Id)).stderr).toBe("");
  const again = await api.aws("route53", "change-resource-record-sets", "--hosted-zone-id", HostedZone.Id, "--change-batch", batch);
  expect(again.stderr).toContain(
    "(InvalidChangeBatch) when calling the ChangeResourceRecordSets operation: [Tried to create resource record set [name='www.example.com.', type='A'] but it already exists]",
  );
});

test("of an account's changes the latest thousand are told of", async () => {
  await using api = await apiWorld();
  const zone = await zoneOf(api);
  const before = api.state.table(changes).size;
  api.state.commit(() => {
    for (let at = before; at < 1000; at++) api.state.table(changes).insert({ id: `C${at}`, account: "123456789012", submittedAt: at });
  });
  await r53(api).send(change(zone, create(a("www.example.com", "192.0.2.1"))));
  expect(api.state.table(changes).size).toBe(901);
  await expect(r53(api).send(new GetChangeCommand({ Id: `C${before}` }))).rejects.toThrow("Could not find resource");
});

describe("a batch of a thousand changes", () => {
  const many = Array.from({ length: 1000 }, (_, at) => create(a(`n${at}.example.com`, "192.0.2.1")));

  test("is read, checked and made in turns of their own, between which others have theirs", async () => {
    let turns = 0;
    const clock = { ...systemClock, soon: (run: () => void) => ((turns += 1), systemClock.soon(run)) };
    await using api = await apiWorld({ clock });
    const zone = await zoneOf(api);
    await r53(api).send(change(zone, create(a("one.example.com", "192.0.2.1"))));
    expect(turns).toBe(0);
    await r53(api).send(change(zone, ...many));
    expect(turns).toBe(4);
  });

  test("is made in a zone that is still there", async () => {
    let turns = 0;
    const clock = { ...systemClock, soon: (run: () => void) => systemClock.soon(() => (meanwhile((turns += 1)), run())) };
    await using api = await apiWorld({ clock });
    const zone = await zoneOf(api);
    const records = api.state.table(recordSets).size;
    function meanwhile(turn: number): void {
      if (turn === 4) api.state.commit(() => void api.state.table(hostedZones).delete(zone.replace("/hostedzone/", "")));
    }
    await expect(r53(api).send(change(zone, ...many))).rejects.toThrow("No hosted zone found");
    expect(api.state.table(recordSets).size).toBe(records);
  });
});
