import type { VpcPeeringConnection, VpcPeeringConnectionVpcInfo } from "@aws-sdk/client-ec2";
import { scopeKey } from "../../domain/scope.ts";
import { vpcPeerings, type PeeringVpc, type VpcPeeringRecord } from "../../state/ec2-peering.ts";
import { AwsError } from "../aws-error.ts";
import { chosen, described } from "./describe.ts";
import { onAny, operation } from "./ec2-operation.ts";

export function peeringNotFound(id: string): AwsError {
  return new AwsError("InvalidVpcPeeringConnectionID.NotFound", `The vpcPeeringConnection ID '${id}' does not exist`);
}

export const describeVpcPeeringConnections = operation("DescribeVpcPeeringConnections", {
  authorize: onAny("DescribeVpcPeeringConnections"),
  run(input, context) {
    const all = context.state.table(vpcPeerings).by("scope", scopeKey(context));
    const wanted = chosen(all, input.VpcPeeringConnectionIds, ({ id }) => id, peeringNotFound);
    const fields = {
      "vpc-peering-connection-id": ({ id }: VpcPeeringRecord) => id,
      "accepter-vpc-info.cidr-block": ({ accepter }: VpcPeeringRecord) => accepter.cidrBlocks,
      "accepter-vpc-info.owner-id": ({ accepter }: VpcPeeringRecord) => accepter.account,
      "accepter-vpc-info.vpc-id": ({ accepter }: VpcPeeringRecord) => accepter.vpcId,
      "requester-vpc-info.cidr-block": ({ requester }: VpcPeeringRecord) => requester.cidrBlocks,
      "requester-vpc-info.owner-id": ({ requester }: VpcPeeringRecord) => requester.account,
      "requester-vpc-info.vpc-id": ({ requester }: VpcPeeringRecord) => requester.vpcId,
      "expiration-time": ({ expiresAt }: VpcPeeringRecord) => new Date(expiresAt).toISOString(),
      "status-code": ({ status }: VpcPeeringRecord) => status,
      "status-message": ({ statusMessage }: VpcPeeringRecord) => statusMessage,
    };
    const { items, ...more } = described(wanted, input, { id: ({ id }) => id, fields, tags: ({ tags }) => tags }, context);
    return { VpcPeeringConnections: items.map(shownPeering), ...more };
  },
});

export function shownPeering(peering: VpcPeeringRecord): VpcPeeringConnection {
  const { id, requester, accepter, status, statusMessage, expiresAt, tags } = peering;
  return {
    VpcPeeringConnectionId: id,
    RequesterVpcInfo: shownSide(requester),
    AccepterVpcInfo: shownSide(accepter),
    ...(status === "pending-acceptance" && { ExpirationTime: new Date(expiresAt) }),
    Status: { Code: status, Message: statusMessage },
    Tags: [...tags],
  };
}

function shownSide({ account, region, vpcId, cidrBlocks, remoteDnsResolution = false }: PeeringVpc): VpcPeeringConnectionVpcInfo {
  const [first] = cidrBlocks;
  return {
    OwnerId: account,
    Region: region,
    VpcId: vpcId,
    ...(first !== undefined && { CidrBlock: first, CidrBlockSet: cidrBlocks.map((CidrBlock) => ({ CidrBlock })) }),
    PeeringOptions: {
      AllowDnsResolutionFromRemoteVpc: remoteDnsResolution,
      AllowEgressFromLocalClassicLinkToRemoteVpc: false,
      AllowEgressFromLocalVpcToRemoteClassicLink: false,
    },
  };
}
