import type { TargetPlace } from "./target-place.ts";

/** A target on record, and what its group says of it. */
export interface TargetClaim {
  /** An address or an instance id, as registered. */
  readonly id: string;
  readonly port: number;
  /** Where this host reaches it. */
  readonly address: string;
  readonly addressPort: number;
  /** The VPC of its group. */
  readonly vpcId: string | undefined;
  /** The instance of the group's account and region; `undefined` for groups of addresses. */
  readonly instanceId: string | undefined;
  /** The port of the health checks where that is not the target's own. */
  readonly checkPort: number | undefined;
  /** Where it is in a zone. */
  readonly availabilityZone: string | undefined;
}

export interface Admission {
  readonly placeOf: (address: string, vpcId: string | undefined) => TargetPlace;
  /** Whether a task of the group's account has this port of an address of this host now. */
  readonly published: (address: string, port: number) => boolean;
  /** The zones that the group's load balancer has subnets in; all where absent. */
  readonly zones: ReadonlySet<string> | undefined;
}

/**
 * Why a target gets nothing: its address is not one for this group, nothing of this account has that port of the host, or its load balancer is not in its
 * zone.
 */
export type TurnedAway = "address" | "port" | "zone";

/**
 * The last door before the proxy: whether requests and health checks may go to a target now. What was allowed when the target was registered may
 * not be any more: another VPC may cover its address, the task that had its port may be gone. An address of this host is never taken on
 * the record's word, since behind it lies what the host keeps on loopback: the very port must be a task's, the port of the health checks too.
 */
export function turnAway(target: TargetClaim, admission: Admission): TurnedAway | undefined {
  const { availabilityZone: zone } = target;
  const why = turnedFrom(target, admission);
  if (why !== undefined || zone === undefined || zone === "all" || admission.zones === undefined) return why;
  return admission.zones.has(zone) ? undefined : "zone";
}

function turnedFrom(target: TargetClaim, { placeOf, published }: Admission): "address" | "port" | undefined {
  const { id, port, address, addressPort, vpcId, instanceId, checkPort } = target;
  if (instanceId === undefined) {
    const place = placeOf(id, vpcId);
    if (place !== "vpc" && place !== "private" && place !== "opened") return "address";
    if (address === id && addressPort === port) return undefined;
  } else if (id !== instanceId) return "address";
  if (placeOf(address, vpcId) === "opened") return undefined;
  const ports = checkPort === undefined ? [addressPort] : [addressPort, checkPort];
  return ports.every((one) => published(address, one)) ? undefined : "port";
}
