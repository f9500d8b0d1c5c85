import * as ec2 from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { networkWorld } from "../../../testing/network-world.ts";

test("what nobody can make here is none, and what is named of it does not exist, in AWS's words", async () => {
  await using api = await networkWorld();
  expect(await api.client.send(new ec2.DescribeInstancesCommand({ Filters: [{ Name: "vpc-id", Values: ["vpc-1"] }] }))).toMatchObject({
    Reservations: [],
  });
  const { NextToken, ...images } = await api.client.send(new ec2.DescribeImagesCommand({ Owners: ["amazon"] }));
  expect([images.Images, NextToken]).toEqual([[], undefined]);
  expect((await api.client.send(new ec2.DescribeVpnGatewaysCommand({}))).VpnGateways).toEqual([]);
  expect((await api.client.send(new ec2.GetEbsEncryptionByDefaultCommand({}))).EbsEncryptionByDefault).toBe(false);
});

test.each<[string, object, string, string]>([
  ["DescribeInstances", { InstanceIds: ["i-1"] }, "InvalidInstanceID.NotFound", "The instance ID 'i-1' does not exist"],
  ["DescribeImages", { ImageIds: ["ami-1"] }, "InvalidAMIID.NotFound", "The image id '[ami-1]' does not exist"],
  ["DescribeKeyPairs", { KeyNames: ["mine"] }, "InvalidKeyPair.NotFound", "The key pair 'mine' does not exist"],
  ["DescribeVolumes", { VolumeIds: ["vol-1"] }, "InvalidVolume.NotFound", "The volume 'vol-1' does not exist."],
  [
    "DescribeInstanceTypes",
    { InstanceTypes: ["t3.micro"] },
    "InvalidInstanceType",
    "The following supplied instance types do not exist: [t3.micro]",
  ],
  [
    "DescribeTransitGateways",
    { TransitGatewayIds: ["tgw-1"] },
    "InvalidTransitGatewayID.NotFound",
    "Transit Gateway tgw-1 was deleted or does not exist.",
  ],
  ["DescribeVpnGateways", { VpnGatewayIds: ["vgw-1"] }, "InvalidVpnGatewayID.NotFound", "The vpnGateway ID 'vgw-1' does not exist"],
  ["DescribeInstances", { NextToken: "x" }, "InvalidNextToken", "The token 'x' is invalid"],
  ["DescribeInstances", { DryRun: true }, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."],
])("%s of %o is refused", async (name, input, code, message) => {
  await using api = await networkWorld();
  const command = (ec2 as unknown as Record<string, new (input: object) => ec2.DescribeInstancesCommand>)[`${name}Command`]!;
  await expect(api.client.send(new command(input))).rejects.toMatchObject({ name: code, message });
});
