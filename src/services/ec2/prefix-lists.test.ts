import {
  CreateManagedPrefixListCommand,
  DeleteManagedPrefixListCommand,
  DescribeManagedPrefixListsCommand,
  DescribePrefixListsCommand,
  GetManagedPrefixListAssociationsCommand,
  GetManagedPrefixListEntriesCommand,
  ModifyManagedPrefixListCommand,
  RestoreManagedPrefixListVersionCommand,
  type CreateManagedPrefixListCommandInput,
  type ModifyManagedPrefixListCommandInput,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { routeTables } from "../../state/ec2-routing.ts";
import { securityGroups } from "../../state/ec2.ts";
import { networkWorld } from "../../testing/network-world.ts";

/** A world with the list `offices` of two entries and room for three. */
async function worldWithList() {
  const api = await networkWorld();
  const input = { PrefixListName: "offices", MaxEntries: 3, AddressFamily: "IPv4" };
  const Entries = [{ Cidr: "10.1.2.3/16", Description: "Berlin" }, { Cidr: "10.2.0.0/16" }];
  const { PrefixList } = await api.client.send(new CreateManagedPrefixListCommand({ ...input, Entries }));
  const PrefixListId = PrefixList!.PrefixListId!;
  return {
    ...api,
    PrefixListId,
    made: PrefixList!,
    entries: async (TargetVersion?: number) =>
      (await api.client.send(new GetManagedPrefixListEntriesCommand({ PrefixListId, TargetVersion }))).Entries!.map(({ Cidr }) => Cidr),
    modify: (more: Partial<ModifyManagedPrefixListCommandInput>) =>
      api.client.send(new ModifyManagedPrefixListCommand({ PrefixListId, ...more })),
    read: async () => (await api.client.send(new DescribeManagedPrefixListsCommand({ PrefixListIds: [PrefixListId] }))).PrefixLists![0]!,
  };
}

describe("a managed prefix list", () => {
  test("is shown with what it was made of, blocks without host bits", async () => {
    await using api = await worldWithList();
    expect(api.made).toMatchObject({ State: "create-in-progress", Version: 1 });
    expect(await api.read()).toEqual({
      PrefixListId: expect.stringMatching(/^pl-[0-9a-f]{17}$/),
      PrefixListArn: `arn:aws:ec2:us-east-1:123456789012:prefix-list/${api.PrefixListId}`,
      PrefixListName: "offices",
      AddressFamily: "IPv4",
      MaxEntries: 3,
      Version: 1,
      State: "create-complete",
      OwnerId: "123456789012",
      Tags: [],
    });
    const { Entries } = await api.client.send(new GetManagedPrefixListEntriesCommand({ PrefixListId: api.PrefixListId }));
    expect(Entries).toEqual([{ Cidr: "10.1.0.0/16", Description: "Berlin" }, { Cidr: "10.2.0.0/16" }]);
  });

  test("has a version for each change of its entries, and goes back to any", async () => {
    await using api = await worldWithList();
    await api.modify({ CurrentVersion: 1, AddEntries: [{ Cidr: "10.3.0.0/16" }], RemoveEntries: [{ Cidr: "10.1.0.0/16" }] });
    expect(await api.read()).toMatchObject({ Version: 2, State: "modify-complete" });
    expect([await api.entries(), await api.entries(1)]).toEqual([
      ["10.2.0.0/16", "10.3.0.0/16"],
      ["10.1.0.0/16", "10.2.0.0/16"],
    ]);
    await expect(api.modify({ CurrentVersion: 1, AddEntries: [{ Cidr: "10.4.0.0/16" }] })).rejects.toMatchObject({
      name: "PrefixListVersionMismatch",
      message: "The prefix list has the incorrect version number.",
    });
    await api.client.send(
      new RestoreManagedPrefixListVersionCommand({ PrefixListId: api.PrefixListId, CurrentVersion: 2, PreviousVersion: 1 }),
    );
    expect(await api.read()).toMatchObject({ Version: 3, State: "restore-complete" });
    expect(await api.entries()).toEqual(["10.1.0.0/16", "10.2.0.0/16"]);
    await expect(api.entries(9)).rejects.toMatchObject({ name: "InvalidPrefixListVersion" });
  });

  test("is renamed and resized without another version", async () => {
    await using api = await worldWithList();
    await api.modify({ PrefixListName: "sites", MaxEntries: 2 });
    expect(await api.read()).toMatchObject({ PrefixListName: "sites", MaxEntries: 2, Version: 1 });
    await expect(api.modify({ MaxEntries: 1 })).rejects.toMatchObject({ name: "PrefixListMaxEntriesExceeded" });
    await expect(api.modify({ CurrentVersion: 1, AddEntries: [{ Cidr: "10.3.0.0/16" }] })).rejects.toMatchObject({
      name: "PrefixListMaxEntriesExceeded",
    });
  });

  test("is the same for the same client token", async () => {
    await using api = await networkWorld();
    const make = (more: Partial<CreateManagedPrefixListCommandInput> = {}) =>
      api.client.send(
        new CreateManagedPrefixListCommand({ PrefixListName: "x", MaxEntries: 1, AddressFamily: "IPv4", ClientToken: "t", ...more }),
      );
    const first = await make();
    expect((await make()).PrefixList?.PrefixListId).toBe(first.PrefixList?.PrefixListId);
    await expect(make({ PrefixListName: "y" })).rejects.toMatchObject({ name: "IdempotentParameterMismatch" });
  });

  test("tells who names it, and stays while somebody does", async () => {
    await using api = await worldWithList();
    const { state, PrefixListId } = api;
    const { vpc, securityGroup } = api.network();
    const [table] = state.table(routeTables).by("vpc", vpc.id);
    const rule = { id: "sgr-1", isEgress: true, ipProtocol: "-1", fromPort: -1, toPort: -1, prefixListId: PrefixListId, tags: [] };
    const route = { destination: PrefixListId, target: { kind: "local" as const, id: "local" }, origin: "CreateRoute" as const };
    state.commit(() => {
      state.table(securityGroups).put({ ...securityGroup, rules: [...securityGroup.rules, rule] });
      state.table(routeTables).put({ ...table!, routes: [...table!.routes, route] });
    });
    const { PrefixListAssociations } = await api.client.send(new GetManagedPrefixListAssociationsCommand({ PrefixListId }));
    expect(new Set(PrefixListAssociations)).toEqual(
      new Set([securityGroup.id, table!.id].map((ResourceId) => ({ ResourceId, ResourceOwner: "123456789012" }))),
    );
    const drop = () => api.client.send(new DeleteManagedPrefixListCommand({ PrefixListId }));
    await expect(drop()).rejects.toMatchObject({ name: "DependencyViolation" });
    state.commit(() => {
      state.table(securityGroups).put(securityGroup);
      state.table(routeTables).put(table!);
    });
    expect((await drop()).PrefixList?.State).toBe("delete-in-progress");
    await expect(drop()).rejects.toMatchObject({
      name: "InvalidPrefixListID.NotFound",
      message: `The prefix list ID '${PrefixListId}' does not exist`,
    });
  });

  test("is not there for other accounts", async () => {
    await using api = await worldWithList();
    const { PrefixListId } = api;
    for (const command of [
      new DeleteManagedPrefixListCommand({ PrefixListId }),
      new DescribeManagedPrefixListsCommand({ PrefixListIds: [PrefixListId] }),
    ])
      await expect(api.foreign.send(command as DeleteManagedPrefixListCommand)).rejects.toMatchObject({
        name: "InvalidPrefixListID.NotFound",
      });
  });

  test.each<[string, Partial<CreateManagedPrefixListCommandInput>, string]>([
    ["AWS's name", { PrefixListName: "com.amazonaws.mine" }, "InvalidParameterValue"],
    ["a family that is none", { AddressFamily: "IPv5" }, "InvalidParameterValue"],
    ["no room", { MaxEntries: 0 }, "InvalidParameterValue"],
    ["too much room", { MaxEntries: 1001 }, "InvalidParameterValue"],
    [
      "more entries than it has room for",
      { MaxEntries: 1, Entries: [{ Cidr: "10.0.0.0/8" }, { Cidr: "11.0.0.0/8" }] },
      "PrefixListMaxEntriesExceeded",
    ],
    ["a block twice", { Entries: [{ Cidr: "10.0.0.0/8" }, { Cidr: "10.1.0.0/8" }] }, "InvalidParameterValue"],
    ["a block of the other family", { Entries: [{ Cidr: "2001:db8::/32" }] }, "InvalidParameterValue"],
    ["what is no block", { Entries: [{ Cidr: "10.0.0.0" }] }, "InvalidParameterValue"],
  ])("is refused with %s", async (_what, input, name) => {
    await using api = await networkWorld();
    const asked = new CreateManagedPrefixListCommand({ PrefixListName: "x", MaxEntries: 5, AddressFamily: "IPv4", ...input });
    await expect(api.client.send(asked)).rejects.toMatchObject({ name });
  });

  test.each<[string, Partial<ModifyManagedPrefixListCommandInput>, string]>([
    ["a removed entry that is not there", { CurrentVersion: 1, RemoveEntries: [{ Cidr: "10.9.0.0/16" }] }, "InvalidPrefixListModification"],
    [
      "an entry added and removed at once",
      { CurrentVersion: 1, AddEntries: [{ Cidr: "10.2.0.0/16" }], RemoveEntries: [{ Cidr: "10.2.0.0/16" }] },
      "InvalidParameterValue",
    ],
    ["an entry that is there", { CurrentVersion: 1, AddEntries: [{ Cidr: "10.2.0.0/16", Description: "Oslo" }] }, "InvalidRequest"],
    ["no version", { AddEntries: [{ Cidr: "10.9.0.0/16" }] }, "PrefixListVersionMismatch"],
    [
      "entries and room at once",
      { CurrentVersion: 1, AddEntries: [{ Cidr: "10.9.0.0/16" }], MaxEntries: 9 },
      "InvalidParameterCombination",
    ],
    ["IPAM", { IpamPrefixListResolverSyncEnabled: true }, "UnsupportedOperation"],
  ])("is not changed with %s", async (_what, input, name) => {
    await using api = await worldWithList();
    await expect(api.modify(input)).rejects.toMatchObject({ name });
    expect(await api.entries()).toEqual(["10.1.0.0/16", "10.2.0.0/16"]);
  });
});

describe("AWS's own prefix lists", () => {
  test("are there in each region, told with their blocks, and nobody's to change", async () => {
    await using api = await networkWorld();
    const { PrefixLists } = await api.client.send(
      new DescribePrefixListsCommand({ Filters: [{ Name: "prefix-list-name", Values: ["com.amazonaws.us-east-1.s3"] }] }),
    );
    expect(PrefixLists).toEqual([
      { PrefixListId: "pl-63a5400a", PrefixListName: "com.amazonaws.us-east-1.s3", Cidrs: expect.arrayContaining(["52.216.0.0/15"]) },
    ]);
    const managed = await api.json(
      "describe-managed-prefix-lists",
      "--filters",
      "Name=owner-id,Values=AWS",
      "--query",
      "PrefixLists[].PrefixListName",
    );
    expect(new Set(managed as string[])).toEqual(new Set(["com.amazonaws.us-east-1.s3", "com.amazonaws.us-east-1.dynamodb"]));
    const { Entries } = await api.client.send(new GetManagedPrefixListEntriesCommand({ PrefixListId: "pl-63a5400a" }));
    expect(Entries).toContainEqual({ Cidr: "52.216.0.0/15" });
    await expect(api.client.send(new DeleteManagedPrefixListCommand({ PrefixListId: "pl-63a5400a" }))).rejects.toMatchObject({
      name: "OperationNotPermitted",
    });
  });
});
