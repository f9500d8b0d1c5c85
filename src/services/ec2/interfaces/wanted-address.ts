import { assignable } from "../../../decide/addresses/next-address.ts";
import { contains, parseAddress, parseCidr } from "../../../domain/cidr.ts";
import type { SubnetRecord } from "../../../state/ec2.ts";
import { addressInUse, freeAddresses } from "../../../state/network-interfaces.ts";
import { SubnetFullError } from "../../../state/new-interface.ts";
import type { State } from "../../../state/state.ts";
import { AwsError } from "../../aws-error.ts";
import { invalidValue } from "../ec2-operation.ts";

/** @throws where a subnet may not give this address, in the words of CreateNetworkInterface */
export function refuseAddress(state: State, subnet: SubnetRecord, text: string): void {
  const [address, block] = [parseAddress(text), parseCidr(subnet.cidrBlock)];
  if (address === undefined || !block) throw invalidValue(`Invalid IPv4 address: ${text}`);
  if (!contains(block, address)) throw invalidValue("Address does not fall within the subnet's address range");
  const { first, count } = assignable(block);
  if (address < first || address >= first + count) throw invalidValue(`Address ${text} is in subnet's reserved address range`);
  if (addressInUse(state, subnet.id, text)) throw new AwsError("InvalidIPAddress.InUse", `Address ${text} is in use.`);
}

export function noAddressLeft(): AwsError {
  return new AwsError(
    "InsufficientFreeAddressesInSubnet",
    "The specified subnet does not have enough free addresses to satisfy the request.",
  );
}

/** @throws InsufficientFreeAddressesInSubnet where a subnet has fewer free addresses */
export function refuseFullSubnet(state: State, subnet: SubnetRecord, count: number): void {
  if (freeAddresses(state, subnet) < count) throw noAddressLeft();
}

/** Runs what draws addresses, and tells in EC2's words that there is none. */
export function drawing<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw cause instanceof SubnetFullError ? noAddressLeft() : cause;
  }
}
