import { logDelivery } from "../control/access-logs/deliver.ts";
import { loadBalancing } from "../control/load-balancing/load-balancing.ts";
import { loginOf } from "../control/logins/gates.ts";
import { proxyShares } from "../control/proxy-shares.ts";
import { serviceConnect, type ServiceConnect } from "../control/service-connect/service-connect.ts";
import { queryLog, type QueryLog } from "../control/query-logs/query-log.ts";
import { balancerAddresses } from "../control/vpc-networks/balancer-addresses.ts";
import type { EndpointDoors } from "../control/vpc-networks/endpoint-doors.ts";
import { followGateways } from "../control/vpc-networks/follow-networks.ts";
import { gatewayNameServers, type GatewayNameServers } from "../control/vpc-networks/gateway-name-servers.ts";
import { forwarder } from "../drivers/dns/forward.ts";
import { networkForVpc } from "../control/vpc-networks/network-for-task.ts";
import { dnsServer } from "../drivers/dns/server.ts";
import type { Troubles } from "../drivers/filesystem/troubles.ts";
import { canBind } from "../drivers/haproxy/can-bind.ts";
import { bridgeAddresses } from "../drivers/system/bridge-addresses.ts";
import { systemClock as clock } from "../drivers/system/clock.ts";
import type { RequestLog } from "../ports/request-log.ts";
import type { TrafficProxy } from "../ports/traffic-proxy.ts";
import type { VpcNetworks } from "../ports/vpc-networks.ts";
import { servedMaterial } from "../state/served-certificates.ts";
import { chanceOf } from "./chance.ts";
import type { Start } from "./options.ts";
import type { WholePlatform } from "./platform.ts";

export interface Traffic {
  readonly balancing: AsyncDisposable;
  readonly connecting: ServiceConnect;
  readonly names: GatewayNameServers;
  /** What name servers are asked of zones. */
  readonly queries: QueryLog;
}

interface TrafficParts {
  readonly networks: VpcNetworks;
  readonly requestLog: RequestLog;
  readonly troubles: Troubles;
  /** Of VPC endpoints. */
  readonly doors: EndpointDoors;
  /** Whether the kernel is told what groups and ACLs say. */
  readonly isEnforced: boolean;
}

/** Load balancers and Service Connect carried by the proxy, and found by name, at the addresses that this host has in the networks of VPCs. */
export function openTraffic(
  { options, logger, opened }: Start,
  { state, ids, secrets, logs, logBuckets, packets, targetSurroundings: surroundings }: WholePlatform,
  proxy: TrafficProxy,
  { networks, requestLog, troubles, doors, isEnforced }: TrafficParts,
): Traffic {
  const shares = proxyShares(proxy, ["balancing", "connect"]);
  const connecting = opened.use(
    serviceConnect({
      ...{ state, clock, proxy: shares.connect, logger, isEnforced },
      trouble: (text) => troubles.tell("service connect", text),
    }),
  );
  const balancing = opened.use(
    loadBalancing({
      state,
      clock,
      proxy: shares.balancing,
      logger,
      surroundings,
      canBind,
      material: (arn) => servedMaterial({ state, secrets }, arn),
      loginOf: loginOf(secrets),
      ...(packets && { packets }),
      isEnforced,
      trouble: (text) => troubles.tell("load balancers", text),
    }),
  );
  if (logBuckets) opened.use(logDelivery({ state, clock, log: requestLog, buckets: logBuckets, logger }));
  const queries = opened.use(queryLog({ state, logs, clock, logger }));
  const names = opened.use(
    gatewayNameServers({
      state,
      clock,
      logger,
      chance: chanceOf(ids),
      sharedDomains: options.sharedDomains ?? [],
      open: (address, answers) => dnsServer({ addresses: [address], port: 53, forwarder: forwarder(), answered: queries.note, ...answers }),
      trouble: (text) => troubles.tell("names", text),
      heldIn: (vpcId) => addresses.heldIn(vpcId),
    }),
  );
  const addresses = opened.use(
    balancerAddresses({
      state,
      clock,
      ids,
      logger,
      host: bridgeAddresses(),
      networkForVpc: networkForVpc({ state, networks, logger }),
      tell(held, lacking) {
        names.hold(held, lacking);
        balancing.hold(held);
        connecting.hold(held, lacking);
        doors.hold(held);
      },
      trouble: (text) => troubles.tell("addresses of load balancers", text),
    }),
  );
  // In one step, so that a restart's first configuration has the gateways, too.
  opened.use(
    followGateways(state, networks, (gateways) => {
      // Names first: a listener on their port goes without the gateway.
      names.listen(gateways);
      balancing.bind(gateways);
      addresses.at(gateways);
    }),
  );
  return { balancing, connecting, names, queries };
}
