import {
  ChangeCidrCollectionCommand,
  ChangeResourceRecordSetsCommand,
  CreateCidrCollectionCommand,
  CreateHostedZoneCommand,
  DeleteCidrCollectionCommand,
  GetChangeCommand,
  ListCidrBlocksCommand,
  ListCidrCollectionsCommand,
  ListCidrLocationsCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type Change,
  type CidrCollectionChange,
} from "@aws-sdk/client-route-53";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { resolveOnHost } from "../../control/name-resolution/resolve.ts";
import { apiWorld, FOREIGN_KEYS, type ApiWorld, type Keys } from "../../testing/api-world.ts";

const r53 = (api: ApiWorld, keys?: Keys): Route53Client => api.client(Route53Client, "us-east-1", keys);
const put = (LocationName: string, ...CidrList: string[]): CidrCollectionChange => ({ LocationName, Action: "PUT", CidrList });
const remove = (LocationName: string, ...CidrList: string[]): CidrCollectionChange => ({
  ...{ LocationName, Action: "DELETE_IF_EXISTS", CidrList },
});
const change = (Id: string, ...Changes: CidrCollectionChange[]) => new ChangeCidrCollectionCommand({ Id, Changes });
const forLocation = (CollectionId: string, LocationName: string, Value: string, Action: Change["Action"] = "CREATE"): Change => ({
  Action,
  ResourceRecordSet: {
    ...{ Name: "www.example.com", Type: "A", TTL: 60, SetIdentifier: LocationName, ResourceRecords: [{ Value }] },
    CidrRoutingConfig: { CollectionId, LocationName },
  },
});

async function collectionOf(api: ApiWorld, Name = "offices"): Promise<string> {
  const { Collection } = await r53(api).send(new CreateCidrCollectionCommand({ Name, CallerReference: "one" }));
  return Collection?.Id ?? "";
}

async function zoneOf(api: ApiWorld): Promise<string> {
  const { HostedZone } = await r53(api).send(new CreateHostedZoneCommand({ Name: "example.com", CallerReference: "one" }));
  return HostedZone?.Id ?? "";
}

async function blocksOf(api: ApiWorld, CollectionId: string): Promise<readonly string[]> {
  const { CidrBlocks = [] } = await r53(api).send(new ListCidrBlocksCommand({ CollectionId }));
  return CidrBlocks.map(({ CidrBlock, LocationName }) => `${LocationName} ${CidrBlock}`);
}

test("who asks is answered by the location of the longest prefix, and everybody else by the default", async () => {
  await using api = await apiWorld();
  const id = await collectionOf(api);
  await r53(api).send(change(id, put("all", "10.0.0.0/8"), put("berlin", "10.1.0.0/16", "192.0.2.0/24", "2001:db8::/32")));
  const zone = await zoneOf(api);
  const answer = (client: string): unknown => {
    const found = resolveOnHost({ state: api.state, chance: () => 0 }, "127.0.0.1")({ name: "www.example.com.", type: "A" }, client);
    return found.kind === "reply" ? found.answers.map(({ data }) => (data.type === "A" ? data.address : data.type)) : found.kind;
  };
  const sets = [forLocation(id, "berlin", "203.0.113.1"), forLocation(id, "all", "203.0.113.2")];
  await r53(api).send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zone, ChangeBatch: { Changes: sets } }));
  expect(["10.1.2.3", "192.0.2.9", "10.2.0.1", "2001:db8::9", "203.0.113.9"].map(answer)).toEqual([
    ...[["203.0.113.1"], ["203.0.113.1"], ["203.0.113.2"], ["203.0.113.1"], []],
  ]);
  const rest = [forLocation(id, "*", "203.0.113.3")];
  await r53(api).send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zone, ChangeBatch: { Changes: rest } }));
  expect(["203.0.113.9", "10.2.0.1"].map(answer)).toEqual([["203.0.113.3"], ["203.0.113.2"]]);
  await r53(api).send(change(id, remove("berlin", "10.1.0.0/16")));
  expect(answer("10.1.2.3")).toEqual(["203.0.113.2"]);
  const { ResourceRecordSets = [] } = await r53(api).send(new ListResourceRecordSetsCommand({ HostedZoneId: zone }));
  expect(ResourceRecordSets.flatMap(({ CidrRoutingConfig }) => CidrRoutingConfig ?? [])).toContainEqual({
    ...{ CollectionId: id, LocationName: "berlin" },
  });
});

test("a collection changes whole or not at all, and counts its versions", async () => {
  await using api = await apiWorld();
  const client = r53(api);
  const id = await collectionOf(api);
  const { Id } = await client.send(change(id, put("a", "10.0.0.0/8", "2001:DB8::/32"), put("b", "192.0.2.0/24")));
  expect((await client.send(new GetChangeCommand({ Id }))).ChangeInfo?.Status).toBe("INSYNC");
  const all = ["a 10.0.0.0/8", "a 2001:db8::/32", "b 192.0.2.0/24"];
  expect(await blocksOf(api, id)).toEqual(all);
  const refused: readonly (readonly [CidrCollectionChange, string])[] = [
    [put("b", "10.0.0.0/8"), "CidrBlockInUseException"],
    [put("b", "10.0.0.1/8"), "InvalidInput"],
    [put("b", "10.0.0.0/25"), "InvalidInput"],
    [put("b", "0.0.0.0/0"), "InvalidInput"],
    [put("b", "2001:db8::/49"), "InvalidInput"],
    [put("b", "office"), "InvalidInput"],
  ];
  for (const [one, name] of refused)
    await expect(client.send(change(id, put("c", "198.51.100.0/24"), one))).rejects.toMatchObject({ name });
  expect(await blocksOf(api, id)).toEqual(all);
  const stale = new ChangeCidrCollectionCommand({ Id: id, CollectionVersion: 1, Changes: [put("c", "198.51.100.0/24")] });
  await expect(client.send(stale)).rejects.toMatchObject({ name: "CidrCollectionVersionMismatchException" });
  await client.send(change(id, remove("b", "10.0.0.0/8", "192.0.2.0/24"), put("c", "192.0.2.0/24")));
  expect(await blocksOf(api, id)).toEqual([...all.slice(0, 2), "c 192.0.2.0/24"]);
  const { CidrLocations } = await client.send(new ListCidrLocationsCommand({ CollectionId: id }));
  expect(CidrLocations).toEqual([{ LocationName: "a" }, { LocationName: "c" }]);
  const { CidrCollections } = await client.send(new ListCidrCollectionsCommand({}));
  expect(CidrCollections).toEqual([{ Id: id, Name: "offices", Version: 3, Arn: `arn:aws:route53:::cidrcollection/${id}` }]);
  const gone = new ListCidrBlocksCommand({ CollectionId: id, LocationName: "b" });
  await expect(client.send(gone)).rejects.toMatchObject({ name: "NoSuchCidrLocationException" });
  const many = Array.from({ length: 1000 }, (_, at) => `11.${at >> 8}.${at & 255}.0/24`);
  await expect(client.send(change(id, put("d", ...many)))).rejects.toMatchObject({ name: "LimitsExceeded" });
});

test("a name is one collection's, however often it is asked for in the same words", async () => {
  await using api = await apiWorld();
  const id = await collectionOf(api);
  expect(await collectionOf(api)).toBe(id);
  const other = new CreateCidrCollectionCommand({ Name: "offices", CallerReference: "two" });
  await expect(r53(api).send(other)).rejects.toMatchObject({ name: "CidrCollectionAlreadyExistsException" });
  for (const name of ["b", "c", "d", "e"]) await collectionOf(api, name);
  await expect(collectionOf(api, "f")).rejects.toMatchObject({ name: "LimitsExceeded" });
});

test("one that has blocks or record sets is not deleted, and nobody else's is seen", async () => {
  await using api = await apiWorld();
  const client = r53(api);
  const id = await collectionOf(api);
  const zone = await zoneOf(api);
  const batch = (...Changes: Change[]) => new ChangeResourceRecordSetsCommand({ HostedZoneId: zone, ChangeBatch: { Changes } });
  const deletion = new DeleteCidrCollectionCommand({ Id: id });
  await client.send(batch(forLocation(id, "*", "203.0.113.1")));
  await expect(client.send(deletion)).rejects.toMatchObject({ name: "CidrCollectionInUseException" });
  const second = await collectionOf(api, "second");
  await client.send(change(second, put("x", "10.0.0.0/8")));
  await expect(client.send(batch(forLocation(second, "x", "203.0.113.1")))).rejects.toThrow("must be of the same CIDR collection");
  await expect(client.send(batch(forLocation(id, "nowhere", "203.0.113.1")))).rejects.toThrow("nowhere does not exist");
  await expect(client.send(new DeleteCidrCollectionCommand({ Id: second }))).rejects.toMatchObject({
    name: "CidrCollectionInUseException",
  });
  const wrong = batch(forLocation("00000000-0000-0000-0000-000000000000", "*", "203.0.113.1", "DELETE"));
  await expect(client.send(wrong)).rejects.toThrow("do not match the current values");
  await client.send(batch(forLocation(id, "*", "203.0.113.1", "DELETE")));

  const foreign = r53(api, FOREIGN_KEYS);
  for (const command of [deletion, change(id, put("a", "10.0.0.0/8")), new ListCidrBlocksCommand({ CollectionId: id })])
    await expect(foreign.send(command as never)).rejects.toMatchObject({ name: "NoSuchCidrCollectionException" });
  const theirs = await foreign.send(new CreateHostedZoneCommand({ Name: "example.org", CallerReference: "one" }));
  const stolen = { ...forLocation(id, "*", "203.0.113.1") };
  const Changes = [{ ...stolen, ResourceRecordSet: { ...stolen.ResourceRecordSet, Name: "example.org" } } as Change];
  await expect(
    foreign.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: theirs.HostedZone?.Id, ChangeBatch: { Changes } })),
  ).rejects.toThrow(`The CIDR collection ${id} does not exist.`);

  await client.send(deletion);
  await expect(client.send(deletion)).rejects.toMatchObject({ name: "NoSuchCidrCollectionException" });
});

test("in a private zone nobody is told apart by an address", async () => {
  await using api = await apiWorld();
  const id = await collectionOf(api);
  const { Vpcs } = await api.client(EC2Client, "us-east-1").send(new DescribeVpcsCommand({}));
  const VPC = { VPCId: Vpcs?.[0]?.VpcId, VPCRegion: "us-east-1" as const };
  const zone = await r53(api).send(new CreateHostedZoneCommand({ Name: "example.com", CallerReference: "p", VPC }));
  const Changes = [forLocation(id, "*", "203.0.113.1")];
  await expect(
    r53(api).send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zone.HostedZone?.Id, ChangeBatch: { Changes } })),
  ).rejects.toThrow("not supported in private hosted zones");
});
