import type { Migration } from "./migration.ts";

/**
 * Route tables, internet gateways and network ACLs followed from their VPC and were no records. They become some, under the ids that they were shown with, so that
 * what names them, in people's own configurations too, goes on naming them.
 */
export const routesAreRecords: Migration = {
  to: 4,
  title: "route tables, internet gateways and network ACLs are records",
  migrate(contents) {
    const tables = contents.table("ec2.route-tables");
    const gateways = contents.table("ec2.internet-gateways");
    const acls = contents.table("ec2.network-acls");
    for (const [vpcId, { account, region, isDefault }] of contents.table("ec2.vpcs")) {
      const derived = (prefix: string): string => vpcId.replace(/^vpc-/, prefix);
      const own = { account, region, vpcId, tags: [] };
      const gatewayId = derived("igw-");
      if (isDefault) gateways.set(gatewayId, { ...own, id: gatewayId });
      const out = { destination: "0.0.0.0/0", target: { kind: "internet-gateway", id: gatewayId }, origin: "CreateRoute" };
      const associations = [{ id: derived("rtbassoc-"), main: true }];
      tables.set(derived("rtb-"), { ...own, id: derived("rtb-"), routes: isDefault ? [out] : [], associations });
      const entries = [true, false].map((egress) => ({ number: 100, egress, protocol: "-1", action: "allow", cidr: "0.0.0.0/0" }));
      acls.set(derived("acl-"), { ...own, id: derived("acl-"), isDefault: true, entries, associations: [] });
    }
  },
};
