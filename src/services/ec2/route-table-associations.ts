import type { RouteTableAssociation, RouteTableRecord } from "../../state/ec2-routing.ts";
import { routeTables } from "../../state/ec2-routing.ts";
import { AwsError } from "../aws-error.ts";
import type { AuthorizeScope, OperationContext } from "../operation.ts";
import { requireRouteTable } from "./create-route-table.ts";
import { invalidValue, operation } from "./ec2-operation.ts";
import { refuseUnsupported } from "./request-members.ts";
import { onNamed } from "./resource-permissions.ts";
import { requireSubnet } from "./subnets.ts";

const STATE = { State: "associated" as const };

export const associateRouteTable = operation("AssociateRouteTable", {
  authorize: onNamed("AssociateRouteTable", ({ RouteTableId = "*", SubnetId }) => [
    `route-table/${RouteTableId}`,
    ...(SubnetId === undefined ? [] : [`subnet/${SubnetId}`]),
  ]),
  run(input, context) {
    const { state, ids } = context;
    refuseUnsupported(input, {
      GatewayId: "a gateway's own route table would lead what comes in to an appliance",
      PublicIpv4Pool: "there are no pools of addresses of one's own",
    });
    const table = requireRouteTable(context, input.RouteTableId ?? "");
    if (input.SubnetId === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter subnetId");
    const subnet = requireSubnet(context, input.SubnetId);
    if (subnet.vpcId !== table.vpcId) throw differentNetworks(table, `subnet ${subnet.id}`);
    const tables = state.table(routeTables);
    const [known] = tables.by("subnet", subnet.id);
    if (known && known.id !== table.id)
      throw new AwsError(
        "Resource.AlreadyAssociated",
        `the specified association for route table ${table.id} conflicts with an existing association`,
      );
    const there = known?.associations.find(({ subnetId }) => subnetId === subnet.id);
    if (there) return { AssociationId: there.id, AssociationState: STATE };
    const association = { id: `rtbassoc-${ids.hex(17)}`, main: false, subnetId: subnet.id };
    state.commit(() => tables.update(table.id, (now) => ({ ...now, associations: [...now.associations, association] })));
    return { AssociationId: association.id, AssociationState: STATE };
  },
});

/** @param what such as `subnet subnet-0abc` */
export function differentNetworks({ id }: RouteTableRecord, what: string): AwsError {
  return invalidValue(`route table ${id} and ${what} belong to different networks`);
}

export const disassociateRouteTable = operation("DisassociateRouteTable", {
  authorize: onNamed("DisassociateRouteTable", ({ AssociationId }, at) => associated(AssociationId, at)),
  run({ AssociationId = "" }, context) {
    const { table, association } = requireAssociation(context, AssociationId);
    if (association.main) throw invalidValue(`cannot disassociate the main route table association ${association.id}`);
    context.state.commit(() => without(context, table, association.id));
    return {};
  },
});

export const replaceRouteTableAssociation = operation("ReplaceRouteTableAssociation", {
  authorize: onNamed("ReplaceRouteTableAssociation", ({ AssociationId, RouteTableId = "*" }, at) => [
    // One that is none is asked of the table alone that is named beside it.
    ...associated(AssociationId, at).filter((resource) => resource !== "route-table/*"),
    `route-table/${RouteTableId}`,
  ]),
  run({ AssociationId = "", RouteTableId = "" }, context) {
    const { state, ids } = context;
    const { table: before, association } = requireAssociation(context, AssociationId);
    const after = requireRouteTable(context, RouteTableId);
    if (after.vpcId !== before.vpcId) throw differentNetworks(after, `route table ${before.id}`);
    const moved = { ...association, id: `rtbassoc-${ids.hex(17)}` };
    state.commit(() => {
      without(context, before, association.id);
      state.table(routeTables).update(after.id, (now) => ({ ...now, associations: [...now.associations, moved] }));
    });
    return { NewAssociationId: moved.id, AssociationState: STATE };
  },
});

interface FoundAssociation {
  readonly table: RouteTableRecord;
  readonly association: RouteTableAssociation;
}

function requireAssociation({ state, account, region }: OperationContext, id: string): FoundAssociation {
  const [table] = state.table(routeTables).by("association", id);
  const association = table?.associations.find((one) => one.id === id);
  if (!table || !association || table.account !== account || table.region !== region)
    throw new AwsError("InvalidAssociationID.NotFound", `The association ID '${id}' does not exist`);
  return { table, association };
}

/** What an association is between, as IAM names it; where there is none, any table, since the operation will say so. */
function associated(id: string | undefined, { state }: AuthorizeScope): readonly string[] {
  const [table] = state.table(routeTables).by("association", id ?? "");
  const subnetId = table?.associations.find((one) => one.id === id)?.subnetId;
  return [`route-table/${table?.id ?? "*"}`, ...(subnetId === undefined ? [] : [`subnet/${subnetId}`])];
}

function without({ state }: OperationContext, { id }: RouteTableRecord, gone: string): void {
  state.table(routeTables).update(id, (now) => ({ ...now, associations: now.associations.filter((one) => one.id !== gone) }));
}
