import type { IcmpTypeCode, PortRange } from "@aws-sdk/client-ec2";
import { canonicalBlock } from "../../domain/cidr.ts";
import type { NetworkAclEntry } from "../../state/ec2-network-acls.ts";
import { AwsError } from "../aws-error.ts";
import { invalidValue } from "./ec2-operation.ts";
import { ipv6Block } from "./rule-input.ts";

/** The members of CreateNetworkAclEntry and ReplaceNetworkAclEntry. */
export interface EntryInput {
  readonly RuleNumber?: number | undefined;
  readonly Egress?: boolean | undefined;
  readonly Protocol?: string | undefined;
  readonly RuleAction?: string | undefined;
  readonly CidrBlock?: string | undefined;
  readonly Ipv6CidrBlock?: string | undefined;
  readonly IcmpTypeCode?: IcmpTypeCode | undefined;
  readonly PortRange?: PortRange | undefined;
}

const PROTOCOLS: ReadonlyMap<string, string> = new Map([
  ["all", "-1"],
  ["tcp", "6"],
  ["udp", "17"],
  ["icmp", "1"],
  ["icmpv6", "58"],
]);
const [TCP, UDP, ICMP, ICMPV6] = ["6", "17", "1", "58"];

/**
 * The entry that a request describes, as it is kept: blocks with their host bits cleared, protocols by number. Ports of what is neither TCP nor UDP, and types of what is not ICMP, are
 * passed over, as AWS's reference says: such an entry is about all of the protocol.
 * @throws MissingParameter, InvalidParameterCombination, InvalidParameterValue
 */
export function entryIn(input: EntryInput): NetworkAclEntry {
  const protocol = protocolOf(input.Protocol ?? "");
  const cidr = blockOf(input);
  const common = {
    number: refuseNumber(input.RuleNumber ?? 0),
    egress: input.Egress ?? false,
    protocol,
    action: actionOf(input.RuleAction ?? ""),
    cidr,
  };
  if (protocol === TCP || protocol === UDP) return { ...common, ports: portsOf(input.PortRange) };
  if (protocol === ICMP || (protocol === ICMPV6 && cidr.includes(":"))) return { ...common, icmp: icmpOf(input.IcmpTypeCode) };
  return common;
}

/** @throws InvalidParameterValue for a number that no entry can have; 32767 is what denies the rest. */
export function refuseNumber(number: number): number {
  if (number < 1 || number > 32_766)
    throw invalidValue(`Value (${number}) for parameter ruleNumber is invalid. Rule numbers are between 1 and 32766.`);
  return number;
}

function protocolOf(text: string): string {
  const number = PROTOCOLS.get(text.toLowerCase()) ?? text;
  if (number !== "-1" && (!/^\d{1,3}$/.test(number) || Number(number) > 255))
    throw invalidValue(`Invalid value '${text}' for IP protocol. Unknown protocol.`);
  return String(Number(number));
}

function actionOf(text: string): "allow" | "deny" {
  if (text !== "allow" && text !== "deny") throw invalidValue(`Value (${text}) for parameter ruleAction is invalid. Unknown rule action.`);
  return text;
}

function blockOf({ CidrBlock, Ipv6CidrBlock }: EntryInput): string {
  if (CidrBlock !== undefined && Ipv6CidrBlock !== undefined)
    throw new AwsError("InvalidParameterCombination", "The parameter cidrBlock cannot be used with the parameter ipv6CidrBlock");
  if (Ipv6CidrBlock !== undefined) return ipv6Block(Ipv6CidrBlock);
  if (CidrBlock === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter cidrBlock or ipv6CidrBlock");
  const block = canonicalBlock(CidrBlock);
  if (block === undefined) throw invalidValue(`Value (${CidrBlock}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`);
  return block;
}

function portsOf({ From: from, To: to }: PortRange = {}): NonNullable<NetworkAclEntry["ports"]> {
  if (from === undefined || to === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter portRange");
  for (const port of [from, to])
    if (port < 0 || port > 65_535) throw invalidValue(`Invalid value '${port}' for portRange. Must be between 0 and 65535.`);
  if (from > to) throw invalidValue(`Invalid TCP/UDP port range (${from}:${to})`);
  return { from, to };
}

function icmpOf({ Type: type, Code: code }: IcmpTypeCode = {}): NonNullable<NetworkAclEntry["icmp"]> {
  if (type === undefined || code === undefined)
    throw new AwsError("MissingParameter", "The request must contain the parameter icmpTypeCode");
  for (const number of [type, code])
    if (number < -1 || number > 255) throw invalidValue(`Invalid value '${number}' for icmpTypeCode. Must be between -1 and 255.`);
  return { type, code };
}
