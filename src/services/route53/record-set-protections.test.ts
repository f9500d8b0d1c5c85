import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  CreateResourceRecordSetProtectionsCommand,
  DeleteHostedZoneCommand,
  DeleteResourceRecordSetProtectionsCommand,
  GetDNSSECCommand,
  ListResourceRecordSetProtectionsCommand,
  Route53Client,
  type ChangeAction,
  type ResourceRecordSetProtectionConfig,
  type RRType,
} from "@aws-sdk/client-route-53";
import { expect, test } from "vitest";
import { apiWorld, FOREIGN_KEYS, type ApiWorld, type Keys } from "../../testing/api-world.ts";

const r53 = (api: ApiWorld, keys?: Keys): Route53Client => api.client(Route53Client, "us-east-1", keys);
const of = (RecordName: string, RecordType: RRType = "A", Comment?: string): ResourceRecordSetProtectionConfig => ({
  ...{ RecordName, RecordType },
  ...(Comment === undefined ? {} : { Comment }),
});

async function world() {
  const api = await apiWorld();
  const client = r53(api);
  const { HostedZone } = await client.send(new CreateHostedZoneCommand({ Name: "example.com", CallerReference: "one" }));
  const HostedZoneId = HostedZone?.Id ?? "";
  return {
    ...{ api, client, HostedZoneId },
    protect: (...Protections: ResourceRecordSetProtectionConfig[]) =>
      client.send(new CreateResourceRecordSetProtectionsCommand({ HostedZoneId, Protections })),
    free: (...Protections: ResourceRecordSetProtectionConfig[]) =>
      client.send(new DeleteResourceRecordSetProtectionsCommand({ HostedZoneId, Protections })),
    change: (Action: ChangeAction, Name: string, Type: RRType = "A", value = "192.0.2.1") =>
      client.send(
        new ChangeResourceRecordSetsCommand({
          HostedZoneId,
          ChangeBatch: { Changes: [{ Action, ResourceRecordSet: { Name, Type, TTL: 60, ResourceRecords: [{ Value: value }] } }] },
        }),
      ),
    listed: async (StartRecordName?: string, StartRecordType?: RRType) => {
      const { ResourceRecordSetProtections = [] } = await client.send(
        new ListResourceRecordSetProtectionsCommand({ HostedZoneId, StartRecordName, StartRecordType }),
      );
      return ResourceRecordSetProtections.map(({ RecordName, RecordType, Comment }) => [RecordName, RecordType, Comment].join(" ").trim());
    },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}

test("what is protected is not made, changed or deleted, until it is free again", async () => {
  await using at = await world();
  await at.change("CREATE", "www.example.com");
  await at.protect(of("WWW.example.com", "A", "the shop"), of("new.example.com"));
  for (const [action, name] of [
    ["UPSERT", "www.example.com"],
    ["DELETE", "www.example.com"],
    ["CREATE", "new.example.com"],
  ] as const)
    await expect(at.change(action, name)).rejects.toMatchObject({ name: "InvalidChangeBatch" });
  await expect(at.change("DELETE", "www.example.com")).rejects.toThrow("www.example.com., type A is protected: the shop");
  await at.change("CREATE", "www.example.com", "TXT", '"x"');
  await at.change("CREATE", "a.www.example.com");
  await at.free(of("www.example.com"));
  await at.change("DELETE", "www.example.com");
});

test("a request protects all or nothing, and tells of what is wrong before what is there", async () => {
  await using at = await world();
  await at.protect(of("a.example.com"));
  const codes = async (request: Promise<unknown>): Promise<unknown> =>
    request.then(
      () => "taken",
      ({ name, Errors }: { name: string; Errors?: { Code: string; RecordName: string }[] }) => [
        name,
        ...(Errors ?? []).map(({ Code, RecordName }) => `${RecordName} ${Code}`),
      ],
    );
  const batch = "InvalidResourceRecordSetProtectionBatch";
  expect(await codes(at.protect(of("a.example.com")))).toEqual(["ProtectionAlreadyExists", "a.example.com. ProtectionAlreadyExists"]);
  expect(await codes(at.protect(of("a.example.com"), of("b.example.com")))).toEqual([batch, "a.example.com. ProtectionAlreadyExists"]);
  expect(await codes(at.protect(of("a.example.com"), of("x.example.org"), of("c.example.com"), of("C.example.com")))).toEqual([
    ...[batch, "x.example.org InvalidInput", "C.example.com InvalidInput"],
  ]);
  expect(await codes(at.protect(of("a..example.com")))).toEqual([batch, "a..example.com InvalidInput"]);
  expect(await codes(at.protect(of("d.example.com", "A", "x".repeat(257))))).toEqual([batch, "d.example.com InvalidInput"]);
  expect(await codes(at.protect())).toEqual(["InvalidInput"]);
  expect(await codes(at.protect(...Array.from({ length: 101 }, (_, n) => of(`n${n}.example.com`))))).toEqual(["InvalidInput"]);
  expect(await codes(at.free(of("a.example.com"), of("b.example.com")))).toEqual([batch, "b.example.com. ProtectionNotFound"]);
  expect(await at.listed()).toEqual(["a.example.com. A"]);
});

test("protections are listed by name and type, page by page", async () => {
  await using at = await world();
  await at.protect(of("b.example.com", "TXT"), of("b.example.com", "A", "why"), of("example.com", "NS"), of("a.example.com"));
  const all = ["example.com. NS", "a.example.com. A", "b.example.com. A why", "b.example.com. TXT"];
  expect(await at.listed()).toEqual(all);
  expect(await at.listed("b.example.com")).toEqual(all.slice(2));
  expect(await at.listed("b.example.com", "TXT")).toEqual(all.slice(3));
  await expect(at.listed(undefined, "A")).rejects.toMatchObject({ name: "InvalidInput" });
  const { HostedZoneId } = at;
  const first = await at.client.send(new ListResourceRecordSetProtectionsCommand({ HostedZoneId, MaxResults: 3 }));
  const { NextToken } = first;
  const rest = await at.client.send(new ListResourceRecordSetProtectionsCommand({ HostedZoneId, NextToken, StartRecordName: "zzz" }));
  expect([first.ResourceRecordSetProtections?.length, rest.ResourceRecordSetProtections]).toEqual([3, [of("b.example.com.", "TXT")]]);
});

test("a zone with protections is not deleted, and nobody else's is seen", async () => {
  await using at = await world();
  const { HostedZoneId } = at;
  await at.protect(of("www.example.com"));
  const deletion = new DeleteHostedZoneCommand({ Id: HostedZoneId });
  await expect(at.client.send(deletion)).rejects.toMatchObject({ name: "HostedZoneNotEmpty" });
  const foreign = r53(at.api, FOREIGN_KEYS);
  const Protections = [of("www.example.com")];
  for (const command of [
    new CreateResourceRecordSetProtectionsCommand({ HostedZoneId, Protections: [of("x.example.com")] }),
    new DeleteResourceRecordSetProtectionsCommand({ HostedZoneId, Protections }),
    new ListResourceRecordSetProtectionsCommand({ HostedZoneId }),
    new GetDNSSECCommand({ HostedZoneId }),
  ])
    await expect(foreign.send(command as never)).rejects.toMatchObject({ name: "NoSuchHostedZone" });
  await at.free(...Protections);
  const { Status, KeySigningKeys } = await at.client.send(new GetDNSSECCommand({ HostedZoneId }));
  expect([Status?.ServeSignature, KeySigningKeys]).toEqual(["NOT_SIGNING", []]);
  await at.client.send(deletion);
});
