import { errorTrace } from "../../domain/error-text.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { PublicWays } from "../../ports/public-ways.ts";
import { elasticAddresses } from "../../state/ec2-gateways.ts";
import { tasks } from "../../state/ecs.ts";
import { publicAddresses } from "../../state/public-addresses.ts";
import type { WholeState } from "../../state/state.ts";
import { keyedWorker } from "../keyed-worker.ts";

export interface LeadingParts {
  readonly state: WholeState;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ways: PublicWays;
}

/**
 * Leads to all that have public addresses now, and resolves then; and to whoever has one later, until disposed of, which leaves what is led. A change costs one element. Rejects where the
 * kernel cannot be told.
 */
export async function leadPublicAddresses({ state, clock, logger, ways }: LeadingParts): Promise<AsyncDisposable> {
  const whole = new Map<string, string>();
  for (const { address } of state.table(publicAddresses).values()) {
    const to = ledTo(state, address);
    if (to !== undefined) whole.set(address, to);
  }
  await ways.adopt(whole);
  const worker = keyedWorker("public addresses", (address) => ways.lead(address, ledTo(state, address)), clock, logger);
  const watches = [
    state.watch(publicAddresses, ({ key }) => worker.wake(key)),
    state.watch(elasticAddresses, ({ before, after }) => {
      for (const record of [before, after]) if (record) worker.wake(record.publicIp);
    }),
  ];
  return {
    async [Symbol.asyncDispose]() {
      for (const watch of watches) watch[Symbol.dispose]();
      await worker[Symbol.asyncDispose]();
    },
  };
}

/** The private address behind a public one; `undefined` where nobody is there. */
function ledTo(state: WholeState, address: string): string | undefined {
  const holder = state.table(publicAddresses).get(address)?.holder;
  const task = holder === undefined ? undefined : state.table(tasks).get(holder);
  return task?.networkInterface?.privateIpv4Address ?? state.table(elasticAddresses).by("publicIp", address)[0]?.association?.privateIp;
}

/** Opens a VPC's network to programs that call loopback addresses; where that fails it is told, and those addresses lead nowhere there. */
export async function openToLoopback(ways: PublicWays, gateways: readonly { readonly address: string }[], logger: Logger): Promise<void> {
  for (const { address } of gateways) {
    try {
      await ways.open(address);
    } catch (cause) {
      logger.warn("public addresses do not lead into a VPC", { gateway: address, cause: errorTrace(cause) });
    }
  }
}
