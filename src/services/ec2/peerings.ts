import type { VpcPeeringConnection, VpcPeeringConnectionVpcInfo } from "@aws-sdk/client-ec2";
import { keyInScope, scopeKey } from "../../domain/scope.ts";
import { isTold, statusAt, vpcPeerings, type PeeringVpc, type VpcPeeringRecord } from "../../state/ec2-peering.ts";
import { vpcBlocks, vpcs } from "../../state/ec2.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { chosen, described } from "./describe.ts";
import { onAny, operation } from "./ec2-operation.ts";

export function peeringNotFound(id: string): AwsError {
  return new AwsError("InvalidVpcPeeringConnectionID.NotFound", `The vpcPeeringConnection ID '${id}' does not exist`);
}

/** The caller's copy of a connection. @throws InvalidVpcPeeringConnectionID.NotFound */
export function requirePeering({ state, account, region, now }: OperationContext, id: string): VpcPeeringRecord {
  const found = state.table(vpcPeerings).get(keyInScope({ account, region }, id));
  if (!found || !isTold(found, now)) throw peeringNotFound(id);
  return found;
}

export const describeVpcPeeringConnections = operation("DescribeVpcPeeringConnections", {
  authorize: onAny("DescribeVpcPeeringConnections"),
  run(input, context) {
    const { now } = context;
    const all = context.state
      .table(vpcPeerings)
      .by("scope", scopeKey(context))
      .filter((peering) => isTold(peering, now));
    const wanted = chosen(all, input.VpcPeeringConnectionIds, ({ id }) => id, peeringNotFound);
    const blocks = (side: "requester" | "accepter") => (peering: VpcPeeringRecord) => blocksOf(peering, side, context);
    const fields = {
      "vpc-peering-connection-id": ({ id }: VpcPeeringRecord) => id,
      "accepter-vpc-info.cidr-block": blocks("accepter"),
      "accepter-vpc-info.owner-id": ({ accepter }: VpcPeeringRecord) => accepter.account,
      "accepter-vpc-info.vpc-id": ({ accepter }: VpcPeeringRecord) => accepter.vpcId,
      "requester-vpc-info.cidr-block": blocks("requester"),
      "requester-vpc-info.owner-id": ({ requester }: VpcPeeringRecord) => requester.account,
      "requester-vpc-info.vpc-id": ({ requester }: VpcPeeringRecord) => requester.vpcId,
      "expiration-time": ({ expiresAt }: VpcPeeringRecord) => new Date(expiresAt).toISOString(),
      "status-code": (peering: VpcPeeringRecord) => statusAt(peering, now),
      "status-message": ({ statusMessage }: VpcPeeringRecord) => statusMessage,
    };
    const { items, ...more } = described(wanted, input, { id: ({ id }) => id, fields, tags: ({ tags }) => tags }, context);
    return { VpcPeeringConnections: items.map((peering) => shownPeering(peering, context)), ...more };
  },
});

/** The blocks of one of the VPCs: those of the accepter are told once it has accepted. They are what they are now, in whatever account. */
function blocksOf(peering: VpcPeeringRecord, side: "requester" | "accepter", { state, now }: OperationContext): readonly string[] {
  const status = statusAt(peering, now);
  if (status !== "active" && (side === "accepter" || status !== "pending-acceptance")) return [];
  const vpc = state.whole.table(vpcs).get(peering[side].vpcId);
  return vpc ? vpcBlocks(vpc) : [];
}

export function shownPeering(peering: VpcPeeringRecord, context: OperationContext): VpcPeeringConnection {
  const { id, requester, accepter, statusMessage, expiresAt, tags } = peering;
  const status = statusAt(peering, context.now);
  return {
    VpcPeeringConnectionId: id,
    RequesterVpcInfo: shownSide(requester, blocksOf(peering, "requester", context)),
    AccepterVpcInfo: shownSide(accepter, blocksOf(peering, "accepter", context)),
    ...(status === "pending-acceptance" && { ExpirationTime: new Date(expiresAt) }),
    Status: { Code: status, Message: status === "expired" ? "Expired" : statusMessage },
    Tags: [...tags],
  };
}

function shownSide(
  { account, region, vpcId, remoteDnsResolution = false }: PeeringVpc,
  blocks: readonly string[],
): VpcPeeringConnectionVpcInfo {
  const [first] = blocks;
  return {
    OwnerId: account,
    Region: region,
    VpcId: vpcId,
    ...(first !== undefined && { CidrBlock: first, CidrBlockSet: blocks.map((CidrBlock) => ({ CidrBlock })) }),
    PeeringOptions: {
      AllowDnsResolutionFromRemoteVpc: remoteDnsResolution,
      AllowEgressFromLocalClassicLinkToRemoteVpc: false,
      AllowEgressFromLocalVpcToRemoteClassicLink: false,
    },
  };
}
