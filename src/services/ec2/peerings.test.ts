import {
  AcceptVpcPeeringConnectionCommand,
  AssociateVpcCidrBlockCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  CreateVpcPeeringConnectionCommand,
  DeleteVpcCommand,
  DeleteVpcPeeringConnectionCommand,
  DescribeVpcPeeringConnectionsCommand,
  ModifyVpcAttributeCommand,
  ModifyVpcPeeringConnectionOptionsCommand,
  RejectVpcPeeringConnectionCommand,
  type CreateVpcPeeringConnectionCommandInput,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { isTold, statusAt, vpcPeerings, type VpcPeeringRecord } from "../../state/ec2-peering.ts";
import { FOREIGN_ACCOUNT } from "../../testing/api-world.ts";
import { networkWorld } from "../../testing/network-world.ts";

/** A world in which an account has the VPC 10.1.0.0/16, and another one 10.2.0.0/16. */
async function worldOfTwo() {
  const api = await networkWorld();
  const make = async (client: EC2Client, CidrBlock: string) => (await client.send(new CreateVpcCommand({ CidrBlock }))).Vpc!.VpcId!;
  const VpcId = await make(api.client, "10.1.0.0/16");
  const PeerVpcId = await make(api.foreign, "10.2.0.0/16");
  const ask = async (more: Partial<CreateVpcPeeringConnectionCommandInput> = {}) =>
    (await api.client.send(new CreateVpcPeeringConnectionCommand({ VpcId, PeerVpcId, PeerOwnerId: FOREIGN_ACCOUNT, ...more })))
      .VpcPeeringConnection!;
  const seen = async (client: EC2Client, id: string) =>
    (await client.send(new DescribeVpcPeeringConnectionsCommand({ VpcPeeringConnectionIds: [id] }))).VpcPeeringConnections![0]!;
  const accept = (id: string, client = api.foreign) => client.send(new AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId: id }));
  const drop = (id: string, client = api.client) => client.send(new DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId: id }));
  return { ...api, make, VpcId, PeerVpcId, ask, seen, accept, drop };
}

describe("a peering connection", () => {
  test("is asked for, seen by both accounts, accepted by the other, and ended by either", async () => {
    await using api = await worldOfTwo();
    const Tags = [{ Key: "Name", Value: "to data" }];
    const asked = await api.ask({ TagSpecifications: [{ ResourceType: "vpc-peering-connection", Tags }] });
    const id = asked.VpcPeeringConnectionId!;
    expect(asked).toMatchObject({ Status: { Code: "initiating-request", Message: `Initiating Request to ${FOREIGN_ACCOUNT}` }, Tags });
    const pending = await api.seen(api.client, id);
    expect(pending).toMatchObject({
      Status: { Code: "pending-acceptance", Message: `Pending Acceptance by ${FOREIGN_ACCOUNT}` },
      ExpirationTime: expect.any(Date),
      RequesterVpcInfo: { OwnerId: "123456789012", VpcId: api.VpcId, Region: "us-east-1", CidrBlock: "10.1.0.0/16" },
      AccepterVpcInfo: { OwnerId: FOREIGN_ACCOUNT, VpcId: api.PeerVpcId },
    });
    expect(pending.AccepterVpcInfo).not.toHaveProperty("CidrBlock");
    expect(await api.seen(api.foreign, id)).toMatchObject({ RequesterVpcInfo: { CidrBlock: "10.1.0.0/16" }, Tags: [] });
    // A request that is under way is no other one.
    expect((await api.ask()).VpcPeeringConnectionId).toBe(id);
    await expect(api.accept(id, api.client)).rejects.toMatchObject({
      name: "OperationNotPermitted",
      message: `User 123456789012 cannot accept peering ${id}`,
    });
    expect((await api.accept(id)).VpcPeeringConnection?.Status?.Code).toBe("provisioning");
    await api.client.send(new AssociateVpcCidrBlockCommand({ VpcId: api.VpcId, CidrBlock: "10.3.0.0/20" }));
    for (const client of [api.client, api.foreign])
      expect(await api.seen(client, id)).toMatchObject({
        Status: { Code: "active", Message: "Active" },
        RequesterVpcInfo: { CidrBlockSet: [{ CidrBlock: "10.1.0.0/16" }, { CidrBlock: "10.3.0.0/20" }] },
        AccepterVpcInfo: { CidrBlock: "10.2.0.0/16" },
      });
    await expect(api.ask()).rejects.toMatchObject({ name: "VpcPeeringConnectionAlreadyExists" });
    await expect(api.accept(id)).rejects.toMatchObject({
      name: "InvalidStateTransition",
      message: `Invalid state transition for ${id}, attempted to transition from active to active`,
    });
    await api.foreign.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: "mine", Value: "1" }] }));
    await api.drop(id, api.foreign);
    expect(await api.seen(api.client, id)).toMatchObject({ Status: { Code: "deleted", Message: `Deleted by ${FOREIGN_ACCOUNT}` }, Tags });
    expect(await api.seen(api.foreign, id)).toMatchObject({ Tags: [{ Key: "mine", Value: "1" }] });
    await expect(api.drop(id)).rejects.toMatchObject({ name: "InvalidStateTransition" });
    expect((await api.ask()).VpcPeeringConnectionId).not.toBe(id);
  });

  test("is rejected by the other account, which cannot delete it before", async () => {
    await using api = await worldOfTwo();
    const id = (await api.ask()).VpcPeeringConnectionId!;
    await expect(api.drop(id, api.foreign)).rejects.toMatchObject({ name: "InvalidStateTransition" });
    const reject = (client: EC2Client) => client.send(new RejectVpcPeeringConnectionCommand({ VpcPeeringConnectionId: id }));
    await expect(reject(api.client)).rejects.toMatchObject({ name: "OperationNotPermitted" });
    await reject(api.foreign);
    expect((await api.seen(api.client, id)).Status).toEqual({ Code: "rejected", Message: `Rejected by ${FOREIGN_ACCOUNT}` });
    await expect(api.accept(id)).rejects.toMatchObject({ name: "InvalidStateTransition" });
  });

  test("of one account's two regions has a side in each", async () => {
    await using api = await worldOfTwo();
    const far = api.clientIn("eu-west-1");
    const PeerVpcId = await api.make(far, "10.4.0.0/16");
    const id = (await api.ask({ PeerVpcId, PeerOwnerId: "123456789012", PeerRegion: "eu-west-1" })).VpcPeeringConnectionId!;
    await expect(api.accept(id, api.client)).rejects.toMatchObject({
      name: "OperationNotPermitted",
      message: expect.stringContaining("must be accepted in region eu-west-1"),
    });
    await api.accept(id, far);
    expect((await api.seen(api.client, id)).Status?.Code).toBe("active");
  });

  test("within an account and region is one record, accepted by its owner", async () => {
    await using api = await worldOfTwo();
    const PeerVpcId = await api.make(api.client, "10.4.0.0/16");
    const id = (await api.ask({ PeerVpcId, PeerOwnerId: undefined })).VpcPeeringConnectionId!;
    expect(api.state.table(vpcPeerings).by("id", id)).toHaveLength(1);
    await api.accept(id, api.client);
    expect((await api.seen(api.client, id)).Status?.Code).toBe("active");
    expect(
      await api.json(
        "describe-vpc-peering-connections",
        "--filters",
        "Name=accepter-vpc-info.cidr-block,Values=10.4.0.0/16",
        "--query",
        "VpcPeeringConnections[].VpcPeeringConnectionId",
      ),
    ).toEqual([id]);
  });

  test.each<[string, Partial<CreateVpcPeeringConnectionCommandInput>]>([
    ["a VPC that is none", { PeerVpcId: "vpc-1" }],
    ["a VPC that is not that account's", { PeerOwnerId: "123456789012" }],
    ["a VPC that is in another region", { PeerRegion: "eu-west-1" }],
  ])("with %s fails, and only who asked is told", async (_what, more) => {
    await using api = await worldOfTwo();
    const id = (await api.ask(more)).VpcPeeringConnectionId!;
    expect((await api.seen(api.client, id)).Status).toEqual({
      Code: "failed",
      Message: "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range",
    });
    await expect(api.seen(api.foreign, id)).rejects.toMatchObject({ name: "InvalidVpcPeeringConnectionID.NotFound" });
    await expect(api.drop(id)).rejects.toMatchObject({
      message: `Invalid state transition for ${id}, attempted to transition from failed to deleted`,
    });
  });

  test.each<[string, Partial<CreateVpcPeeringConnectionCommandInput>, string]>([
    ["no peer", { PeerVpcId: undefined }, "MissingParameter"],
    ["another account's VPC as its own", { VpcId: "vpc-1" }, "InvalidVpcID.NotFound"],
    ["an account that is none", { PeerOwnerId: "me" }, "InvalidParameterValue"],
    ["a region that is none", { PeerRegion: "here" }, "InvalidParameterValue"],
  ])("is refused with %s", async (_what, more, name) => {
    await using api = await worldOfTwo();
    await expect(api.ask(more)).rejects.toMatchObject({ name });
    await expect(api.ask({ PeerVpcId: api.VpcId })).rejects.toMatchObject({ name: "InvalidParameterValue" });
  });

  test("ends with either VPC", async () => {
    await using api = await worldOfTwo();
    const id = (await api.ask()).VpcPeeringConnectionId!;
    await api.accept(id);
    await api.foreign.send(new DeleteVpcCommand({ VpcId: api.PeerVpcId }));
    expect((await api.seen(api.client, id)).Status?.Code).toBe("deleted");
  });

  test("has options of each side, set by that side alone while it is active", async () => {
    await using api = await worldOfTwo();
    const id = (await api.ask()).VpcPeeringConnectionId!;
    const allow = { AllowDnsResolutionFromRemoteVpc: true };
    const set = (client: EC2Client, more: object) =>
      client.send(new ModifyVpcPeeringConnectionOptionsCommand({ VpcPeeringConnectionId: id, ...more }));
    await expect(set(api.client, { RequesterPeeringConnectionOptions: allow })).rejects.toMatchObject({
      name: "OperationNotPermitted",
      message: `Peering ${id} is not active. Peering options can be added only to active peerings.`,
    });
    await api.accept(id);
    await expect(set(api.client, { RequesterPeeringConnectionOptions: allow })).rejects.toMatchObject({
      name: "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled",
    });
    await api.client.send(new ModifyVpcAttributeCommand({ VpcId: api.VpcId, EnableDnsHostnames: { Value: true } }));
    expect(await set(api.client, { RequesterPeeringConnectionOptions: allow })).toMatchObject({ RequesterPeeringConnectionOptions: allow });
    await expect(set(api.client, { AccepterPeeringConnectionOptions: allow })).rejects.toMatchObject({ name: "OperationNotPermitted" });
    await expect(
      set(api.client, { RequesterPeeringConnectionOptions: { AllowEgressFromLocalVpcToRemoteClassicLink: true } }),
    ).rejects.toMatchObject({ name: "UnsupportedOperation" });
    const { RequesterVpcInfo, AccepterVpcInfo } = await api.seen(api.foreign, id);
    expect([RequesterVpcInfo, AccepterVpcInfo].map((side) => side?.PeeringOptions?.AllowDnsResolutionFromRemoteVpc)).toEqual([true, false]);
  });
});

describe("in time", () => {
  const HOUR = 3_600_000;
  const peering = {
    account: "1",
    requester: { account: "1", region: "r", vpcId: "vpc-1" },
    accepter: { account: "2", region: "r", vpcId: "vpc-2" },
    status: "pending-acceptance",
    expiresAt: 1000 * HOUR,
  } as VpcPeeringRecord;

  test("a request that nobody accepts is expired after its week", () => {
    expect([statusAt(peering, 1000 * HOUR - 1), statusAt(peering, 1000 * HOUR)]).toEqual(["pending-acceptance", "expired"]);
  });

  test.each<[Partial<VpcPeeringRecord>, hours: number]>([
    [{}, 1048],
    [{ account: "2" }, 1002],
    [{ status: "rejected", endedAt: 0 }, 48],
    [{ status: "rejected", endedAt: 0, account: "2" }, 2],
    [{ status: "deleted", endedAt: 0 }, 2],
    [{ status: "failed", endedAt: 0 }, 2],
  ])("one with %o is told for %d hours", (more, hours) => {
    const one = { ...peering, ...more };
    expect([isTold(one, hours * HOUR - 1), isTold(one, hours * HOUR)]).toEqual([true, false]);
  });
});
