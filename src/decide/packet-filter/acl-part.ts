import { blockHas } from "../../domain/cidr.ts";
import { HOST_ADDRESS, type WorldAcl, type WorldAclEntry, type WorldSubnet } from "../../domain/network-world.ts";
import type { FilterContents, FilterRule, FilterTest } from "../../domain/packet-filter.ts";
import type { Way } from "./group-part.ts";
import { back, between, drop, goto, inBlock, inSet, protocol, rule } from "./rules.ts";

const aclChain = (aclId: string, way: Way): string => `acl.${aclId}.${way}`;
/** Where packets go that leave or come to a subnet. */
export const subnetChain = (subnetId: string, way: Way): string => `subnet.${subnetId}.${way}`;

/** Whether nothing is asked of it: the first entry of each way lets everything through. */
export function isOpenAcl({ ingress, egress }: WorldAcl): boolean {
  return [ingress, egress].every((entries) => {
    const [first] = entries.toSorted(byNumber);
    return first?.allows === true && first.protocol === "all" && first.block === "0.0.0.0/0";
  });
}

/** What the filter holds of a network ACL: its entries, one after the other; what none of them lets through is dropped. */
export function aclPart(acl: WorldAcl): FilterContents {
  return {
    sets: new Map(),
    chains: new Map(
      (["in", "out"] as const).flatMap((way) => {
        const entries = (way === "in" ? acl.ingress : acl.egress).toSorted(byNumber);
        const name = aclChain(acl.id, way);
        const peer = way === "in" ? "source" : "destination";
        const host = entries.filter(({ block }) => blockHas(block, HOST_ADDRESS));
        return [
          [name, { rules: [...entries.map((entry) => entryRule(entry, inBlock(peer, entry.block))), rule(drop)] }],
          [`${name}.host`, { rules: [...host.map((entry) => entryRule(entry)), rule(drop)] }],
        ] as const;
      }),
    ),
  };
}

/** The subnet's way to its ACL, which is not asked about what stays in the subnet. */
export function subnetPart({ id, block, aclId }: WorldSubnet): FilterContents {
  return {
    sets: new Map(),
    chains: new Map(
      (["in", "out"] as const).map((way) => {
        const peer = way === "in" ? "source" : "destination";
        const name = aclChain(aclId, way);
        return [
          subnetChain(id, way),
          {
            rules: [
              rule(goto(`${name}.host`), inSet("gateways", peer)),
              rule(goto(`${name}.host`), inSet("self", "source", "destination")),
              rule(back, inBlock(peer, block)),
              rule(goto(name)),
            ],
          },
        ];
      }),
    ),
  };
}

function entryRule({ allows, protocol: number, ports, icmp }: WorldAclEntry, ...tests: readonly FilterTest[]): FilterRule {
  const traffic: FilterTest[] = [...tests];
  if (number !== "all") {
    traffic.push(protocol(number));
    if (ports) traffic.push(between("port", ports.from, ports.to));
    if (icmp) {
      const first = icmp.type * 256;
      traffic.push(
        icmp.code === "all" ? between("type-and-code", first, first + 255) : between("type-and-code", first + icmp.code, first + icmp.code),
      );
    }
  }
  return rule(allows ? back : drop, ...traffic);
}

function byNumber(a: WorldAclEntry, b: WorldAclEntry): number {
  return a.number - b.number;
}
