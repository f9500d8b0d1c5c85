import type { Ids } from "../ports/ids.ts";
import { internetGateways } from "./ec2-gateways.ts";
import { networkAcls } from "./ec2-network-acls.ts";
import { routeTables } from "./ec2-routing.ts";
import type { VpcRecord } from "./ec2.ts";
import type { State } from "./state.ts";

/** The rules that a default network ACL begins with: everything, in both directions. */
const OPEN = [true, false].map((egress) => ({ number: 100, egress, protocol: "-1", action: "allow" as const, cidr: "0.0.0.0/0" }));

/**
 * What every VPC has from its beginning on besides its default security group: the main route table and the default network ACL; a default VPC also an internet gateway, and
 * the route to it. Needs an open commit.
 */
export function putVpcBasics(state: State, ids: Ids, { id: vpcId, account, region, isDefault }: VpcRecord): void {
  const own = { account, region, tags: [] };
  const gatewayId = `igw-${ids.hex(17)}`;
  if (isDefault) state.table(internetGateways).put({ ...own, id: gatewayId, vpcId });
  const out = { destination: "0.0.0.0/0", target: { kind: "internet-gateway" as const, id: gatewayId }, origin: "CreateRoute" as const };
  state.table(routeTables).put({
    ...own,
    id: `rtb-${ids.hex(17)}`,
    vpcId,
    routes: isDefault ? [out] : [],
    associations: [{ id: `rtbassoc-${ids.hex(17)}`, main: true }],
  });
  state.table(networkAcls).put({ ...own, id: `acl-${ids.hex(17)}`, vpcId, isDefault: true, entries: OPEN, associations: [] });
}
