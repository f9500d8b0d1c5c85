import type { Tag } from "@aws-sdk/client-ec2";
import { contains, parseAddress, parseCidr } from "../domain/cidr.ts";
import { scopeKey } from "../domain/scope.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

/** Addresses of a subnet that nothing gets unless it asks for one of them. */
export interface SubnetReservationRecord {
  /** `scr-…`. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly subnetId: string;
  readonly cidr: string;
  /** For prefixes of interfaces, or for single addresses that are asked for. */
  readonly type: "prefix" | "explicit";
  readonly description?: string;
  readonly tags: readonly Tag[];
}

export const subnetReservations = defineTable<SubnetReservationRecord>()("ec2.subnet-reservations", ({ id }) => id, ofAccount, {
  scope: scopeKey,
  subnet: ({ subnetId }) => subnetId,
});

/** Whether an address is kept from those who do not ask for it. Costs a look at the reservations of the subnet. */
export function isReserved(state: State, subnetId: string, address: string): boolean {
  const number = parseAddress(address);
  return state
    .table(subnetReservations)
    .by("subnet", subnetId)
    .some(({ cidr }) => {
      const block = parseCidr(cidr);
      return block !== undefined && number !== undefined && contains(block, number);
    });
}
