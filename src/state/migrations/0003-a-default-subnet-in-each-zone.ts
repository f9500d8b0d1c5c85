import { createHash } from "node:crypto";
import { availabilityZones } from "../../domain/availability-zones.ts";
import type { Migration } from "./migration.ts";

const MOST_BLOCKS = 16;

/**
 * Default VPCs had a default subnet in two zones. The others get theirs, behind the blocks that are taken; those that are there stay as
 * they are, but for the ids of GovCloud's zones, which were none of AWS's. The new subnets' ids come from the VPC's, so that the step gives
 * the same when it is run again.
 */
export const aDefaultSubnetInEachZone: Migration = {
  to: 3,
  title: "default VPCs have a subnet in each zone",
  migrate(contents) {
    const subnets = contents.table("ec2.subnets");
    for (const [vpcId, { account, region, cidrBlock, isDefault }] of contents.table("ec2.vpcs")) {
      if (!isDefault) continue;
      const known = [...subnets].filter(([, subnet]) => subnet["vpcId"] === vpcId);
      const taken = new Set(known.map(([, subnet]) => subnet["cidrBlock"]));
      for (const { name: availabilityZone, id: availabilityZoneId } of availabilityZones(region as string)) {
        const there = known.find(([, subnet]) => subnet["defaultForAz"] === true && subnet["availabilityZone"] === availabilityZone);
        if (there) {
          subnets.set(there[0], { ...there[1], availabilityZoneId });
          continue;
        }
        const free = blocksOf(cidrBlock as string).find((block) => !taken.has(block));
        if (free === undefined) continue;
        taken.add(free);
        const id = `subnet-${createHash("sha256").update(`${vpcId}/${availabilityZone}`).digest("hex").slice(0, 17)}`;
        const settings = { defaultForAz: true, mapPublicIpOnLaunch: true, tags: [] };
        subnets.set(id, { account, region, id, vpcId, cidrBlock: free, availabilityZone, availabilityZoneId, ...settings });
      }
    }
  },
};

/** The /20 blocks of a /16. */
function blocksOf(cidrBlock: string): readonly string[] {
  const prefix = cidrBlock.split(".").slice(0, 2).join(".");
  return Array.from({ length: MOST_BLOCKS }, (_, at) => `${prefix}.${at * 16}.0/20`);
}
