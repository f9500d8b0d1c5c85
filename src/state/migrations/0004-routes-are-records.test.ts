import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { internetGateways } from "../ec2-gateways.ts";
import { networkAclOf } from "../ec2-network-acls.ts";
import { routesOf, routeTableOf } from "../ec2-routing.ts";
import { vpcs, type VpcRecord } from "../ec2.ts";
import { openState } from "../open-state.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const vpc = (id: string, isDefault: boolean): VpcRecord => ({ ...scope, id, cidrBlock: "172.31.0.0/16", isDefault, tags: [] });

async function migrated(...before: readonly VpcRecord[]) {
  const rows = [
    { table: "state.version", key: "version", value: '{"version":3}' },
    ...before.map((record) => ({ table: "ec2.vpcs", key: record.id, value: JSON.stringify(record) })),
  ];
  return openState(memoryJournal(new Map(rows.map((row) => [`${row.table}\n${row.key}`, row]))));
}

test("a default VPC keeps the route table, the gateway and the ACL that it was shown with", async () => {
  const state = await migrated(vpc("vpc-0a1", true));
  const subnet = { id: "subnet-1", vpcId: "vpc-0a1" };
  const table = routeTableOf(state, subnet)!;
  expect(table).toEqual({
    ...scope,
    id: "rtb-0a1",
    vpcId: "vpc-0a1",
    routes: [{ destination: "0.0.0.0/0", target: { kind: "internet-gateway", id: "igw-0a1" }, origin: "CreateRoute" }],
    associations: [{ id: "rtbassoc-0a1", main: true }],
    tags: [],
  });
  expect(routesOf(table, state.table(vpcs).get("vpc-0a1")).map(({ destination }) => destination)).toEqual(["172.31.0.0/16", "0.0.0.0/0"]);
  expect([...state.table(internetGateways).values()]).toEqual([{ ...scope, id: "igw-0a1", vpcId: "vpc-0a1", tags: [] }]);
  const open = { number: 100, protocol: "-1", action: "allow", cidr: "0.0.0.0/0" };
  expect(networkAclOf(state, subnet)).toEqual({
    ...scope,
    id: "acl-0a1",
    vpcId: "vpc-0a1",
    isDefault: true,
    entries: [
      { ...open, egress: true },
      { ...open, egress: false },
    ],
    associations: [],
    tags: [],
  });
});

test("another VPC has no way out", async () => {
  const state = await migrated(vpc("vpc-0b2", false));
  expect(routeTableOf(state, { id: "subnet-1", vpcId: "vpc-0b2" })?.routes).toEqual([]);
  expect(state.table(internetGateways).size).toBe(0);
});
