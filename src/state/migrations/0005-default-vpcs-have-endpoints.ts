import type { Migration } from "./migration.ts";

/**
 * A default VPC comes with endpoints. Those of earlier versions get theirs at the start that follows: making them takes ids and free addresses, which a migration has not.
 */
export const defaultVpcsHaveEndpoints: Migration = {
  to: 5,
  title: "default VPCs have endpoints",
  migrate(contents) {
    const due = contents.table("ec2.default-endpoints-due");
    for (const [vpcId, { account, isDefault }] of contents.table("ec2.vpcs")) if (isDefault === true) due.set(vpcId, { vpcId, account });
  },
};
