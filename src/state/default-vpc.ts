import { availabilityZones } from "../domain/availability-zones.ts";
import { parseCidr } from "../domain/cidr.ts";
import { scopeKey, type Scope } from "../domain/scope.ts";
import type { Ids } from "../ports/ids.ts";
import { freeBlock, subnetBlocks } from "../decide/addresses/free-block.ts";
import { putDefaultEndpoints } from "./default-endpoints.ts";
import { securityGroups, subnets, vpcBlocks, vpcs, type SecurityGroupRecord, type SubnetRecord, type VpcRecord } from "./ec2.ts";
import { moveInterfaces } from "./new-interface.ts";
import { blocksOfHost, hostBlocks } from "./host-blocks.ts";
import type { State, WholeState } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";
import { putVpcBasics } from "./vpc-basics.ts";

export interface DefaultNetwork {
  readonly vpc: VpcRecord;
  readonly subnets: readonly SubnetRecord[];
  readonly securityGroup: SecurityGroupRecord;
}

/** Every block that a default VPC could have is another one's, or the host's. */
export class NoBlockLeftError extends Error {
  constructor() {
    super("no block of addresses is left on this host for another default VPC");
    this.name = "NoBlockLeftError";
  }
}

/** Somebody deleted the default VPC of the account and region, and nobody has made another. */
export class NoDefaultVpcError extends Error {
  constructor({ account, region }: Scope) {
    super(`the account ${account} has no default VPC in ${region}`);
    this.name = "NoDefaultVpcError";
  }
}

/** The accounts and regions whose default VPC was deleted: it does not come back by itself. */
export const withoutDefaultVpc = defineTable<Scope>()("ec2.without-default-vpc", scopeKey, ofAccount);

/**
 * The default VPC of an account and region, with a subnet in each zone and the default security group; made at the first
 * use. AWS gives every region 172.31.0.0/16; since all VPCs share one host here, only the first one
 * gets it, the others one of their own. Nothing of the host is taken by that: its network is made when something is to run there.
 * It has endpoints, too, which is not as on AWS (`default-endpoints.ts`).
 * @param now milliseconds since the Unix epoch
 * @throws NoBlockLeftError
 * @throws NoDefaultVpcError
 */
export function defaultNetwork(state: WholeState, ids: Ids, { account, region }: Scope, now: number): DefaultNetwork {
  // Callers may pass something larger, none of which belongs in a record.
  const scope = { account, region };
  const known = findDefaultVpc(state, scope);
  if (known) return existing(state, known);
  if (state.table(withoutDefaultVpc).has(scopeKey(scope))) throw new NoDefaultVpcError(scope);
  return state.commit(() => {
    const cidrBlock = freeBlock(takenBlocks(state));
    if (cidrBlock === undefined) throw new NoBlockLeftError();
    const vpc = state.table(vpcs).put({ ...scope, id: `vpc-${ids.hex(17)}`, cidrBlock, isDefault: true, tags: [] });
    const zones = availabilityZones(scope.region);
    const blocks = subnetBlocks(cidrBlock, zones.length);
    for (const [at, zone] of zones.entries())
      state.table(subnets).put({
        ...scope,
        id: `subnet-${ids.hex(17)}`,
        vpcId: vpc.id,
        cidrBlock: blocks[at] ?? "",
        availabilityZone: zone.name,
        availabilityZoneId: zone.id,
        defaultForAz: true,
        mapPublicIpOnLaunch: true,
        tags: [],
      });
    putVpcBasics(state, ids, vpc);
    putDefaultSecurityGroup(state, ids, vpc);
    putDefaultEndpoints(state, ids, vpc, now);
    return existing(state, vpc);
  });
}

/** The default VPC where there is one; makes none. */
export function findDefaultVpc(state: State, scope: Scope): VpcRecord | undefined {
  return state
    .table(vpcs)
    .by("scope", scopeKey(scope))
    .find((vpc) => vpc.isDefault);
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

/** The group that interfaces in a VPC are in where no other is named. @throws Error where there is none, which cannot be */
export function defaultGroupOf(state: State, vpcId: string): SecurityGroupRecord {
  const group = state
    .table(securityGroups)
    .by("vpc", vpcId)
    .find(({ name }) => name === "default");
  if (!group) throw new Error(`the VPC ${vpcId} has no default security group`);
  return group;
}

function existing(state: State, vpc: VpcRecord): DefaultNetwork {
  const securityGroup = defaultGroupOf(state, vpc.id);
  return {
    vpc,
    subnets: state
      .table(subnets)
      .by("vpc", vpc.id)
      .filter((subnet) => subnet.defaultForAz),
    securityGroup,
  };
}

/**
 * Gives a default VPC on which nothing runs another block, since its own is somebody else's on this host: its subnets stay what they are, at other
 * addresses, and so do the interfaces of load balancers. `undefined` where it may not move: what somebody laid out in it by hand has no place elsewhere. Costs a look at all VPCs.
 * @param tried blocks that this host refused
 * @throws NoBlockLeftError
 */
export function moveDefaultVpc(state: WholeState, vpcId: string, tried: readonly string[]): VpcRecord | undefined {
  return state.commit(() => {
    const vpc = state.table(vpcs).get(vpcId);
    if (!vpc?.isDefault) return undefined;
    const own = state.table(subnets).by("vpc", vpcId).toSorted(byBlock);
    // What somebody laid out by hand has no place in another block.
    if (vpc.moreBlocks?.length || own.some(({ defaultForAz }) => !defaultForAz)) return undefined;
    const cidrBlock = freeBlock([...takenBlocks(state), ...tried]);
    if (cidrBlock === undefined) throw new NoBlockLeftError();
    const blocks = subnetBlocks(cidrBlock, own.length);
    for (const [at, subnet] of own.entries())
      moveInterfaces(state, state.table(subnets).put({ ...subnet, cidrBlock: blocks[at] ?? "" }), subnet.cidrBlock);
    for (const group of state.table(securityGroups).by("vpc", vpcId)) moveRules(state, group, vpc.cidrBlock, cidrBlock);
    return state.table(vpcs).put({ ...vpc, cidrBlock });
  });
}

/** What lets in the VPC's block lets in the new one. */
function moveRules(state: State, group: SecurityGroupRecord, before: string, after: string): void {
  if (!group.rules.some(({ cidrIpv4 }) => cidrIpv4 === before)) return;
  const rules = group.rules.map((rule) => (rule.cidrIpv4 === before ? { ...rule, cidrIpv4: after } : rule));
  state.table(securityGroups).put({ ...group, rules });
}

function byBlock(a: SubnetRecord, b: SubnetRecord): number {
  return (parseCidr(a.cidrBlock)?.base ?? 0) - (parseCidr(b.cidrBlock)?.base ?? 0);
}

function takenBlocks(state: WholeState): readonly string[] {
  const known = [...state.table(vpcs).values()].flatMap(vpcBlocks);
  return known.concat(blocksOfHost(state));
}

/** What the host uses for something else now. */
export function noteHostBlocks(state: WholeState, blocks: readonly string[]): void {
  const table = state.table(hostBlocks);
  const gone = [...table.values()].filter(({ cidr }) => !blocks.includes(cidr));
  const come = blocks.filter((cidr) => !table.has(cidr));
  if (gone.length + come.length === 0) return;
  state.record(() => {
    for (const { cidr } of gone) table.delete(cidr);
    for (const cidr of come) table.put({ cidr });
  });
}
