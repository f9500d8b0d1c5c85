import type { NetworkAcl, NetworkAclEntry as ShownEntry } from "@aws-sdk/client-ec2";
import { scopeKey } from "../../domain/scope.ts";
import { subnets } from "../../state/ec2.ts";
import { associationsOf, networkAcls, type NetworkAclEntry, type NetworkAclRecord } from "../../state/ec2-network-acls.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { chosen, described, type FilterFields } from "./describe.ts";
import { onAny, operation } from "./ec2-operation.ts";

export function networkAclNotFound(id: string): AwsError {
  return new AwsError("InvalidNetworkAclID.NotFound", `The networkAcl ID '${id}' does not exist`);
}

export const describeNetworkAcls = operation("DescribeNetworkAcls", {
  authorize: onAny("DescribeNetworkAcls"),
  run(input, context) {
    const all = context.state.table(networkAcls).by("scope", scopeKey(context));
    const wanted = chosen(all, input.NetworkAclIds, ({ id }) => id, networkAclNotFound);
    const kind = { id: ({ id }: NetworkAclRecord) => id, tags: ({ tags }: NetworkAclRecord) => tags, fields: fieldsIn(context) };
    const { items, ...more } = described(wanted, input, kind, context);
    return { NetworkAcls: items.map((acl) => shownAcl(acl, context)), ...more };
  },
});

function fieldsIn(context: OperationContext): FilterFields<NetworkAclRecord> {
  const association = (pick: "id" | "subnetId") => (acl: NetworkAclRecord) => allAssociations(acl, context).map((one) => one[pick]);
  const entry = (pick: (entry: ShownEntry) => string | number | boolean | undefined) => (acl: NetworkAclRecord) =>
    shownEntries(acl).map(pick);
  return {
    "network-acl-id": ({ id }) => id,
    "vpc-id": ({ vpcId }) => vpcId,
    default: ({ isDefault }) => isDefault,
    "owner-id": ({ account }) => account,
    "association.association-id": association("id"),
    "association.network-acl-id": (acl) => allAssociations(acl, context).map(() => acl.id),
    "association.subnet-id": association("subnetId"),
    "entry.cidr": entry(({ CidrBlock }) => CidrBlock),
    "entry.ipv6-cidr": entry(({ Ipv6CidrBlock }) => Ipv6CidrBlock),
    "entry.egress": entry(({ Egress }) => Egress),
    "entry.icmp.code": entry(({ IcmpTypeCode }) => IcmpTypeCode?.Code),
    "entry.icmp.type": entry(({ IcmpTypeCode }) => IcmpTypeCode?.Type),
    "entry.port-range.from": entry(({ PortRange }) => PortRange?.From),
    "entry.port-range.to": entry(({ PortRange }) => PortRange?.To),
    "entry.protocol": entry(({ Protocol }) => PROTOCOL_NAMES.get(Protocol ?? "") ?? Protocol),
    "entry.rule-action": entry(({ RuleAction }) => RuleAction),
    "entry.rule-number": entry(({ RuleNumber }) => RuleNumber),
  };
}

/** As the filter takes them. */
const PROTOCOL_NAMES: ReadonlyMap<string, string> = new Map([
  ["6", "tcp"],
  ["17", "udp"],
  ["1", "icmp"],
]);

function allAssociations(acl: NetworkAclRecord, { state }: OperationContext) {
  return associationsOf(state, acl, state.table(subnets).by("vpc", acl.vpcId));
}

export function shownAcl(acl: NetworkAclRecord, context: OperationContext): NetworkAcl {
  return {
    Associations: allAssociations(acl, context).map(({ id, subnetId }) => ({
      NetworkAclAssociationId: id,
      NetworkAclId: acl.id,
      SubnetId: subnetId,
    })),
    Entries: shownEntries(acl),
    IsDefault: acl.isDefault,
    NetworkAclId: acl.id,
    Tags: [...acl.tags],
    VpcId: acl.vpcId,
    OwnerId: acl.account,
  };
}

/** Egress first, each direction by number; what denies the rest closes it. */
function shownEntries({ entries }: NetworkAclRecord): ShownEntry[] {
  return [true, false].flatMap((egress) => [
    ...entries
      .filter((entry) => entry.egress === egress)
      .toSorted((a, b) => a.number - b.number)
      .map(shownEntry),
    { CidrBlock: "0.0.0.0/0", Egress: egress, Protocol: "-1", RuleAction: "deny" as const, RuleNumber: 32767 },
  ]);
}

function shownEntry({ number, egress, protocol, action, cidr, icmp, ports }: NetworkAclEntry): ShownEntry {
  return {
    ...(cidr.includes(":") ? { Ipv6CidrBlock: cidr } : { CidrBlock: cidr }),
    Egress: egress,
    Protocol: protocol,
    RuleAction: action,
    RuleNumber: number,
    ...(icmp && { IcmpTypeCode: { Type: icmp.type, Code: icmp.code } }),
    ...(ports && { PortRange: { From: ports.from, To: ports.to } }),
  };
}
