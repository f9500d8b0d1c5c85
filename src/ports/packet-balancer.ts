import type { PacketService, PacketTarget } from "../domain/packet-service.ts";

export type { PacketChoice, PacketService, PacketTarget } from "../domain/packet-service.ts";

/**
 * The data plane of listeners whose connections nobody takes and makes anew: packets go to targets with the client's address on them. It goes on when the
 * control plane is gone. Flows that are under way stay with their target, whatever is applied, until they are cut.
 */
export interface PacketBalancer {
  /** Resolves when exactly these services are carried: all of it at once, or nothing of it where it rejects. Costs what changed. */
  apply(services: readonly PacketService[]): Promise<void>;
  /** How many connections a target has under way; of datagrams, flows that were not idle for long. Costs a look at the flows of that target's address. */
  flows(target: PacketTarget, protocol: PacketService["protocol"]): Promise<number>;
  /** Forgets the flows of a target: what comes later of them is as if it were new. Costs as `flows` does. */
  cut(target: PacketTarget, protocol: PacketService["protocol"]): Promise<void>;
  /** Takes all of it away. */
  remove(): Promise<void>;
}
