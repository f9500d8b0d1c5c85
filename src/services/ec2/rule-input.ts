import { isIPv4, isIPv6 } from "node:net";
import type { IpPermission, UserIdGroupPair } from "@aws-sdk/client-ec2";
import type { SecurityGroupRuleRecord } from "../../state/ec2.ts";
import { AwsError } from "../aws-error.ts";
import { defined } from "../../domain/defined.ts";
import { invalidValue } from "./ec2-operation.ts";

/** A rule as it is asked for: without an id, tags and direction. */
export type RuleInput = Omit<SecurityGroupRuleRecord, "id" | "tags" | "isEgress">;

/** The members that Authorize and Revoke have in common. */
export interface PermissionInput {
  readonly IpPermissions?: readonly IpPermission[] | undefined;
  readonly IpProtocol?: string | undefined;
  readonly FromPort?: number | undefined;
  readonly ToPort?: number | undefined;
  readonly CidrIp?: string | undefined;
  readonly SourceSecurityGroupName?: string | undefined;
  readonly SourceSecurityGroupOwnerId?: string | undefined;
}

/** What the groups and prefix lists are that a request names: looked for, where rules are made; as they are named, where they are there already. */
export interface PeerNames {
  group(pair: UserIdGroupPair): Pick<RuleInput, "referencedGroupId" | "referencedAccount" | "peeringConnectionId">;
  list(id: string): string;
}

/** The rules that a request spells out, in either of its two forms: one rule for each source. */
export function rulesIn(input: PermissionInput, peers: PeerNames): readonly RuleInput[] {
  const rules = (input.IpPermissions ?? shorthand(input)).flatMap((permission) => rulesOf(permission, peers));
  if (rules.length === 0) throw new AwsError("MissingParameter", "The request must contain the parameter ipPermissions");
  return rules;
}

function shorthand({
  IpProtocol,
  FromPort,
  ToPort,
  CidrIp,
  SourceSecurityGroupName: source,
  SourceSecurityGroupOwnerId: owner,
}: PermissionInput): readonly IpPermission[] {
  if (IpProtocol === undefined && CidrIp === undefined && source === undefined) return [];
  return [
    {
      ...defined({ IpProtocol: IpProtocol ?? (source === undefined ? undefined : "-1"), FromPort, ToPort }),
      IpRanges: CidrIp === undefined ? [] : [{ CidrIp }],
      UserIdGroupPairs: source === undefined ? [] : [{ GroupName: source, ...defined({ UserId: owner }) }],
    },
  ];
}

function rulesOf(permission: IpPermission, peers: PeerNames): readonly RuleInput[] {
  const base = protocolAndPorts(permission.IpProtocol, permission.FromPort, permission.ToPort);
  const described = (description: string | undefined) => (description ? { description } : {});
  return [
    ...(permission.IpRanges ?? []).map(({ CidrIp, Description }) => ({
      ...base,
      cidrIpv4: ipv4Block(CidrIp ?? ""),
      ...described(Description),
    })),
    ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6, Description }) => ({
      ...base,
      cidrIpv6: ipv6Block(CidrIpv6 ?? ""),
      ...described(Description),
    })),
    ...(permission.PrefixListIds ?? []).map(({ PrefixListId, Description }) => ({
      ...base,
      prefixListId: peers.list(PrefixListId ?? ""),
      ...described(Description),
    })),
    ...(permission.UserIdGroupPairs ?? []).map((pair) => ({ ...base, ...peers.group(pair), ...described(pair.Description) })),
  ];
}

const PROTOCOLS: ReadonlyMap<string, string> = new Map([
  ["6", "tcp"],
  ["17", "udp"],
  ["1", "icmp"],
  ["58", "icmpv6"],
  ["all", "-1"],
]);

/** `-1` stands for all protocols, which have no ports. */
export function protocolAndPorts(
  protocol: string | undefined,
  from: number | undefined,
  to: number | undefined,
): { ipProtocol: string; fromPort: number; toPort: number } {
  if (protocol === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter ipProtocol");
  const ipProtocol = PROTOCOLS.get(protocol.toLowerCase()) ?? protocol.toLowerCase();
  if (!["tcp", "udp", "icmp", "icmpv6", "-1"].includes(ipProtocol)) {
    if (!/^\d{1,3}$/.test(ipProtocol) || Number(ipProtocol) > 255)
      throw invalidValue(`Invalid value '${protocol}' for IP protocol. Unknown protocol.`);
    return { ipProtocol, fromPort: -1, toPort: -1 };
  }
  if (ipProtocol === "-1") return { ipProtocol, fromPort: -1, toPort: -1 };
  if (ipProtocol.startsWith("icmp")) return { ipProtocol, ...typeAndCode(ipProtocol, from, to) };
  if (from === undefined || to === undefined)
    throw invalidValue("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.");
  // All ports, as the command line writes them.
  if (from === -1 && to === -1) return { ipProtocol, fromPort: 0, toPort: 65_535 };
  for (const port of [from, to])
    if (port < 0 || port > 65_535) throw invalidValue(`Invalid value '${port}' for portRange. Must be between 0 and 65535.`);
  if (from > to) throw invalidValue(`Invalid TCP/UDP port range (${from}:${to})`);
  return { ipProtocol, fromPort: from, toPort: to };
}

/**
 * ICMP's type and code stand where others have ports; `-1` is any. For ICMPv6 both may be left out. Source: API reference, IpPermission.
 * @throws InvalidParameterValue
 */
function typeAndCode(protocol: string, type: number | undefined, code: number | undefined): { fromPort: number; toPort: number } {
  if (type === undefined && code === undefined && protocol === "icmpv6") return { fromPort: -1, toPort: -1 };
  if (type === undefined || code === undefined)
    throw invalidValue("Invalid value 'Must specify both from and to ports with ICMP.' for portRange.");
  if (type < -1 || type > 255) throw invalidValue(`ICMP type (${type}) out of range`);
  // "If the start port is -1 (all ICMP types), then the end port must be -1 (all ICMP codes)."
  if (code < -1 || code > 255 || (type === -1 && code !== -1)) throw invalidValue(`ICMP code (${code}) out of range`);
  return { fromPort: type, toPort: code };
}

/** A block as AWS stores it, with its host bits cleared. */
export function ipv4Block(text: string): string {
  const [address = "", length, ...more] = text.split("/");
  const bits = Number(length);
  if (!isIPv4(address) || !/^\d{1,2}$/.test(length ?? "") || bits > 32 || more.length > 0)
    throw invalidValue(`CIDR block ${text} is malformed`);
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - bits);
  const network = Math.floor(number / size) * size;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join(".")}/${bits}`;
}

export function ipv6Block(text: string): string {
  const [address = "", length, ...more] = text.split("/");
  if (!isIPv6(address) || address.includes("%") || !/^\d{1,3}$/.test(length ?? "") || Number(length) > 128 || more.length > 0)
    throw invalidValue(`CIDR block ${text} is malformed`);
  return text.toLowerCase();
}

/** Whether two rules of one direction let through the same; descriptions do not count. */
export function sameRule(a: RuleInput, b: RuleInput): boolean {
  return (
    a.ipProtocol === b.ipProtocol &&
    a.fromPort === b.fromPort &&
    a.toPort === b.toPort &&
    a.cidrIpv4 === b.cidrIpv4 &&
    a.cidrIpv6 === b.cidrIpv6 &&
    a.prefixListId === b.prefixListId &&
    a.referencedGroupId === b.referencedGroupId
  );
}

/** `peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW`. */
export function ruleText(rule: RuleInput): string {
  const peer = rule.cidrIpv4 ?? rule.cidrIpv6 ?? rule.referencedGroupId ?? rule.prefixListId ?? "";
  if (rule.ipProtocol === "-1") return `peer: ${peer}, ALL, ALLOW`;
  return `peer: ${peer}, ${rule.ipProtocol.toUpperCase()}, from port: ${rule.fromPort}, to port: ${rule.toPort}, ALLOW`;
}
