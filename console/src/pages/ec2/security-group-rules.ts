import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
  RevokeSecurityGroupIngressCommand,
  type IpPermission,
  type SecurityGroupRule,
} from "@aws-sdk/client-ec2";
import { useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { texts } from "../../texts.ts";

/** A rule as it is edited. */
export interface EditedRule {
  /** Of a rule that is there; it is kept or deleted, and not changed. */
  readonly id?: string;
  readonly type: string;
  /** `80`, `8000-8010`; empty for all. */
  readonly ports: string;
  /** A CIDR block or a security group. */
  readonly source: string;
}

/** The types that AWS's console offers, by its names: protocol, and ports where the name says them. */
export const TYPES = [
  { value: "Custom TCP", protocol: "tcp", ports: undefined },
  { value: "Custom UDP", protocol: "udp", ports: undefined },
  { value: "HTTP", protocol: "tcp", ports: "80" },
  { value: "HTTPS", protocol: "tcp", ports: "443" },
  { value: "All TCP", protocol: "tcp", ports: "0-65535" },
  { value: "All traffic", protocol: "-1", ports: "" },
] as const;

export function useRules(group: string) {
  const ec2 = useClient(EC2Client);
  return useLive<readonly SecurityGroupRule[]>({
    key: ["security-group-rules", group],
    kinds: ["ec2:security-group"],
    about: (arn) => arn.endsWith(`/${group}`),
    load: async (abortSignal) => {
      const asked = new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: [group] }] });
      return (await ec2.send(asked, { abortSignal })).SecurityGroupRules ?? [];
    },
  });
}

export function portsOf({ IpProtocol, FromPort, ToPort }: SecurityGroupRule): string {
  if (IpProtocol === "-1" || FromPort === undefined || FromPort === -1) return texts.securityGroups.all;
  return FromPort === ToPort ? String(FromPort) : `${FromPort}-${ToPort}`;
}

export function peerOf({ CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupInfo }: SecurityGroupRule): string {
  return CidrIpv4 ?? CidrIpv6 ?? PrefixListId ?? ReferencedGroupInfo?.GroupId ?? "";
}

export function typeOf(rule: SecurityGroupRule): string {
  const ports = portsOf(rule);
  const found = TYPES.find((type) => type.protocol === rule.IpProtocol && (type.protocol === "-1" || type.ports === ports));
  return found?.value ?? (rule.IpProtocol === "tcp" ? "Custom TCP" : rule.IpProtocol === "udp" ? "Custom UDP" : (rule.IpProtocol ?? ""));
}

export function isWhole({ id, type, ports, source }: EditedRule): boolean {
  if (id !== undefined) return true;
  return source.trim() !== "" && (type === "All traffic" || /^\d{1,5}(-\d{1,5})?$/.test(ports.trim()));
}

/** Makes a group's inbound rules those: new ones first, so that nothing that stays allowed is refused in between. */
export async function saveRules(
  ec2: EC2Client,
  GroupId: string,
  before: readonly SecurityGroupRule[],
  after: readonly EditedRule[],
): Promise<void> {
  const added = after.filter(({ id }) => id === undefined).map(permissionOf);
  if (added.length > 0) await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: added }));
  const kept = new Set(after.map(({ id }) => id));
  const gone = before.flatMap(({ SecurityGroupRuleId, IsEgress }) =>
    IsEgress === true || kept.has(SecurityGroupRuleId) ? [] : (SecurityGroupRuleId ?? []),
  );
  if (gone.length > 0) await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds: gone }));
}

function permissionOf({ type, ports, source }: EditedRule): IpPermission {
  const IpProtocol = TYPES.find(({ value }) => value === type)?.protocol ?? "tcp";
  const [from = "", to = from] = ports.trim().split("-");
  const range = IpProtocol === "-1" ? {} : { FromPort: Number(from), ToPort: Number(to) };
  const peer = source.trim();
  if (peer.startsWith("sg-")) return { IpProtocol, ...range, UserIdGroupPairs: [{ GroupId: peer }] };
  return { IpProtocol, ...range, ...(peer.includes(":") ? { Ipv6Ranges: [{ CidrIpv6: peer }] } : { IpRanges: [{ CidrIp: peer }] }) };
}
