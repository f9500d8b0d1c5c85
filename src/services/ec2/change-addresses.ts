import { scopeKey } from "../../domain/scope.ts";
import { elasticAddresses, internetGateways, type ElasticAddressRecord } from "../../state/ec2-gateways.ts";
import { networkInterfaces, type NetworkInterfaceRecord } from "../../state/network-interfaces.ts";
import { drawPublicAddress, NoPublicAddressError, releasePublicAddresses } from "../../state/public-addresses.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { allocationNotFound } from "./addresses.ts";
import { invalidValue, operation } from "./ec2-operation.ts";
import { findInterface } from "./interfaces/interface-view.ts";
import { refuseUnsupported } from "./request-members.ts";
import { onNamed, onNewIn } from "./resource-permissions.ts";
import { tagsFor } from "./security-groups.ts";

/** Source: Amazon EC2 User Guide, "Elastic IP address quota", of each region. */
const MOST_IN_REGION = 5;
const OWN_POOLS = "there are no pools of addresses of one's own";

export const allocateAddress = operation("AllocateAddress", {
  authorize: onNewIn("AllocateAddress", "elastic-ip"),
  run(input, context) {
    const { state, ids, account, region } = context;
    refuseUnsupported(input, {
      Address: "an address is drawn, and one that was given back is not kept",
      CustomerOwnedIpv4Pool: "there are no Outposts",
      IpamPoolId: OWN_POOLS,
    });
    if (input.PublicIpv4Pool !== undefined && input.PublicIpv4Pool !== "amazon")
      throw new AwsError("InvalidPublicIpv4PoolID.NotFound", `The poolID '${input.PublicIpv4Pool}' does not exist.`);
    if (input.Domain !== undefined && input.Domain !== "vpc")
      throw invalidValue(`Value (${String(input.Domain)}) for parameter domain is invalid. Addresses are of the domain vpc.`);
    refuseBorderGroup(input.NetworkBorderGroup, context);
    const tags = tagsFor("elastic-ip", input.TagSpecifications);
    const addresses = state.table(elasticAddresses);
    if (addresses.by("scope", scopeKey(context)).length >= MOST_IN_REGION)
      throw new AwsError("AddressLimitExceeded", "The maximum number of addresses has been reached.");
    const { allocationId, publicIp } = state.commit(() => {
      const id = `eipalloc-${ids.hex(17)}`;
      return addresses.insert({ allocationId: id, account, region, publicIp: drawn(id, context), tags });
    });
    return {
      AllocationId: allocationId,
      PublicIp: publicIp,
      PublicIpv4Pool: "amazon",
      NetworkBorderGroup: region,
      Domain: "vpc" as const,
    };
  },
});

function drawn(allocationId: string, { state, ids, account, region }: OperationContext): string {
  try {
    return drawPublicAddress(state.whole, ids, { account, region }, allocationId);
  } catch (cause) {
    if (!(cause instanceof NoPublicAddressError)) throw cause;
    throw new AwsError("InsufficientAddressCapacity", `Not enough available addresses to satisfy your minimum request: ${cause.message}.`);
  }
}

function refuseBorderGroup(group: string | undefined, { region }: OperationContext): void {
  if (group !== undefined && group !== region)
    throw invalidValue(
      `Value (${group}) for parameter networkBorderGroup is invalid. The network border group of this region is ${region}.`,
    );
}

/** An address of the caller's by its allocation; a public address alone named one of EC2-Classic, which is no more. */
function requireAddress(
  { AllocationId: id, PublicIp: address }: { readonly AllocationId?: string | undefined; readonly PublicIp?: string | undefined },
  { state, account, region }: OperationContext,
): ElasticAddressRecord {
  if (id !== undefined && address !== undefined)
    throw new AwsError("InvalidParameterCombination", "You may specify public IP or allocation id, but not both in the same call");
  if (id === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter allocationId");
  const found = state.table(elasticAddresses).get(id);
  if (!found || found.account !== account || found.region !== region) throw allocationNotFound(id);
  return found;
}

export const releaseAddress = operation("ReleaseAddress", {
  authorize: onNamed("ReleaseAddress", ({ AllocationId = "*" }) => [`elastic-ip/${AllocationId}`]),
  run(input, context) {
    const { state } = context;
    refuseBorderGroup(input.NetworkBorderGroup, context);
    if (input.AllocationId === undefined && input.PublicIp !== undefined)
      throw invalidValue("You must specify an allocation id when releasing a VPC elastic IP address");
    const { allocationId, publicIp, association } = requireAddress(input, context);
    if (association) refuseManaged(association.networkInterfaceId, context);
    if (association) throw new AwsError("InvalidIPAddress.InUse", `Address ${publicIp} is in use.`);
    state.commit(() => {
      state.table(elasticAddresses).delete(allocationId);
      releasePublicAddresses(state, allocationId);
    });
    return {};
  },
});

export const associateAddress = operation("AssociateAddress", {
  authorize: onNamed("AssociateAddress", ({ AllocationId = "*", NetworkInterfaceId }) => [
    `elastic-ip/${AllocationId}`,
    ...(NetworkInterfaceId === undefined ? [] : [`network-interface/${NetworkInterfaceId}`]),
  ]),
  run(input, context) {
    const { state, ids } = context;
    refuseUnsupported(input, { InstanceId: "there are no instances" });
    const address = requireAddress(input, context);
    const own = requireInterface(input.NetworkInterfaceId, context);
    const privateIp = input.PrivateIpAddress ?? own.privateIpv4Address;
    if (![own.privateIpv4Address, ...(own.secondaryAddresses ?? [])].includes(privateIp))
      throw invalidValue(`Invalid value '${privateIp}' for PrivateIpAddress: it is no address of interface ${own.id}.`);
    if (state.table(internetGateways).count("vpc", own.vpcId) === 0)
      throw new AwsError("Gateway.NotAttached", `Network ${own.vpcId} is not attached to any internet gateway`);
    const known = address.association;
    if (known?.networkInterfaceId === own.id && known.privateIp === privateIp) return { AssociationId: known.id };
    const addresses = state.table(elasticAddresses);
    const other = addresses.by("interface", own.id).find(({ association }) => association?.privateIp === privateIp);
    if (known) refuseManaged(known.networkInterfaceId, context);
    if (input.AllowReassociation === false && (known || other))
      throw new AwsError(
        "Resource.AlreadyAssociated",
        `resource ${known ? address.allocationId : own.id} is already associated with associate-id ${known?.id ?? other?.association?.id ?? ""}`,
      );
    const association = { id: `eipassoc-${ids.hex(17)}`, networkInterfaceId: own.id, privateIp };
    state.commit(() => {
      if (other) addresses.put(withoutAssociation(other));
      addresses.put({ ...address, association });
    });
    return { AssociationId: association.id };
  },
});

export const disassociateAddress = operation("DisassociateAddress", {
  authorize: onNamed("DisassociateAddress", ({ AssociationId = "" }, { state }) => {
    const [found] = state.table(elasticAddresses).by("association", AssociationId);
    return [`elastic-ip/${found?.allocationId ?? "*"}`];
  }),
  run({ AssociationId, PublicIp }, context) {
    const { state, account, region } = context;
    if (AssociationId === undefined || PublicIp !== undefined)
      throw new AwsError("MissingParameter", "The request must contain the parameter associationId, and not the parameter publicIp");
    const [address] = state.table(elasticAddresses).by("association", AssociationId);
    if (!address?.association || address.account !== account || address.region !== region)
      throw new AwsError("InvalidAssociationID.NotFound", `The association ID '${AssociationId}' does not exist`);
    refuseManaged(address.association.networkInterfaceId, context);
    state.commit(() => state.table(elasticAddresses).put(withoutAssociation(address)));
    return {};
  },
});

function withoutAssociation({ association: _gone, ...address }: ElasticAddressRecord): ElasticAddressRecord {
  return address;
}

/** An interface of the caller's that nobody else manages. */
function requireInterface(id: string | undefined, context: OperationContext): NetworkInterfaceRecord {
  const { state, account, region } = context;
  if (id === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter networkInterfaceId");
  const found = state.table(networkInterfaces).get(id);
  if (found && found.account === account && found.region === region) {
    refuseManaged(id, context);
    return found;
  }
  if (findInterface(context, id)) throw notYours();
  throw new AwsError("InvalidNetworkInterfaceID.NotFound", `The networkInterface ID '${id}' does not exist`);
}

/** The interfaces of load balancers, NAT gateways and endpoints are those services' to change, and so are their addresses. */
function refuseManaged(interfaceId: string, { state }: OperationContext): void {
  const found = state.table(networkInterfaces).get(interfaceId);
  if (found && (found.loadBalancerArn !== undefined || found.natGatewayId !== undefined || found.vpcEndpointId !== undefined))
    throw notYours();
}

function notYours(): AwsError {
  return new AwsError("AuthFailure", "You do not have permission to access the specified resource.");
}
