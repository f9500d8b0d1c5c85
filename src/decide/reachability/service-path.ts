import { TCP, type NetworkWorld, type WorldInterface } from "../../domain/network-world.ts";
import { pathOf, type Path } from "./path.ts";

/** A service of AWS as a VPC sees it. */
export interface SeenService {
  /** `ecr.api`, as in `com.amazonaws.us-east-1.ecr.api`. */
  readonly name: string;
  /** What its clients look for: `api.ecr.us-east-1.amazonaws.com`. */
  readonly host: string;
  /** What the name means outside of VPCs. */
  readonly publicAddress: string;
  /** What it means inside: the addresses of the interface endpoint with private DNS; none where the VPC has none. */
  readonly endpointAddresses: readonly string[];
}

const HTTPS = 443;

/**
 * The way from an interface to a service: to the addresses of the VPC's endpoint where its private DNS leads there, and nowhere else then, as on AWS; otherwise to a public address,
 * which a gateway endpoint's route may have too. Any of several addresses will do.
 * @param resolves whether the VPC's resolver answers (`enableDnsSupport`)
 */
export function pathToService(
  world: NetworkWorld,
  source: WorldInterface,
  service: SeenService,
  resolves = true,
): Path & { readonly to: string } {
  const addresses = service.endpointAddresses.length > 0 ? service.endpointAddresses : [service.publicAddress];
  const [first = service.publicAddress] = addresses;
  if (!resolves) return { ...unresolved(source, service), to: first };
  let blocked: (Path & { readonly to: string }) | undefined;
  for (const to of addresses) {
    const path = { ...pathOf(world, { from: source.address, to, protocol: TCP, port: HTTPS }), to };
    if (!path.explanation) return path;
    blocked ??= path;
  }
  return blocked ?? { hops: [], to: first };
}

function unresolved({ id, vpcId, address }: WorldInterface, { host }: SeenService): Path {
  const hop = { component: { kind: "network-interface" as const, id } };
  return {
    hops: [hop],
    explanation: {
      code: "UNKNOWN_DESTINATION",
      component: { kind: "vpc", id: vpcId },
      ...{ from: address, to: host, protocol: TCP, port: HTTPS },
    },
  };
}
