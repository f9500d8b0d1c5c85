import { loadBalancing } from "../control/load-balancing/load-balancing.ts";
import { vpcGateways } from "../control/vpc-gateways.ts";
import { canBind } from "../drivers/haproxy/can-bind.ts";
import { systemClock as clock } from "../drivers/system/clock.ts";
import type { TrafficProxy } from "../ports/traffic-proxy.ts";
import type { Platform } from "../services/platform.ts";
import { gatewayNameServers } from "./gateway-name-servers.ts";
import type { Start } from "./options.ts";

/** Load balancers carried by the proxy, and found by name, at the addresses that this host has in the networks of VPCs. */
export function openTraffic(
  { logger, opened }: Start,
  { state, targetSurroundings: surroundings }: Platform,
  proxy: TrafficProxy,
): AsyncDisposable {
  const balancing = opened.use(loadBalancing({ state, clock, proxy, logger, surroundings, canBind }));
  // In one step, so that a restart's first configuration has the gateways, too.
  const names = opened.use(gatewayNameServers(state, logger));
  const gateways = vpcGateways(state, (found) => {
    // Names first: a listener on their port goes without the gateway.
    names.listen(found);
    balancing.bind(found);
  });
  opened.defer(() => gateways[Symbol.dispose]());
  return balancing;
}
