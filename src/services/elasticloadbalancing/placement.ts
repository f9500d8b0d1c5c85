import {
  InvalidConfigurationRequestException,
  InvalidSubnetException,
  SubnetNotFoundException,
  type SubnetMapping,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { securityGroups, subnets, type SubnetRecord } from "../../state/ec2.ts";
import { because } from "../operation.ts";
import { invalid } from "./elb-operation.ts";
import { own, type Place } from "./find.ts";

/** The subnets of a request, of at least two zones of one VPC. */
export function checkSubnets(
  request: { readonly Subnets?: readonly string[] | undefined; readonly SubnetMappings?: readonly SubnetMapping[] | undefined },
  at: Place,
): readonly SubnetRecord[] {
  const { Subnets = [], SubnetMappings = [] } = request;
  if (Subnets.length > 0 && SubnetMappings.length > 0) throw invalid("Subnets and subnet mappings cannot be specified at the same time");
  if (SubnetMappings.some(({ AllocationId, PrivateIPv4Address, IPv6Address }) => AllocationId ?? PrivateIPv4Address ?? IPv6Address))
    throw new InvalidConfigurationRequestException(because("You cannot specify addresses for the subnets of an Application Load Balancer"));
  const ids = [...new Set([...Subnets, ...SubnetMappings.map((mapping) => mapping.SubnetId ?? "")])];
  const found = ids.map((id) => findSubnet(id, at));
  if (found.some((subnet) => subnet.vpcId !== found[0]?.vpcId))
    throw new InvalidSubnetException(because("All subnets must belong to the same VPC"));
  const zones = new Set(found.map((subnet) => subnet.availabilityZone));
  if (zones.size < found.length)
    throw new InvalidConfigurationRequestException(
      because("A load balancer cannot be attached to multiple subnets in the same Availability Zone"),
    );
  if (zones.size < 2) throw invalid("At least two subnets in two different Availability Zones must be specified");
  return found;
}

function findSubnet(id: string, at: Place): SubnetRecord {
  const subnet = own(at.state.table(subnets).get(id), at);
  if (!subnet) throw new SubnetNotFoundException(because(`The subnet ID '${id}' does not exist`));
  return subnet;
}

/** The security groups of a request, which must be of the VPC; the VPC's default one where it names none. */
export function checkSecurityGroups(wanted: readonly string[] | undefined, vpcId: string, { state }: Place): readonly string[] {
  const inVpc = state.table(securityGroups).by("vpc", vpcId);
  if (!wanted || wanted.length === 0) return inVpc.filter((group) => group.name === "default").map((group) => group.id);
  if (!wanted.every((id) => inVpc.some((group) => group.id === id)))
    throw new InvalidConfigurationRequestException(because("One or more security groups are invalid"));
  return [...new Set(wanted)];
}

export function zonesOf(found: readonly SubnetRecord[]): readonly { readonly zoneName: string; readonly subnetId: string }[] {
  return found.map(({ availabilityZone, id }) => ({ zoneName: availabilityZone, subnetId: id }));
}
