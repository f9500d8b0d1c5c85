import { withoutDefaultVpc } from "../../state/default-vpc.ts";
import { vpcEndpoints } from "../../state/ec2-endpoints.ts";
import { egressOnlyInternetGateways, internetGateways, natGateways } from "../../state/ec2-gateways.ts";
import { networkAcls } from "../../state/ec2-network-acls.ts";
import { changePeering, vpcPeerings } from "../../state/ec2-peering.ts";
import { routeTables } from "../../state/ec2-routing.ts";
import { securityGroups, subnets, vpcs, type VpcRecord } from "../../state/ec2.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import type { State } from "../../state/state.ts";
import { AwsError } from "../aws-error.ts";
import { onOne, operation } from "./ec2-operation.ts";
import { requireVpc } from "./vpcs.ts";

/**
 * What was made in a VPC has to go before it does. What every VPC has from its beginning (its default security group, main route table and default network ACL) goes with it, and its peering connections end. Source:
 * API reference, DeleteVpc.
 */
export const deleteVpc = operation("DeleteVpc", {
  authorize: ({ VpcId }, at) => onOne("DeleteVpc", "vpc", VpcId, at),
  run({ VpcId = "" }, context) {
    const { state, account, region, now } = context;
    const vpc = requireVpc(context, VpcId);
    if (hasDependents(state, vpc)) throw new AwsError("DependencyViolation", `The vpc '${vpc.id}' has dependencies and cannot be deleted.`);
    state.commit(() => {
      for (const { id } of state.table(securityGroups).by("vpc", vpc.id)) state.table(securityGroups).delete(id);
      for (const { id } of state.table(routeTables).by("vpc", vpc.id)) state.table(routeTables).delete(id);
      for (const { id } of state.table(networkAcls).by("vpc", vpc.id)) state.table(networkAcls).delete(id);
      for (const peering of state.table(vpcPeerings).by("vpc", vpc.id))
        if (peering.endedAt === undefined)
          changePeering(state.whole, peering.id, { status: "deleted", statusMessage: `Deleted by ${account}`, endedAt: now });
      if (vpc.isDefault) state.table(withoutDefaultVpc).put({ account, region });
      state.table(vpcs).delete(vpc.id);
    });
    return {};
  },
});

function hasDependents(state: State, { id }: VpcRecord): boolean {
  return (
    state.table(subnets).count("vpc", id) > 0 ||
    state.table(networkInterfaces).count("vpc", id) > 0 ||
    state.table(vpcEndpoints).count("vpc", id) > 0 ||
    state.table(internetGateways).count("vpc", id) > 0 ||
    state.table(egressOnlyInternetGateways).count("vpc", id) > 0 ||
    state
      .table(natGateways)
      .by("vpc", id)
      .some((gateway) => gateway.state === "pending" || gateway.state === "available" || gateway.state === "deleting") ||
    state
      .table(securityGroups)
      .by("vpc", id)
      .some(({ name }) => name !== "default") ||
    state
      .table(routeTables)
      .by("vpc", id)
      .some(({ associations }) => !associations.some(({ main }) => main)) ||
    state
      .table(networkAcls)
      .by("vpc", id)
      .some(({ isDefault }) => !isDefault)
  );
}
