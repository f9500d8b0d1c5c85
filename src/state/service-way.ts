import type { Path } from "../decide/reachability/path.ts";
import { pathToService } from "../decide/reachability/service-path.ts";
import type { WorldInterface } from "../domain/network-world.ts";
import { vpcs } from "./ec2.ts";
import { worldAround } from "./network-world.ts";
import { serviceFromVpc, type ServiceFromVpc } from "./seen-services.ts";
import type { State } from "./state.ts";

/** A way to a service of AWS's, and the address at its end. */
export interface ServiceWay {
  readonly service: ServiceFromVpc;
  readonly to: string;
  readonly path: Path;
}

/**
 * The way from an interface to a service of AWS's, as the records are. Costs the groups, routes and ACLs on the way.
 * @param name `ecr.api`
 */
export function wayToService(state: State, source: WorldInterface, region: string, name: string): ServiceWay {
  const service = serviceFromVpc(state, source.vpcId, region, name);
  const world = worldAround(state, [source, ...service.interfaces]);
  const resolves = state.table(vpcs).get(source.vpcId)?.dnsSupport ?? true;
  const { to, ...path } = pathToService(world, source, service, resolves);
  return { service, to, path };
}
