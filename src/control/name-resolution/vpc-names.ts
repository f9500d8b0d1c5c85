import { blockHas, formatAddress, parseAddress } from "../../domain/cidr.ts";
import type { Question, Reply } from "../../domain/dns/message.ts";
import { endpointService } from "../../domain/endpoint-services.ts";
import { internalDomain } from "../../domain/internal-domain.ts";
import { dnsSuffixOf } from "../../domain/partition.ts";
import { endpointNames, vpcEndpoints, type VpcEndpointRecord } from "../../state/ec2-endpoints.ts";
import { elasticAddresses } from "../../state/ec2-gateways.ts";
import { vpcPeerings } from "../../state/ec2-peering.ts";
import { vpcBlocks, vpcs, type VpcRecord } from "../../state/ec2.ts";
import { tasks } from "../../state/ecs.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { publicAddresses } from "../../state/public-addresses.ts";
import type { WholeState } from "../../state/state.ts";
import { addressReply, noSuchName } from "./own-names.ts";

/** Seconds, as AWS's resolver has it. */
const TTL = 60;

/**
 * What a VPC's resolver knows by itself: its addresses by their private names and back, services that it has endpoints for, and public addresses by their names. `undefined` where
 * the name is none of these. Costs what endpoints the VPC has, for names of AWS's alone.
 * Source: Amazon VPC User Guide, "DNS attributes for your VPC"; AWS PrivateLink guide, "DNS names".
 */
export function vpcName(state: WholeState, vpc: VpcRecord, { name, type }: Question): Reply | undefined {
  const text = name.slice(0, -1);
  if (text.endsWith(".internal")) return internalName(vpc, name, type);
  if (text.endsWith(".in-addr.arpa")) return reverseName(vpc, name, type);
  if (!text.endsWith(`.${dnsSuffixOf(vpc.region)}`)) return undefined;
  return endpointName(state, vpc, name, type) ?? publicName(state, vpc, name, type);
}

function internalName({ region, ...vpc }: VpcRecord, name: string, type: string): Reply | undefined {
  const domain = `.${internalDomain(region)}.`;
  if (!name.endsWith(domain)) return undefined;
  const address = /^ip-(\d+-\d+-\d+-\d+)$/.exec(name.slice(0, -domain.length))?.[1]?.replaceAll("-", ".");
  return address !== undefined && isOfVpc(vpc, address) ? addressReply(name, type, [address], TTL) : noSuchName();
}

function reverseName(vpc: VpcRecord, name: string, type: string): Reply | undefined {
  const reversed = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa\.$/.exec(name)?.slice(1).toReversed().join(".");
  if (reversed === undefined || !isOfVpc(vpc, reversed)) return undefined;
  const target = `ip-${reversed.replaceAll(".", "-")}.${internalDomain(vpc.region)}.`;
  const answers = type === "PTR" || type === "ANY" ? [{ name, ttl: TTL, data: { type: "PTR" as const, target } }] : [];
  return { ...addressReply(name, type, [], TTL), answers };
}

function isOfVpc(vpc: Pick<VpcRecord, "cidrBlock" | "moreBlocks">, address: string): boolean {
  return vpcBlocks(vpc).some((block) => blockHas(block, address));
}

function endpointName(state: WholeState, vpc: VpcRecord, name: string, type: string): Reply | undefined {
  const text = name.slice(0, -1);
  const endpoints = state
    .table(vpcEndpoints)
    .by("vpc", vpc.id)
    .filter((one) => one.type === "Interface" && one.state === "available");
  for (const endpoint of endpoints) {
    const all = state.table(networkInterfaces).by("vpcEndpoint", endpoint.id);
    const [whole, ...zonal] = endpointNames(
      endpoint,
      all.map(({ availabilityZone }) => availabilityZone),
    );
    const zone = zonal.indexOf(text);
    const found = text === whole || hasPrivateName(endpoint, text) ? all : zone < 0 ? undefined : all.slice(zone, zone + 1);
    if (found)
      return addressReply(
        name,
        type,
        found.map(({ privateIpv4Address }) => privateIpv4Address),
        TTL,
      );
  }
  return undefined;
}

/** Whether a service's own name leads to an endpoint: `*.` stands for one label. */
function hasPrivateName({ privateDnsEnabled, region, serviceName }: VpcEndpointRecord, text: string): boolean {
  if (!privateDnsEnabled) return false;
  const rest = text.slice(text.indexOf(".") + 1);
  return (endpointService(region, serviceName)?.privateDnsNames ?? []).some((one) => one === text || one === `*.${rest}`);
}

/** A public address is reached by its private one from where that leads: from its own VPC, and from peers whose connection says so. */
function publicName(state: WholeState, vpc: VpcRecord, name: string, type: string): Reply | undefined {
  const [, digits = "", domain = ""] = /^ec2-(\d+-\d+-\d+-\d+)\.(.+)\.$/.exec(name) ?? [];
  const address = formatAddress(parseAddress(digits.replaceAll("-", ".")) ?? 0);
  const holder = digits === "" ? undefined : holderOf(state, address);
  if (!holder || domain !== publicDomain(holder.region) || !hasHostnames(state.table(vpcs).get(holder.vpcId))) return undefined;
  const isPrivate = holder.vpcId === vpc.id || resolvesAcross(state, vpc.id, holder.vpcId);
  return addressReply(name, type, [isPrivate ? holder.privateAddress : address], TTL);
}

/** Whether public addresses of a VPC have names: as AWS makes them, in default VPCs, unless `enableDnsHostnames` says otherwise. */
function hasHostnames(vpc: VpcRecord | undefined): boolean {
  return vpc?.dnsHostnames ?? vpc?.isDefault ?? false;
}

/** `compute-1.amazonaws.com` in us-east-1, `eu-west-1.compute.amazonaws.com` elsewhere. */
function publicDomain(region: string): string {
  return `${region === "us-east-1" ? "compute-1" : `${region}.compute`}.${dnsSuffixOf(region)}`;
}

interface Holder {
  readonly region: string;
  readonly vpcId: string;
  readonly privateAddress: string;
}

function holderOf(state: WholeState, address: string): Holder | undefined {
  const record = state.table(publicAddresses).get(address);
  const own = state.table(tasks).get(record?.holder ?? "")?.networkInterface;
  if (record && own) return { region: record.region, vpcId: own.vpcId, privateAddress: own.privateIpv4Address };
  const [elastic] = state.table(elasticAddresses).by("publicIp", address);
  const { networkInterfaceId = "", privateIp = "" } = elastic?.association ?? {};
  const vpcId = state.table(networkInterfaces).get(networkInterfaceId)?.vpcId;
  return elastic && vpcId !== undefined ? { region: elastic.region, vpcId, privateAddress: privateIp } : undefined;
}

function resolvesAcross(state: WholeState, from: string, to: string): boolean {
  return state
    .table(vpcPeerings)
    .by("vpc", from)
    .some(
      ({ status, requester, accepter }) =>
        status === "active" && [requester, accepter].some(({ vpcId, remoteDnsResolution }) => vpcId === to && remoteDnsResolution === true),
    );
}
