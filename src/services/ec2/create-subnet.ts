import type { CreateSubnetCommandInput } from "@aws-sdk/client-ec2";
import { subnetBlocks } from "../../decide/addresses/free-block.ts";
import { isOfVpcSize, isWithinBlock, overlapping } from "../../decide/addresses/vpc-block.ts";
import { availabilityZones, type AvailabilityZone } from "../../domain/availability-zones.ts";
import { findDefaultVpc } from "../../state/default-vpc.ts";
import { subnets, vpcBlocks, type SubnetRecord, type VpcRecord } from "../../state/ec2.ts";
import { AwsError } from "../aws-error.ts";
import type { AuthorizeScope, OperationContext, Permission } from "../operation.ts";
import { invalidValue, onNew, onOne, operation, unsupported } from "./ec2-operation.ts";
import { tagsFor } from "./security-groups.ts";
import { shownSubnet } from "./subnets.ts";
import { readBlock, refuseOtherBlocks } from "./vpc-blocks.ts";
import { requireVpc } from "./vpcs.ts";

/** Source: VPC User Guide, "Amazon VPC quotas". */
const MOST_SUBNETS = 200;

export const createSubnet = operation("CreateSubnet", {
  authorize: onNewSubnet,
  run(input, context) {
    const { state, ids, account, region } = context;
    refuseOtherBlocks(input);
    if (input.OutpostArn !== undefined) throw unsupported("The parameter OutpostArn is not supported: there are no Outposts here.");
    if (input.CidrBlock === undefined) throw new AwsError("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.");
    const cidrBlock = readBlock(input.CidrBlock);
    const tags = tagsFor("subnet", input.TagSpecifications);
    const vpc = requireVpc(context, input.VpcId ?? "");
    const others = state.table(subnets).by("vpc", vpc.id);
    const zone = zoneFor(input, others, region);
    refuseSubnetBlock(cidrBlock, vpc, others);
    if (others.length >= MOST_SUBNETS) throw new AwsError("SubnetLimitExceeded", "The maximum number of subnets has been reached.");
    const made: SubnetRecord = {
      id: `subnet-${ids.hex(17)}`,
      account,
      region,
      vpcId: vpc.id,
      cidrBlock,
      availabilityZone: zone.name,
      availabilityZoneId: zone.id,
      defaultForAz: false,
      mapPublicIpOnLaunch: false,
      tags,
    };
    state.commit(() => state.table(subnets).insert(made));
    return { Subnet: shownSubnet(made, context) };
  },
});

/** A subnet is made in a VPC: both are asked for. */
function onNewSubnet(input: CreateSubnetCommandInput, at: AuthorizeScope): readonly Permission[] {
  const [created, ...tagging] = onNew("CreateSubnet", "subnet")(input, at);
  const zone = input.AvailabilityZone;
  const context = {
    ...created?.context,
    "ec2:Vpc": at.arn("ec2", `vpc/${input.VpcId ?? "*"}`),
    ...(zone !== undefined && { "ec2:AvailabilityZone": zone }),
  };
  return [...(created ? [{ ...created, context }] : []), onOne("CreateSubnet", "vpc", input.VpcId, at), ...tagging];
}

/** The zone that a request names, by either of its names; where it names none, the one with the fewest subnets. */
function zoneFor(
  {
    AvailabilityZone: name,
    AvailabilityZoneId: id,
  }: { readonly AvailabilityZone?: string | undefined; readonly AvailabilityZoneId?: string | undefined },
  others: readonly SubnetRecord[],
  region: string,
): AvailabilityZone {
  const zones = availabilityZones(region);
  if (name !== undefined && id !== undefined)
    throw new AwsError("InvalidParameterCombination", "The parameters AvailabilityZone and AvailabilityZoneId may not be used together");
  if (name === undefined && id === undefined) {
    const count = (zone: AvailabilityZone): number => others.filter(({ availabilityZone }) => availabilityZone === zone.name).length;
    const fewest = Math.min(...zones.map(count));
    const chosen = zones.find((zone) => count(zone) === fewest);
    if (chosen) return chosen;
  }
  const found = zones.find((zone) => (name === undefined ? zone.id === id : zone.name === name));
  if (found) return found;
  const known = zones.map((zone) => (name === undefined ? zone.id : zone.name)).join(", ");
  throw invalidValue(
    `Value (${name ?? id ?? ""}) for parameter ${name === undefined ? "availabilityZoneId" : "availabilityZone"} is invalid. Subnets can currently only be created in the following availability zones: ${known}.`,
  );
}

/** @throws InvalidSubnet.Range, InvalidSubnet.Conflict */
function refuseSubnetBlock(block: string, vpc: VpcRecord, others: readonly SubnetRecord[]): void {
  if (!isOfVpcSize(block) || !vpcBlocks(vpc).some((outer) => isWithinBlock(block, outer)))
    throw new AwsError("InvalidSubnet.Range", `The CIDR '${block}' is invalid.`);
  const taken = others.map(({ cidrBlock }) => cidrBlock);
  if (overlapping(taken, block) !== undefined)
    throw new AwsError("InvalidSubnet.Conflict", `The CIDR '${block}' conflicts with another subnet`);
}

export const createDefaultSubnet = operation("CreateDefaultSubnet", {
  authorize: () => ({ action: "ec2:CreateDefaultSubnet", resource: "*" }),
  run(input, context) {
    const { state, ids, account, region } = context;
    refuseOtherBlocks(input);
    if (input.AvailabilityZone === undefined && input.AvailabilityZoneId === undefined)
      throw new AwsError("MissingParameter", "The request must contain the parameter AvailabilityZone or AvailabilityZoneId");
    const vpc = findDefaultVpc(state, context);
    if (!vpc) throw new AwsError("DefaultVpcDoesNotExist", "No default VPC exists for this account in this region.");
    const others = state.table(subnets).by("vpc", vpc.id);
    const zone = zoneFor(input, others, region);
    const known = others.find(({ defaultForAz, availabilityZone }) => defaultForAz && availabilityZone === zone.name);
    if (known)
      throw new AwsError("DefaultSubnetAlreadyExistsInAvailabilityZone", `'${known.id}' is already the default subnet in ${zone.name}.`);
    const made: SubnetRecord = {
      id: `subnet-${ids.hex(17)}`,
      account,
      region,
      vpcId: vpc.id,
      cidrBlock: freeDefaultBlock(vpc, others, context),
      availabilityZone: zone.name,
      availabilityZoneId: zone.id,
      defaultForAz: true,
      mapPublicIpOnLaunch: true,
      tags: [],
    };
    state.commit(() => state.table(subnets).insert(made));
    return { Subnet: shownSubnet(made, context) };
  },
});

/** The first block of the size of default subnets that none has. */
function freeDefaultBlock(vpc: VpcRecord, others: readonly SubnetRecord[], { region }: OperationContext): string {
  const taken = others.map(({ cidrBlock }) => cidrBlock);
  const free = subnetBlocks(vpc.cidrBlock).find((block) => overlapping(taken, block) === undefined);
  if (free === undefined)
    throw new AwsError(
      "InvalidSubnet.Conflict",
      `No block of addresses is left in the default VPC ${vpc.id} of ${region} for a default subnet`,
    );
  return free;
}
