import { loadBalancerNames } from "../control/load-balancing/load-balancer-names.ts";
import type { GatewayView } from "../decide/routing/view.ts";
import { errorTrace } from "../domain/error-text.ts";
import { dnsServer } from "../drivers/dns/server.ts";
import type { Logger } from "../ports/logger.ts";
import type { WholeState } from "../state/state.ts";

/** Name servers for tasks, one at the gateway of each VPC. */
export function gatewayNameServers(
  state: WholeState,
  logger: Logger,
): AsyncDisposable & { listen(gateways: readonly GatewayView[]): void } {
  const failed = (cause: unknown): void => logger.warn("tasks cannot look up load balancers by name", { cause: errorTrace(cause) });
  const servers = new Map<string, Promise<AsyncDisposable | undefined>>();
  return {
    listen(gateways) {
      for (const gateway of gateways) {
        if (servers.has(gateway.address)) continue;
        const resolve = loadBalancerNames(state, gateway);
        const opening = dnsServer({ addresses: [gateway.address], port: 53, resolve, failed });
        servers.set(gateway.address, opening.catch(failed as () => undefined));
      }
    },
    async [Symbol.asyncDispose]() {
      for (const server of servers.values()) await (await server)?.[Symbol.asyncDispose]();
    },
  };
}
