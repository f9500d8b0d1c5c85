import { canonicalBlock, isNobodys, isOfTheWorld, isOfVpcSize } from "../../decide/addresses/vpc-block.ts";
import { blockHolder, type BlockHolder } from "../../state/address-blocks.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { invalidValue, unsupported } from "./ec2-operation.ts";

/** The parameters that would give a VPC or a subnet addresses that the engine does not carry, or that come from IPAM. */
export interface OtherBlockInput {
  readonly Ipv6Pool?: string | undefined;
  readonly Ipv6CidrBlock?: string | undefined;
  readonly Ipv6CidrBlockNetworkBorderGroup?: string | undefined;
  readonly AmazonProvidedIpv6CidrBlock?: boolean | undefined;
  readonly Ipv6IpamPoolId?: string | undefined;
  readonly Ipv6NetmaskLength?: number | undefined;
  readonly Ipv6Native?: boolean | undefined;
  readonly Ipv4IpamPoolId?: string | undefined;
  readonly Ipv4NetmaskLength?: number | undefined;
}

const OTHER_BLOCKS = [
  ["Ipv6Pool", "IPv6 is not supported here"],
  ["Ipv6CidrBlock", "IPv6 is not supported here"],
  ["Ipv6CidrBlockNetworkBorderGroup", "IPv6 is not supported here"],
  ["AmazonProvidedIpv6CidrBlock", "IPv6 is not supported here"],
  ["Ipv6IpamPoolId", "IPv6 is not supported here"],
  ["Ipv6NetmaskLength", "IPv6 is not supported here"],
  ["Ipv6Native", "IPv6 is not supported here"],
  ["Ipv4IpamPoolId", "there is no IPAM here"],
  ["Ipv4NetmaskLength", "there is no IPAM here"],
] as const;

/** @throws UnsupportedOperation that names the parameter */
export function refuseOtherBlocks(input: OtherBlockInput): void {
  for (const [member, why] of OTHER_BLOCKS) {
    const value = input[member];
    if (value !== undefined && value !== false) throw unsupported(`The parameter ${member} is not supported: ${why}.`);
  }
}

/** A block as it will be kept. @throws InvalidParameterValue for what is no block */
export function readBlock(text: string, parameter = "cidrBlock"): string {
  const block = canonicalBlock(text);
  if (block === undefined) throw invalidValue(`Value (${text}) for parameter ${parameter} is invalid. This is not a valid CIDR block.`);
  return block;
}

/**
 * Refuses what cannot be a block of a VPC here. AWS lets VPCs overlap; all VPCs of this installation are networks of one host, where an address leads
 * to one place (decision 29): so it is also for public addresses, which AWS lets a VPC have (decision 70). Whose the other VPC is, is told its owner only. Costs a look at all VPCs.
 * @throws InvalidVpc.Range
 */
export function refuseVpcBlock(block: string, { state, account, region }: OperationContext): void {
  if (!isOfVpcSize(block) || isNobodys(block)) throw invalidRange(`The CIDR '${block}' is invalid.`);
  if (isOfTheWorld(block))
    throw invalidRange(
      `The CIDR '${block}' is invalid. Its addresses are public: here VPCs are networks of one host, which would reach nobody else at them. Use a CIDR of private addresses.`,
    );
  const holder = blockHolder(state.whole, block);
  if (!holder) return;
  throw invalidRange(
    `The CIDR '${block}' is invalid. It conflicts with ${holderName(holder, account, region)}: here VPCs are networks of one host, and their addresses must not overlap. Use a CIDR that is free.`,
  );
}

function holderName({ block, vpc }: BlockHolder, account: string, region: string): string {
  if (!vpc) return `'${block}' of this host`;
  if (vpc.account !== account) return "another account's VPC";
  const what = `'${block}' of the ${vpc.isDefault ? "default VPC" : "VPC"} ${vpc.id}`;
  return vpc.region === region ? what : `${what} in ${vpc.region}`;
}

export function invalidRange(message: string): AwsError {
  return new AwsError("InvalidVpc.Range", message);
}

/** How many VPCs an account may have in a region; the default one counts. Source: VPC User Guide, "Amazon VPC quotas". */
export const MOST_VPCS = 5;
/** IPv4 blocks of a VPC, the first one included. Source: as above. */
export const MOST_BLOCKS = 5;
