import { availabilityZones } from "../domain/availability-zones.ts";
import type { Scope } from "../domain/scope.ts";
import type { Ids } from "../ports/ids.ts";
import { overlap, parseCidr } from "../domain/cidr.ts";
import { securityGroups, subnets, vpcs, type SecurityGroupRecord, type SubnetRecord, type VpcRecord } from "./ec2.ts";
import { hostBlocks } from "./host-blocks.ts";
import type { State, WholeState } from "./state.ts";

export interface DefaultNetwork {
  readonly vpc: VpcRecord;
  readonly subnets: readonly SubnetRecord[];
  readonly securityGroup: SecurityGroupRecord;
}

/**
 * The default VPC of an account and region, with a subnet in each zone and the default security group; made at the first
 * use. AWS gives every region 172.31.0.0/16; since all VPCs share one host here, only the first one
 * gets it, the others one of their own.
 */
export function defaultNetwork(state: WholeState, ids: Ids, { account, region }: Scope): DefaultNetwork {
  // Callers may pass something larger, none of which belongs in a record.
  const scope = { account, region };
  const key = `${scope.account}/${scope.region}`;
  const known = state
    .table(vpcs)
    .by("scope", key)
    .find((vpc) => vpc.isDefault);
  if (known) return existing(state, known);
  return state.commit(() => {
    const prefix = freePrefix(state);
    const vpc = state.table(vpcs).put({ ...scope, id: `vpc-${ids.hex(17)}`, cidrBlock: `${prefix}.0.0/16`, isDefault: true, tags: [] });
    for (const [at, zone] of availabilityZones(scope.region).entries())
      state.table(subnets).put({
        ...scope,
        id: `subnet-${ids.hex(17)}`,
        vpcId: vpc.id,
        cidrBlock: `${prefix}.${at * 16}.0/20`,
        availabilityZone: zone.name,
        availabilityZoneId: zone.id,
        defaultForAz: true,
        mapPublicIpOnLaunch: true,
        tags: [],
      });
    putDefaultSecurityGroup(state, ids, vpc);
    return existing(state, vpc);
  });
}

/** The `default` security group that every VPC has: all traffic among its members, all traffic out. */
export function putDefaultSecurityGroup(state: State, ids: Ids, vpc: VpcRecord): SecurityGroupRecord {
  const id = `sg-${ids.hex(17)}`;
  const rule = { ipProtocol: "-1", fromPort: -1, toPort: -1, tags: [] } as const;
  return state.table(securityGroups).put({
    id,
    name: "default",
    description: "default VPC security group",
    account: vpc.account,
    region: vpc.region,
    vpcId: vpc.id,
    rules: [
      { ...rule, id: `sgr-${ids.hex(17)}`, isEgress: false, referencedGroupId: id },
      { ...rule, id: `sgr-${ids.hex(17)}`, isEgress: true, cidrIpv4: "0.0.0.0/0" },
    ],
    tags: [],
  });
}

function existing(state: State, vpc: VpcRecord): DefaultNetwork {
  const securityGroup = state
    .table(securityGroups)
    .by("vpc", vpc.id)
    .find((group) => group.name === "default");
  if (!securityGroup) throw new Error(`the default VPC ${vpc.id} has no default security group`);
  return {
    vpc,
    subnets: state
      .table(subnets)
      .by("vpc", vpc.id)
      .filter((subnet) => subnet.defaultForAz),
    securityGroup,
  };
}

/** 172.31 first, then 10.200, 10.201, …: two octets whose addresses neither a VPC here nor the host uses. */
function freePrefix(state: WholeState): string {
  const taken = [...state.table(vpcs).values()]
    .map((vpc) => vpc.cidrBlock)
    .concat([...state.table(hostBlocks).values()].map(({ cidr }) => cidr));
  const blocks = taken.flatMap((cidr) => parseCidr(cidr) ?? []);
  const candidates = ["172.31", ...Array.from({ length: 56 }, (_, at) => `10.${200 + at}`)];
  const free = candidates.find((candidate) => {
    const block = parseCidr(`${candidate}.0.0/16`);
    return block && !blocks.some((other) => overlap(block, other));
  });
  if (!free) throw new Error("no address block is left for another default VPC");
  return free;
}
