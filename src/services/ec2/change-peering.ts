import type { ModifyVpcPeeringConnectionOptionsCommandInput, PeeringConnectionOptionsRequest } from "@aws-sdk/client-ec2";
import { keyInScope, scopeKey } from "../../domain/scope.ts";
import { changePeering, statusAt, vpcPeerings, type PeeringVpc, type VpcPeeringRecord } from "../../state/ec2-peering.ts";
import { vpcs } from "../../state/ec2.ts";
import { AwsError } from "../aws-error.ts";
import type { AuthorizeScope, OperationContext, Permission, RequestScope } from "../operation.ts";
import { onOne, operation, unsupported } from "./ec2-operation.ts";
import { requirePeering, shownPeering } from "./peerings.ts";
import { hasDnsHostnames, hasDnsSupport } from "./vpc-attributes.ts";

interface NamesPeering {
  readonly VpcPeeringConnectionId?: string | undefined;
}

const onPeering =
  (action: string) =>
  ({ VpcPeeringConnectionId }: NamesPeering, at: RequestScope): Permission =>
    onOne(action, "vpc-peering-connection", VpcPeeringConnectionId, at);

/** The caller's VPC that a connection is to be accepted for; `undefined` where there is no such connection. */
function accepterOf({ VpcPeeringConnectionId: id = "" }: NamesPeering, { state, account, region }: AuthorizeScope): string | undefined {
  return state.table(vpcPeerings).get(keyInScope({ account, region }, id))?.accepter.vpcId;
}

/** @throws InvalidStateTransition */
function refuseUnless(peering: VpcPeeringRecord, from: readonly string[], to: string, now: number): void {
  const status = statusAt(peering, now);
  if (!from.includes(status))
    throw new AwsError(
      "InvalidStateTransition",
      `Invalid state transition for ${peering.id}, attempted to transition from ${status} to ${to}`,
    );
}

/** What a request may do that is the accepter's alone. @throws OperationNotPermitted */
function refuseUnlessAccepter({ id, accepter }: VpcPeeringRecord, what: string, { account, region }: OperationContext): void {
  if (accepter.account !== account) throw new AwsError("OperationNotPermitted", `User ${account} cannot ${what} peering ${id}`);
  if (accepter.region !== region)
    throw new AwsError(
      "OperationNotPermitted",
      `Incorrect region (${region}) specified for this request. VPC peering connection ${id} must be ${what}ed in region ${accepter.region}`,
    );
}

export const acceptVpcPeeringConnection = operation("AcceptVpcPeeringConnection", {
  authorize: (input, at) => [
    onPeering("AcceptVpcPeeringConnection")(input, at),
    onOne("AcceptVpcPeeringConnection", "vpc", accepterOf(input, at), at),
  ],
  run({ VpcPeeringConnectionId = "" }, context) {
    const { state, now } = context;
    const peering = requirePeering(context, VpcPeeringConnectionId);
    refuseUnlessAccepter(peering, "accept", context);
    refuseUnless(peering, ["pending-acceptance"], "active", now);
    state.commit(() => changePeering(state.whole, peering.id, { status: "active", statusMessage: "Active" }));
    const Status = { Code: "provisioning" as const, Message: "Provisioning" };
    return { VpcPeeringConnection: { ...shownPeering(requirePeering(context, peering.id), context), Status } };
  },
});

export const rejectVpcPeeringConnection = operation("RejectVpcPeeringConnection", {
  authorize: onPeering("RejectVpcPeeringConnection"),
  run({ VpcPeeringConnectionId = "" }, context) {
    const { state, account, now } = context;
    const peering = requirePeering(context, VpcPeeringConnectionId);
    refuseUnlessAccepter(peering, "reject", context);
    refuseUnless(peering, ["pending-acceptance"], "rejected", now);
    state.commit(() =>
      changePeering(state.whole, peering.id, { status: "rejected", statusMessage: `Rejected by ${account}`, endedAt: now }),
    );
    return { Return: true };
  },
});

/** Either side ends an active connection, and the requester one that is not accepted yet. */
export const deleteVpcPeeringConnection = operation("DeleteVpcPeeringConnection", {
  authorize: onPeering("DeleteVpcPeeringConnection"),
  run({ VpcPeeringConnectionId = "" }, context) {
    const { state, account, now } = context;
    const peering = requirePeering(context, VpcPeeringConnectionId);
    const isRequester = scopeKey(peering.requester) === scopeKey(context);
    refuseUnless(peering, isRequester ? ["active", "pending-acceptance"] : ["active"], "deleted", now);
    state.commit(() => changePeering(state.whole, peering.id, { status: "deleted", statusMessage: `Deleted by ${account}`, endedAt: now }));
    return { Return: true };
  },
});

/** Kept and told: there are no public host names here that DNS could lead to private addresses. */
export const modifyVpcPeeringConnectionOptions = operation("ModifyVpcPeeringConnectionOptions", {
  authorize: onPeering("ModifyVpcPeeringConnectionOptions"),
  run(input, context) {
    const { state, now } = context;
    const peering = requirePeering(context, input.VpcPeeringConnectionId ?? "");
    refuseClassicLink(input);
    if (statusAt(peering, now) !== "active")
      throw new AwsError(
        "OperationNotPermitted",
        `Peering ${peering.id} is not active. Peering options can be added only to active peerings.`,
      );
    const requester = sideWith(peering.requester, input.RequesterPeeringConnectionOptions, context);
    const accepter = sideWith(peering.accepter, input.AccepterPeeringConnectionOptions, context);
    state.commit(() => changePeering(state.whole, peering.id, { requester, accepter }));
    return {
      ...(input.RequesterPeeringConnectionOptions && { RequesterPeeringConnectionOptions: shownOptions(requester) }),
      ...(input.AccepterPeeringConnectionOptions && { AccepterPeeringConnectionOptions: shownOptions(accepter) }),
    };
  },
});

function refuseClassicLink(input: ModifyVpcPeeringConnectionOptionsCommandInput): void {
  for (const options of [input.RequesterPeeringConnectionOptions, input.AccepterPeeringConnectionOptions])
    for (const name of ["AllowEgressFromLocalClassicLinkToRemoteVpc", "AllowEgressFromLocalVpcToRemoteClassicLink"] as const)
      if (options?.[name]) throw unsupported(`The parameter ${name} is not supported: ClassicLink is gone.`);
}

/** A side as its owner wants it, and only the owner. */
function sideWith(side: PeeringVpc, wanted: PeeringConnectionOptionsRequest | undefined, context: OperationContext): PeeringVpc {
  if (!wanted) return side;
  if (scopeKey(side) !== scopeKey(context))
    throw new AwsError(
      "OperationNotPermitted",
      `User ${context.account} cannot modify the peering options of ${side.vpcId} in ${side.region}`,
    );
  const remoteDnsResolution = wanted.AllowDnsResolutionFromRemoteVpc;
  if (remoteDnsResolution === undefined) return side;
  const vpc = context.state.table(vpcs).get(side.vpcId);
  if (remoteDnsResolution && vpc && !(hasDnsHostnames(vpc) && hasDnsSupport(vpc)))
    throw new AwsError(
      "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled",
      "To enable DNS hostname resolution for the VPC peering connection, DNS hostname support must be enabled for the VPCs.",
    );
  return { ...side, remoteDnsResolution };
}

function shownOptions({ remoteDnsResolution = false }: PeeringVpc): PeeringConnectionOptionsRequest {
  return {
    AllowDnsResolutionFromRemoteVpc: remoteDnsResolution,
    AllowEgressFromLocalClassicLinkToRemoteVpc: false,
    AllowEgressFromLocalVpcToRemoteClassicLink: false,
  };
}
