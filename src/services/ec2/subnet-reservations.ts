import type { SubnetCidrReservation } from "@aws-sdk/client-ec2";
import { isWithinBlock, overlapping } from "../../decide/addresses/vpc-block.ts";
import { defined } from "../../domain/defined.ts";
import { subnetReservations, type SubnetReservationRecord } from "../../state/ec2-subnet-reservations.ts";
import { AwsError } from "../aws-error.ts";
import { described } from "./describe.ts";
import { invalidValue, onAny, onOne, operation, tagAtCreation } from "./ec2-operation.ts";
import { tagsFor } from "./security-groups.ts";
import { requireSubnet } from "./subnets.ts";
import { readBlock } from "./vpc-blocks.ts";

const KIND = "subnet-cidr-reservation";

export function reservationNotFound(id: string): AwsError {
  return new AwsError("InvalidSubnetCidrReservationID.NotFound", `The subnet CIDR reservation ID '${id}' does not exist`);
}

export const createSubnetCidrReservation = operation("CreateSubnetCidrReservation", {
  authorize: ({ SubnetId, TagSpecifications }, at) => [
    onOne("CreateSubnetCidrReservation", "subnet", SubnetId, at),
    ...tagAtCreation(at.arn("ec2", `${KIND}/*`), "CreateSubnetCidrReservation", TagSpecifications),
  ],
  run({ SubnetId = "", Cidr = "", ReservationType: type, Description: description, TagSpecifications }, context) {
    const { state, ids, account, region } = context;
    const cidr = readBlock(Cidr, "cidr");
    if (type !== "prefix" && type !== "explicit")
      throw invalidValue(`Value (${String(type)}) for parameter reservationType is invalid. Valid values are prefix and explicit.`);
    const tags = tagsFor(KIND, TagSpecifications);
    const subnet = requireSubnet(context, SubnetId);
    if (!isWithinBlock(cidr, subnet.cidrBlock))
      throw new AwsError("InvalidSubnet.Range", `The CIDR '${cidr}' is not within the CIDR '${subnet.cidrBlock}' of the subnet`);
    const others = state.table(subnetReservations).by("subnet", subnet.id);
    if (
      overlapping(
        others.map((other) => other.cidr),
        cidr,
      ) !== undefined
    )
      throw new AwsError("InvalidSubnetCidrReservation.Conflict", `The CIDR '${cidr}' conflicts with another reservation of the subnet`);
    const made = { id: `scr-${ids.hex(17)}`, account, region, subnetId: subnet.id, cidr, type, ...defined({ description }), tags };
    state.commit(() => state.table(subnetReservations).insert(made));
    return { SubnetCidrReservation: shown(made) };
  },
});

export const deleteSubnetCidrReservation = operation("DeleteSubnetCidrReservation", {
  // The reference names no resource for it.
  authorize: onAny("DeleteSubnetCidrReservation"),
  run({ SubnetCidrReservationId = "" }, { state, account, region }) {
    const found = state.table(subnetReservations).get(SubnetCidrReservationId);
    if (!found || found.account !== account || found.region !== region) throw reservationNotFound(SubnetCidrReservationId);
    state.commit(() => state.table(subnetReservations).delete(found.id));
    return { DeletedSubnetCidrReservation: shown(found) };
  },
});

export const getSubnetCidrReservations = operation("GetSubnetCidrReservations", {
  authorize: onAny("GetSubnetCidrReservations"),
  run({ SubnetId = "", ...input }, context) {
    const subnet = requireSubnet(context, SubnetId);
    const all = context.state.table(subnetReservations).by("subnet", subnet.id);
    const fields = {
      reservationType: ({ type }: SubnetReservationRecord) => type,
      "subnet-id": ({ subnetId }: SubnetReservationRecord) => subnetId,
    };
    const { items, ...more } = described(all, input, { id: ({ id }) => id, fields, tags: ({ tags }) => tags }, context);
    return { SubnetIpv4CidrReservations: items.map(shown), SubnetIpv6CidrReservations: [], ...more };
  },
});

function shown({ id, account, subnetId, cidr, type, description, tags }: SubnetReservationRecord): SubnetCidrReservation {
  return {
    SubnetCidrReservationId: id,
    SubnetId: subnetId,
    Cidr: cidr,
    ReservationType: type,
    OwnerId: account,
    ...defined({ Description: description }),
    Tags: [...tags],
  };
}
