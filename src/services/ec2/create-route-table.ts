import { keyInScope } from "../../domain/scope.ts";
import { vpcEndpoints } from "../../state/ec2-endpoints.ts";
import { routeTables, type RouteTableRecord } from "../../state/ec2-routing.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { operation } from "./ec2-operation.ts";
import { madeBefore } from "./request-members.ts";
import { onNamed, onNewIn } from "./resource-permissions.ts";
import { routeTableNotFound, shownTable } from "./route-tables.ts";
import { tagsFor } from "./security-groups.ts";
import { requireVpc } from "./vpcs.ts";

/** Source: Amazon VPC User Guide, "Amazon VPC quotas". */
const MOST_IN_VPC = 200;

/** @throws InvalidRouteTableID.NotFound */
export function requireRouteTable({ state, account, region }: OperationContext, id: string): RouteTableRecord {
  const found = state.table(routeTables).get(id);
  if (!found || found.account !== account || found.region !== region) throw routeTableNotFound(id);
  return found;
}

export const createRouteTable = operation("CreateRouteTable", {
  authorize: onNewIn("CreateRouteTable", "route-table", ({ VpcId = "*" }) => [`vpc/${VpcId}`]),
  run({ VpcId = "", TagSpecifications, ClientToken }, context) {
    const { state, ids, account, region } = context;
    const tags = tagsFor("route-table", TagSpecifications);
    const vpc = requireVpc(context, VpcId);
    const tables = state.table(routeTables);
    const token = ClientToken === undefined ? {} : { clientToken: ClientToken };
    const made = ClientToken === undefined ? [] : tables.by("token", keyInScope(context, ClientToken));
    const table =
      madeBefore(made, ({ vpcId }) => vpcId === vpc.id) ??
      state.commit(() => {
        if (tables.count("vpc", vpc.id) >= MOST_IN_VPC)
          throw new AwsError("RouteTableLimitExceeded", "The maximum number of route tables has been reached.");
        const id = `rtb-${ids.hex(17)}`;
        return tables.insert({ id, account, region, vpcId: vpc.id, routes: [], associations: [], ...token, tags });
      });
    return { RouteTable: shownTable(table, context), ...(ClientToken !== undefined && { ClientToken }) };
  },
});

export const deleteRouteTable = operation("DeleteRouteTable", {
  authorize: onNamed("DeleteRouteTable", ({ RouteTableId = "*" }) => [`route-table/${RouteTableId}`]),
  run({ RouteTableId = "" }, context) {
    const { state } = context;
    const { id, associations } = requireRouteTable(context, RouteTableId);
    if (associations.length > 0)
      throw new AwsError("DependencyViolation", `The routeTable '${id}' has dependencies and cannot be deleted.`);
    state.commit(() => {
      // A gateway endpoint's route goes with its table.
      for (const endpoint of state.table(vpcEndpoints).by("routeTable", id))
        state.table(vpcEndpoints).put({ ...endpoint, routeTableIds: endpoint.routeTableIds.filter((one) => one !== id) });
      state.table(routeTables).delete(id);
    });
    return {};
  },
});
