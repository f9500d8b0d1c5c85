import {
  CreateHostedZoneCommand,
  CreateReusableDelegationSetCommand,
  DeleteHostedZoneCommand,
  DeleteReusableDelegationSetCommand,
  GetAccountLimitCommand,
  GetHostedZoneCommand,
  GetReusableDelegationSetCommand,
  GetReusableDelegationSetLimitCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  ListReusableDelegationSetsCommand,
  Route53Client,
  type DelegationSet,
} from "@aws-sdk/client-route-53";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { resolveOnHost } from "../../control/name-resolution/resolve.ts";
import { apiWorld, FOREIGN_KEYS, type ApiWorld, type Keys } from "../../testing/api-world.ts";

const r53 = (api: ApiWorld, keys?: Keys): Route53Client => api.client(Route53Client, "us-east-1", keys);
const zone = (Name: string, DelegationSetId?: string) =>
  new CreateHostedZoneCommand({ Name, CallerReference: Name, ...(DelegationSetId === undefined ? {} : { DelegationSetId }) });

async function setOf(api: ApiWorld, CallerReference: string, HostedZoneId?: string): Promise<DelegationSet & { readonly Id: string }> {
  const { DelegationSet: made } = await r53(api).send(new CreateReusableDelegationSetCommand({ CallerReference, HostedZoneId }));
  return { NameServers: [], ...made, Id: made?.Id ?? "" };
}

test("zones of a reusable delegation set have its name servers, which answer until it is gone", async () => {
  await using api = await apiWorld();
  const client = r53(api);
  const set = await setOf(api, "one");
  expect(set).toMatchObject({ CallerReference: "one", NameServers: [1, 2, 3, 4].map(() => expect.stringMatching(/^ns-\d\.n\w{20}\.dns/)) });
  const found = await client.send(new GetReusableDelegationSetCommand({ Id: set.Id.replace("/delegationset/", "") }));
  expect(found.DelegationSet).toEqual(set);
  const made = await client.send(zone("example.com", set.Id));
  expect(made.DelegationSet).toEqual(set);
  await client.send(zone("example.org", set.Id));
  await client.send(zone("example.net"));
  const Id = made.HostedZone?.Id;
  expect((await client.send(new GetHostedZoneCommand({ Id }))).DelegationSet).toEqual(set);
  const { ResourceRecordSets } = await client.send(new ListResourceRecordSetsCommand({ HostedZoneId: Id }));
  expect(ResourceRecordSets?.[0]?.ResourceRecords?.map(({ Value }) => Value)).toEqual(set.NameServers?.map((name) => `${name}.`));
  const { HostedZones } = await client.send(new ListHostedZonesCommand({ DelegationSetId: set.Id }));
  expect(HostedZones?.map(({ Name }) => Name).toSorted()).toEqual(["example.com.", "example.org."]);
  const Type = "MAX_ZONES_BY_REUSABLE_DELEGATION_SET";
  const limit = await client.send(new GetReusableDelegationSetLimitCommand({ DelegationSetId: set.Id, Type }));
  expect([limit.Limit, limit.Count]).toEqual([{ Type, Value: 100 }, 2]);
  const asked = resolveOnHost({ state: api.state, chance: () => 0 }, "127.0.0.1");
  const server = (name = ""): unknown => asked({ name: `${name}.`, type: "A" }, "127.0.0.1");
  expect(server(set.NameServers?.[3])).toMatchObject({ answers: [{ data: { type: "A", address: "127.0.0.1" } }] });

  const remove = new DeleteReusableDelegationSetCommand({ Id: set.Id });
  await expect(client.send(remove)).rejects.toMatchObject({ name: "DelegationSetInUse" });
  for (const { Id: one } of HostedZones ?? []) await client.send(new DeleteHostedZoneCommand({ Id: one }));
  await client.send(remove);
  await expect(client.send(remove)).rejects.toMatchObject({ name: "NoSuchDelegationSet" });
  expect(server(set.NameServers?.[3])).toEqual({ kind: "forward" });
});

test("one that is made of a zone has that zone's name servers, also when the zone is gone", async () => {
  await using api = await apiWorld();
  const client = r53(api);
  const first = await client.send(zone("example.com"));
  const Id = first.HostedZone?.Id;
  const set = await setOf(api, "one", Id);
  expect(set.NameServers).toEqual(first.DelegationSet?.NameServers);
  expect((await client.send(new GetHostedZoneCommand({ Id }))).DelegationSet).toEqual(set);
  await expect(setOf(api, "two", Id)).rejects.toMatchObject({ name: "DelegationSetAlreadyReusable" });
  await client.send(zone("example.org", set.Id));
  await client.send(new DeleteHostedZoneCommand({ Id }));
  const asked = resolveOnHost({ state: api.state, chance: () => 0 }, "127.0.0.1");
  expect(asked({ name: `${set.NameServers?.[0]}.`, type: "A" }, "127.0.0.1")).toMatchObject({ answers: [{}] });
});

test("who delegates to its name servers has one zone there: none of a name above, below or the same", async () => {
  await using api = await apiWorld();
  const client = r53(api);
  const { Id } = await setOf(api, "one");
  await client.send(zone("shop.example.com", Id));
  for (const Name of ["example.com", "a.shop.example.com"])
    await expect(client.send(zone(Name, Id))).rejects.toMatchObject({ name: "ConflictingDomainExists" });
  const again = new CreateHostedZoneCommand({ Name: "shop.example.com", CallerReference: "again", DelegationSetId: Id });
  await expect(client.send(again)).rejects.toMatchObject({ name: "ConflictingDomainExists" });
  await client.send(zone("workshop.example.com", Id));
});

test("what is not there, is another account's, or was given already is refused", async () => {
  await using api = await apiWorld();
  const client = r53(api);
  const other = r53(api, FOREIGN_KEYS);
  const { Id } = await setOf(api, "one");
  await expect(setOf(api, "one")).rejects.toMatchObject({ name: "DelegationSetAlreadyCreated" });
  await expect(setOf(api, "two", "Z0")).rejects.toMatchObject({ name: "HostedZoneNotFound" });
  const { Vpcs } = await api.client(EC2Client, "us-east-1").send(new DescribeVpcsCommand({}));
  const VPC = { VPCId: Vpcs?.[0]?.VpcId, VPCRegion: "us-east-1" as const };
  const hidden = await client.send(new CreateHostedZoneCommand({ Name: "corp", CallerReference: "p", VPC }));
  await expect(setOf(api, "two", hidden.HostedZone?.Id)).rejects.toMatchObject({ name: "InvalidArgument" });
  const foreign = [
    new GetReusableDelegationSetCommand({ Id }),
    new DeleteReusableDelegationSetCommand({ Id }),
    new GetReusableDelegationSetLimitCommand({ DelegationSetId: Id, Type: "MAX_ZONES_BY_REUSABLE_DELEGATION_SET" }),
    new ListHostedZonesCommand({ DelegationSetId: Id }),
    zone("example.com", Id),
  ];
  for (const command of foreign) await expect(other.send(command as never)).rejects.toMatchObject({ name: "NoSuchDelegationSet" });
  const theirs = new CreateReusableDelegationSetCommand({ CallerReference: "x", HostedZoneId: hidden.HostedZone?.Id });
  await expect(other.send(theirs)).rejects.toMatchObject({ name: "HostedZoneNotFound" });
});

test("they are listed page by page, and counted", async () => {
  await using api = await apiWorld();
  const client = r53(api);
  const ids = (await Promise.all(["a", "b", "c"].map((name) => setOf(api, name)))).map(({ Id }) => Id).toSorted();
  const first = await client.send(new ListReusableDelegationSetsCommand({ MaxItems: 2 }));
  expect(first).toMatchObject({ IsTruncated: true, Marker: "", MaxItems: 2 });
  const rest = await client.send(new ListReusableDelegationSetsCommand({ Marker: first.NextMarker }));
  expect([...(first.DelegationSets ?? []), ...(rest.DelegationSets ?? [])].map(({ Id }) => Id)).toEqual(ids);
  expect(rest.IsTruncated).toBe(false);
  const limit = await client.send(new GetAccountLimitCommand({ Type: "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER" }));
  expect([limit.Limit?.Value, limit.Count]).toEqual([100, 3]);
});
