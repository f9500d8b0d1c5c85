import type { ModifyVpcEndpointCommandInput } from "@aws-sdk/client-ec2";
import { defined } from "../../../domain/defined.ts";
import { endpointService } from "../../../domain/endpoint-services.ts";
import { vpcEndpoints, type VpcEndpointRecord } from "../../../state/ec2-endpoints.ts";
import type { VpcRecord } from "../../../state/ec2.ts";
import { networkInterfaces } from "../../../state/network-interfaces.ts";
import { defaultGivesWay, placeEndpoint, putEndpointRoute, removeEndpointRoute } from "../../../state/new-endpoint.ts";
import { AwsError } from "../../aws-error.ts";
import type { OperationContext } from "../../operation.ts";
import { operation } from "../ec2-operation.ts";
import { groupsFor } from "../interfaces/interface-groups.ts";
import { drawing } from "../interfaces/wanted-address.ts";
import { requireVpc } from "../vpcs.ts";
import { endpointNotFound } from "./describe-vpc-endpoints.ts";
import { refuseDnsOptions } from "./dns-options.ts";
import { onChangedEndpoint } from "./endpoint-permissions.ts";
import { invalidParameter, placesIn, policyText, refusePrivateDns, tablesFor } from "./endpoint-parts.ts";

/** @throws InvalidVpcEndpointId.NotFound, InvalidVpcEndpointId.Malformed */
export function requireEndpoint({ state, account, region }: OperationContext, id: string): VpcEndpointRecord {
  if (!/^vpce-[0-9a-f]+$/.test(id)) throw new AwsError("InvalidVpcEndpointId.Malformed", `The Vpc Endpoint Id '${id}' is malformed`);
  const found = state.table(vpcEndpoints).get(id);
  if (!found || found.account !== account || found.region !== region) throw endpointNotFound(id);
  return found;
}

export const modifyVpcEndpoint = operation("ModifyVpcEndpoint", {
  authorize: onChangedEndpoint,
  run(input, context) {
    const found = requireEndpoint(context, input.VpcEndpointId ?? "");
    if (found.state === "deleting")
      throw new AwsError("InvalidVpcEndpointState", `The Vpc Endpoint '${found.id}' is not in a state in which it can be modified.`);
    const vpc = requireVpc(context, found.vpcId);
    const { ResetPolicy: reset = false, PolicyDocument: text } = input;
    if (reset && text !== undefined)
      throw new AwsError("InvalidParameterCombination", "The parameters ResetPolicy and PolicyDocument cannot be used together.");
    const policy = reset ? undefined : text === undefined ? found.policy : policyText(text);
    const { policy: _before, ...rest } = found;
    const base: VpcEndpointRecord = { ...rest, ...defined({ policy }) };
    if (found.type === "Gateway") changeGateway(input, base, vpc, context);
    else changeInterface(input, base, vpc, context);
    return { Return: true };
  },
});

function changeGateway(input: ModifyVpcEndpointCommandInput, base: VpcEndpointRecord, vpc: VpcRecord, context: OperationContext): void {
  const { AddRouteTableIds: added = [], RemoveRouteTableIds: removed = [] } = input;
  const others = [
    ["AddSubnetIds", input.AddSubnetIds],
    ["RemoveSubnetIds", input.RemoveSubnetIds],
    ["AddSecurityGroupIds", input.AddSecurityGroupIds],
    ["RemoveSecurityGroupIds", input.RemoveSecurityGroupIds],
    ["SubnetConfigurations", input.SubnetConfigurations],
  ] as const;
  for (const [member, list] of others)
    if (list && list.length > 0) throw invalidParameter(`${member} are not supported for Gateway type VPC Endpoint.`);
  if (input.PrivateDnsEnabled) throw invalidParameter("Private DNS can't be enabled for Gateway type VPC Endpoint.");
  const service = endpointService(base.region, base.serviceName);
  if (service) refuseDnsOptions(input, service);
  const fresh = tablesFor(
    context,
    vpc,
    base.serviceName,
    added.filter((id) => !base.routeTableIds.includes(id)),
  );
  const { state } = context;
  state.commit(() => {
    defaultGivesWay(state, { ...base, routeTableIds: fresh });
    for (const id of removed) removeEndpointRoute(state, base.id, id);
    for (const id of fresh) putEndpointRoute(state, base, id);
    const routeTableIds = [...base.routeTableIds.filter((id) => !removed.includes(id)), ...fresh];
    state.table(vpcEndpoints).put({ ...base, routeTableIds });
  });
}

function changeInterface(input: ModifyVpcEndpointCommandInput, base: VpcEndpointRecord, vpc: VpcRecord, context: OperationContext): void {
  const { state, ids, now } = context;
  for (const [member, list] of [
    ["AddRouteTableIds", input.AddRouteTableIds],
    ["RemoveRouteTableIds", input.RemoveRouteTableIds],
  ] as const)
    if (list && list.length > 0) throw invalidParameter(`${member} are not supported for Interface type VPC Endpoint.`);
  const removed = input.RemoveSubnetIds ?? [];
  for (const id of removed)
    if (!base.subnetIds.includes(id)) throw invalidParameter(`Subnet ${id} is not associated with VPC endpoint ${base.id}.`);
  const staying = base.subnetIds.filter((id) => !removed.includes(id));
  const added = (input.AddSubnetIds ?? []).filter((id) => !staying.includes(id));
  const places = placesIn(context, vpc, added, input.SubnetConfigurations ?? [], staying);
  const groupIds = changedGroups(input, base, context);
  const privateDns = changedPrivateDns(input, base, vpc, context);
  drawing(() =>
    state.commit(() => {
      if (!base.privateDnsEnabled) defaultGivesWay(state, { ...base, ...privateDns });
      const table = state.table(networkInterfaces);
      const left = table.by("vpcEndpoint", base.id).filter(({ subnetId }) => removed.includes(subnetId));
      for (const { id } of left) table.delete(id);
      const gone = new Set(left.map(({ id }) => id));
      const made = places.map((place) => placeEndpoint(state, ids, base.id, place, now));
      state.table(vpcEndpoints).put({
        ...base,
        ...privateDns,
        groupIds,
        // Until this host answers at the new addresses.
        state: made.length > 0 ? "pending" : base.state,
        subnetIds: [...staying, ...added],
        networkInterfaceIds: [...base.networkInterfaceIds.filter((id) => !gone.has(id)), ...made],
      });
    }),
  );
}

function changedGroups(input: ModifyVpcEndpointCommandInput, base: VpcEndpointRecord, context: OperationContext): readonly string[] {
  const { AddSecurityGroupIds: added = [], RemoveSecurityGroupIds: removed = [] } = input;
  if (added.length + removed.length === 0) return base.groupIds;
  const wanted = [...base.groupIds.filter((id) => !removed.includes(id)), ...added];
  // One that is not there is none that was taken away.
  if (removed.length > 0) groupsFor(context, base.vpcId, removed);
  if (wanted.length === 0) throw invalidParameter("At least one security group is required for an Interface type VPC Endpoint.");
  return groupsFor(context, base.vpcId, wanted);
}

function changedPrivateDns(
  input: ModifyVpcEndpointCommandInput,
  base: VpcEndpointRecord,
  vpc: VpcRecord,
  context: OperationContext,
): Pick<VpcEndpointRecord, "privateDnsEnabled" | "privateDnsOnlyForInboundResolverEndpoint"> {
  const service = endpointService(base.region, base.serviceName);
  const before = base.privateDnsOnlyForInboundResolverEndpoint;
  const only = (service && refuseDnsOptions(input, service)) ?? before;
  const privateDnsEnabled = input.PrivateDnsEnabled ?? base.privateDnsEnabled;
  if (privateDnsEnabled && service && (!base.privateDnsEnabled || only !== before)) refusePrivateDns(context, vpc, service, only, base.id);
  return { privateDnsEnabled, ...defined({ privateDnsOnlyForInboundResolverEndpoint: only }) };
}
