import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { vpcEndpoints } from "../../state/ec2-endpoints.ts";
import type { WholeState } from "../../state/state.ts";
import { keyedWorker } from "../keyed-worker.ts";
import type { HeldAddresses } from "../load-balancing/own-places.ts";

/** A certificate and its private key, both as PEM, and when another one is to be shown, milliseconds since the Unix epoch. */
export interface DoorCertificate {
  readonly certificate: string;
  readonly key: string;
  readonly renewAt: number;
}

/** A place where the APIs are answered over TLS. */
export interface EndpointDoor extends AsyncDisposable {
  show(certificate: DoorCertificate): void;
}

export interface EndpointDoorsParts {
  readonly state: WholeState;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The certificate for the services of these regions; the one that there is, while it fits. */
  readonly certificate: (regions: readonly string[]) => Promise<DoorCertificate>;
  /** Answers at an address, on 443. */
  readonly open: (address: string, certificate: DoorCertificate) => Promise<EndpointDoor>;
}

export interface EndpointDoors extends AsyncDisposable {
  /** This host has exactly these addresses in the networks of VPCs from now on. */
  hold(held: readonly HeldAddresses[]): void;
}

/** There is one thing to look at. */
const ALL = "";
/** No event tells that a port is free again. */
const TRY_AGAIN_MS = 60_000;

/**
 * Answers at the addresses of VPC endpoints that this host has, over TLS, under the names of the services. A step costs a look at all addresses that are held. One that cannot be opened is told and tried
 * again: the others are not kept from it.
 */
export function endpointDoors({ state, clock, logger, certificate, open }: EndpointDoorsParts): EndpointDoors {
  let held: readonly HeldAddresses[] = [];
  const doors = new Map<string, EndpointDoor>();
  let shown: DoorCertificate | undefined;
  const worker = keyedWorker("doors of VPC endpoints", step, clock, logger);

  /** The addresses at which endpoints are, each with its region. */
  function wanted(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const { vpcId, addresses } of held)
      for (const { privateIpv4Address, region, vpcEndpointId } of state.table(networkInterfaces).by("vpc", vpcId))
        if (vpcEndpointId !== undefined && addresses.has(privateIpv4Address) && state.table(vpcEndpoints).has(vpcEndpointId))
          found.set(privateIpv4Address, region);
    return found;
  }

  async function step(): Promise<void> {
    const places = wanted();
    for (const [address, door] of [...doors]) {
      if (places.has(address)) continue;
      doors.delete(address);
      await door[Symbol.asyncDispose]();
    }
    if (places.size === 0) return;
    const current = await certificate([...new Set(places.values())].toSorted());
    if (current !== shown) for (const door of doors.values()) door.show(current);
    shown = current;
    worker.wakeAt(ALL, current.renewAt);
    for (const address of places.keys()) if (!doors.has(address)) await openAt(address, current);
  }

  async function openAt(address: string, current: DoorCertificate): Promise<void> {
    try {
      doors.set(address, await open(address, current));
    } catch (cause) {
      logger.warn("a VPC endpoint does not answer at its address", { address, cause: String(cause) });
      worker.wakeAt(ALL, clock.now() + TRY_AGAIN_MS);
    }
  }

  return {
    hold(now) {
      held = now;
      worker.wake(ALL);
    },
    async [Symbol.asyncDispose]() {
      await worker[Symbol.asyncDispose]();
      for (const door of doors.values()) await door[Symbol.asyncDispose]();
    },
  };
}
