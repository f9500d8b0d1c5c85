import {
  AllocationIdNotFoundException,
  InvalidConfigurationRequestException,
  InvalidSubnetException,
  SubnetNotFoundException,
  type SubnetMapping,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { assignable } from "../../decide/addresses/next-address.ts";
import { contains, parseAddress, parseCidr } from "../../domain/cidr.ts";
import { elasticAddresses, internetGateways } from "../../state/ec2-gateways.ts";
import { securityGroups, subnets, type SubnetRecord } from "../../state/ec2.ts";
import type { WantedInterface } from "../../state/elb-interfaces.ts";
import type { LoadBalancerRecord } from "../../state/elb.ts";
import { addressInUse, freeAddresses } from "../../state/network-interfaces.ts";
import { because } from "../operation.ts";
import { invalid } from "./elb-operation.ts";
import { own, type Place } from "./find.ts";

/** Addresses that a subnet must have free for a load balancer, so that it could grow. Source: its user guide, "Subnets for your load balancer". */
const FREE = 8;

interface Placement {
  readonly Subnets?: readonly string[] | undefined;
  readonly SubnetMappings?: readonly SubnetMapping[] | undefined;
}

/** The subnets of a request, with the addresses that it asks for: an Application Load Balancer's in two zones at least. */
export function checkSubnets(
  { Subnets = [], SubnetMappings = [] }: Placement,
  balancer: Pick<LoadBalancerRecord, "type" | "scheme">,
  at: Place,
): readonly WantedInterface[] {
  if (Subnets.length > 0 && SubnetMappings.length > 0) throw invalid("Subnets and subnet mappings cannot be specified at the same time");
  if (balancer.type === "application" && SubnetMappings.some(hasAddress))
    throw new InvalidConfigurationRequestException(because("You cannot specify addresses for the subnets of an Application Load Balancer"));
  const mappings = new Map([...Subnets.map((SubnetId) => ({ SubnetId })), ...SubnetMappings].map((one) => [one.SubnetId ?? "", one]));
  const found = [...mappings].map(([id, mapping]) => ({ subnet: findSubnet(id, at), mapping }));
  const [first] = found;
  if (found.some(({ subnet }) => subnet.vpcId !== first?.subnet.vpcId))
    throw new InvalidSubnetException(because("All subnets must belong to the same VPC"));
  const zones = new Set(found.map(({ subnet }) => subnet.availabilityZone));
  if (zones.size < found.length)
    throw new InvalidConfigurationRequestException(
      because("A load balancer cannot be attached to multiple subnets in the same Availability Zone"),
    );
  if (balancer.type === "application" && zones.size < 2)
    throw invalid("At least two subnets in two different Availability Zones must be specified");
  if (!first) throw invalid("At least one subnet must be specified");
  const { vpcId } = first.subnet;
  if (balancer.scheme === "internet-facing" && at.state.table(internetGateways).count("vpc", vpcId) === 0)
    throw new InvalidSubnetException(because(`VPC ${vpcId} has no internet gateway`));
  return found.map(({ subnet, mapping }) => ({ subnet, ...addressOf(mapping, subnet, balancer, at) }));
}

/** Refuses subnets without room for another load balancer, and addresses that are somebody's. */
export function requireRoom(wanted: readonly WantedInterface[], { state }: Place): void {
  for (const { subnet, address } of wanted) {
    const { id } = subnet;
    if (freeAddresses(state, subnet) < FREE)
      throw new InvalidSubnetException(
        because(`Not enough IP space available in ${id}. ELB requires at least ${FREE} free IP addresses in each subnet.`),
      );
    if (address !== undefined && addressInUse(state, id, address))
      throw new InvalidConfigurationRequestException(because(`The private IPv4 address '${address}' is already in use`));
  }
}

/** Whether a mapping asks for an address. Terraform sends empty ones where none is set. */
function hasAddress({ AllocationId, PrivateIPv4Address, IPv6Address }: SubnetMapping): boolean {
  return Boolean(AllocationId || PrivateIPv4Address || IPv6Address);
}

/** The address that a mapping of a Network Load Balancer asks for. Source: Elastic Load Balancing API, `SubnetMapping`. */
function addressOf(
  { AllocationId, PrivateIPv4Address: address, IPv6Address, SourceNatIpv6Prefix }: SubnetMapping,
  subnet: SubnetRecord,
  { scheme }: Pick<LoadBalancerRecord, "scheme">,
  at: Place,
): { readonly address?: string } {
  if (IPv6Address || SourceNatIpv6Prefix)
    throw new InvalidConfigurationRequestException(because("Airfield does not support IPv6 addresses of load balancers yet"));
  if (AllocationId) {
    if (scheme === "internal")
      throw new InvalidConfigurationRequestException(because("Elastic IP addresses cannot be specified for internal load balancers"));
    if (!own(at.state.table(elasticAddresses).get(AllocationId), at))
      throw new AllocationIdNotFoundException(because(`The allocation ID '${AllocationId}' does not exist`));
    throw new InvalidConfigurationRequestException(because("Airfield does not support Elastic IP addresses of load balancers yet"));
  }
  if (!address) return {};
  if (scheme !== "internal")
    throw new InvalidConfigurationRequestException(because("Private IPv4 addresses can be specified for internal load balancers only"));
  const [number, block] = [parseAddress(address), parseCidr(subnet.cidrBlock)];
  if (number === undefined || !block || !contains(block, number))
    throw new InvalidConfigurationRequestException(
      because(`The private IPv4 address '${address}' is not within the IPv4 address range of the subnet '${subnet.id}'`),
    );
  const { first, count } = assignable(block);
  if (number < first || number >= first + count)
    throw new InvalidConfigurationRequestException(
      because(`The private IPv4 address '${address}' is reserved in the subnet '${subnet.id}'`),
    );
  return { address };
}

function findSubnet(id: string, at: Place): SubnetRecord {
  const subnet = own(at.state.table(subnets).get(id), at);
  if (!subnet) throw new SubnetNotFoundException(because(`The subnet ID '${id}' does not exist`));
  return subnet;
}

/** The security groups of a request, which must be of the VPC. Where it names none, an Application Load Balancer gets the VPC's default one, and another none. */
export function checkSecurityGroups(
  wanted: readonly string[] | undefined,
  { type, vpcId }: Pick<LoadBalancerRecord, "type" | "vpcId">,
  { state }: Place,
): readonly string[] {
  const inVpc = state.table(securityGroups).by("vpc", vpcId);
  if (!wanted || wanted.length === 0)
    return type === "network" ? [] : inVpc.filter((group) => group.name === "default").map((group) => group.id);
  if (!wanted.every((id) => inVpc.some((group) => group.id === id)))
    throw new InvalidConfigurationRequestException(because("One or more security groups are invalid"));
  return [...new Set(wanted)];
}

export function zonesOf(found: readonly WantedInterface[]): LoadBalancerRecord["availabilityZones"] {
  return found.map(({ subnet: { availabilityZone, id } }) => ({ zoneName: availabilityZone, subnetId: id }));
}
