import type { CreateVpcPeeringConnectionCommandInput } from "@aws-sdk/client-ec2";
import { overlapping } from "../../decide/addresses/vpc-block.ts";
import { arn } from "../../domain/arn.ts";
import { isAccount, isRegion, scopeKey } from "../../domain/scope.ts";
import { isTold, statusAt, vpcPeerings, type PeeringVpc, type VpcPeeringRecord } from "../../state/ec2-peering.ts";
import { vpcBlocks, vpcs } from "../../state/ec2.ts";
import { AwsError } from "../aws-error.ts";
import type { AuthorizeScope, Permission, RequestScope } from "../operation.ts";
import { invalidValue, onNew, onOne, operation } from "./ec2-operation.ts";
import { shownPeering } from "./peerings.ts";
import { tagsFor } from "./security-groups.ts";
import { requireVpc } from "./vpcs.ts";

const WEEK_MS = 7 * 24 * 3_600_000;
/** Source: VPC Peering Guide, "VPC peering connection quotas". */
const MOST_ACTIVE = 50;
const MOST_PENDING = 25;

export const createVpcPeeringConnection = operation("CreateVpcPeeringConnection", {
  authorize: onNewPeering,
  run(input, context) {
    const { state, ids, account, region, now } = context;
    const accepter = peerIn(input, context);
    const tags = tagsFor("vpc-peering-connection", input.TagSpecifications);
    const vpc = requireVpc(context, input.VpcId ?? "");
    if (accepter.vpcId === vpc.id) throw invalidValue("The requester VPC and the accepter VPC must not be the same.");
    const known = state
      .table(vpcPeerings)
      .by("vpc", vpc.id)
      .filter((copy) => scopeKey(copy) === scopeKey(context));
    const same = known.find((peering) => isLive(peering, now) && isBetween(peering, vpc.id, accepter.vpcId));
    if (same && statusAt(same, now) === "active")
      throw new AwsError("VpcPeeringConnectionAlreadyExists", `A VPC peering connection between the VPCs already exists: ${same.id}.`);
    // A request that is under way is the same one.
    if (same) return { VpcPeeringConnection: shownPeering(same, context) };
    refuseMany(known, now);
    const peer = state.whole.table(vpcs).get(accepter.vpcId);
    const fails = !peer || scopeKey(peer) !== scopeKey(accepter) || overlapping(vpcBlocks(peer), vpc.cidrBlock) !== undefined;
    const made: VpcPeeringRecord = {
      id: `pcx-${ids.hex(17)}`,
      account,
      region,
      requester: { account, region, vpcId: vpc.id },
      accepter,
      ...(fails
        ? { status: "failed", statusMessage: "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range", endedAt: now }
        : { status: "pending-acceptance", statusMessage: `Pending Acceptance by ${accepter.account}` }),
      expiresAt: now + WEEK_MS,
      tags,
    };
    state.commit(() => {
      for (const old of known) if (!isTold(old, now)) state.table(vpcPeerings).delete(vpcPeerings.key(old));
      // The other side's copy is in the other account, or region.
      if (peer && !fails && scopeKey(peer) !== scopeKey(context))
        state.whole.table(vpcPeerings).insert({ ...made, account: peer.account, region: peer.region, tags: [] });
      state.table(vpcPeerings).insert(made);
    });
    const Status = { Code: "initiating-request" as const, Message: `Initiating Request to ${accepter.account}` };
    return { VpcPeeringConnection: { ...shownPeering(made, context), Status } };
  },
});

function peerIn(
  { PeerVpcId: vpcId, PeerOwnerId: owner, PeerRegion: peerRegion }: CreateVpcPeeringConnectionCommandInput,
  { account, region }: RequestScope,
): PeeringVpc {
  if (vpcId === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter peerVpcId");
  if (owner !== undefined && !isAccount(owner)) throw invalidValue(`Value (${owner}) for parameter peerOwnerId is invalid.`);
  if (peerRegion !== undefined && !isRegion(peerRegion)) throw invalidValue(`Value (${peerRegion}) for parameter peerRegion is invalid.`);
  return { account: owner ?? account, region: peerRegion ?? region, vpcId };
}

/** Source: Service Authorization Reference; VPC Peering Guide, "Identity and access management for VPC peering". */
function onNewPeering(input: CreateVpcPeeringConnectionCommandInput, at: AuthorizeScope): readonly Permission[] {
  const requester = at.arn("ec2", `vpc/${input.VpcId ?? "*"}`);
  const peer = { account: input.PeerOwnerId ?? at.account, region: input.PeerRegion ?? at.region };
  const between = { "ec2:RequesterVpc": requester, "ec2:AccepterVpc": arn("ec2", peer, `vpc/${input.PeerVpcId ?? "*"}`) };
  const [created, ...tagging] = onNew("CreateVpcPeeringConnection", "vpc-peering-connection")(input, at);
  return [
    ...(created ? [{ ...created, context: { ...created.context, ...between } }] : []),
    onOne("CreateVpcPeeringConnection", "vpc", input.VpcId, at),
    ...tagging,
  ];
}

const isLive = (peering: VpcPeeringRecord, now: number): boolean => ["active", "pending-acceptance"].includes(statusAt(peering, now));

function isBetween({ requester, accepter }: VpcPeeringRecord, one: string, other: string): boolean {
  return (requester.vpcId === one && accepter.vpcId === other) || (requester.vpcId === other && accepter.vpcId === one);
}

function refuseMany(known: readonly VpcPeeringRecord[], now: number): void {
  const count = (status: string): number => new Set(known.filter((peering) => statusAt(peering, now) === status).map(({ id }) => id)).size;
  if (count("active") >= MOST_ACTIVE)
    throw new AwsError(
      "ActiveVpcPeeringConnectionPerVpcLimitExceeded",
      "You've reached the limit on the number of active VPC peering connections for the specified VPC.",
    );
  if (count("pending-acceptance") >= MOST_PENDING)
    throw new AwsError(
      "OutstandingVpcPeeringConnectionLimitExceeded",
      "You've reached the limit on the number of VPC peering connection requests that you can create for the specified VPC.",
    );
}
