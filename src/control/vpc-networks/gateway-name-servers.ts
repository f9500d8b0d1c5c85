import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import { parseCidr, resolverOf } from "../../domain/cidr.ts";
import type { HeldAddresses } from "../load-balancing/own-places.ts";
import { resolveInVpc, type Resolve, type ResolvingParts } from "../name-resolution/resolve.ts";
import type { Gateway } from "./follow-networks.ts";

export interface NameServerParts extends ResolvingParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Opens a name server on port 53 of an address. Rejects, with nothing left open, where it cannot. */
  readonly open: (address: string, answers: NameServerAnswers) => Promise<AsyncDisposable>;
  /** Told what keeps tasks from looking up names, in words for an operator; with `undefined` that nothing does any more. */
  readonly trouble?: (text: string | undefined) => void;
}

interface NameServerAnswers {
  readonly resolve: Resolve;
  readonly failed: (cause: unknown) => void;
}

export interface GatewayNameServers extends AsyncDisposable {
  /** Listens at exactly these gateways from now on; at one whose network was made anew, anew. */
  listen(gateways: readonly Gateway[]): void;
  /** This host has exactly these addresses in the networks of VPCs: where a resolver's is among them, it is answered there, too. @param lacking why it has not those of some VPCs */
  hold(held: readonly HeldAddresses[], lacking: ReadonlyMap<string, string>): void;
  /** The address at base+2 of a VPC, where names are answered there now. */
  resolverIn(vpcId: string): string | undefined;
  /** Resolves when it is known whether names are answered at a VPC's base+2, or after some seconds: a task that starts is told then where to ask. `undefined` where that is known. */
  ready(vpcId: string): Promise<void> | undefined;
}

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 30_000;
/** Nobody waits longer for an address that this host is slow to have. */
const PATIENCE_MS = 3_000;

/**
 * Name servers for tasks: in each VPC one at base+2, where AWS has it and where this host has the address, and one at the gateway. One that cannot be opened is told once, and tried again with a growing pause: no event
 * tells when another program lets go of the port, or when this user may have it.
 */
export function gatewayNameServers(parts: NameServerParts): GatewayNameServers {
  const servers = new Map<string, NameServer>();
  /** Those that are not open, and why. */
  const wanting = new Map<string, string>();
  let gateways: readonly Gateway[] = [];
  let held: ReadonlyMap<string, HeldAddresses> = new Map();
  let lacking: ReadonlyMap<string, string> = new Map();
  const waiting = new Map<string, Set<() => void>>();

  function note(key: string, why: string | undefined): void {
    if (wanting.get(key) === why) return;
    if (why === undefined) wanting.delete(key);
    else wanting.set(key, why);
    const [first] = wanting.values();
    parts.trouble?.(first && `tasks cannot look up load balancers by name: ${first}`);
  }

  /** What is being closed: an address may be wanted again before its sockets are gone. */
  let closing: Promise<unknown> = Promise.resolve();

  function serve(): void {
    const wanted = new Map(
      gateways.flatMap((gateway) =>
        [gateway.address, heldResolver(gateway) ?? []].flat().map((at) => [keyOf(gateway, at), { gateway, at }] as const),
      ),
    );
    for (const [key, server] of servers) {
      if (wanted.has(key)) continue;
      servers.delete(key);
      note(key, undefined);
      closing = Promise.all([closing, server.close()]);
    }
    for (const [key, { gateway, at }] of wanted)
      if (!servers.has(key))
        servers.set(
          key,
          nameServer(parts, gateway, at, closing, (why) => {
            note(key, why);
            tellWaiting();
          }),
        );
    tellWaiting();
  }

  function heldResolver({ vpcId, vpcCidr }: Gateway): string | undefined {
    const block = parseCidr(vpcCidr);
    const address = block && resolverOf(block);
    return address !== undefined && held.get(vpcId)?.addresses.has(address) ? address : undefined;
  }

  function isKnown(vpcId: string): boolean {
    const gateway = gateways.find((one) => one.vpcId === vpcId);
    if (!gateway || lacking.has(vpcId)) return true;
    const address = heldResolver(gateway);
    return address !== undefined && servers.get(keyOf(gateway, address))?.isSettled() === true;
  }

  function tellWaiting(): void {
    for (const [vpcId, tell] of waiting) if (isKnown(vpcId)) for (const one of tell) one();
  }

  return {
    listen(now) {
      gateways = now;
      serve();
    },
    hold(now, without) {
      held = new Map(now.map((one) => [one.vpcId, one]));
      lacking = without;
      serve();
    },
    resolverIn(vpcId) {
      const gateway = gateways.find((one) => one.vpcId === vpcId);
      const address = gateway && heldResolver(gateway);
      return address !== undefined && servers.get(keyOf(gateway!, address))?.isOpen() ? address : undefined;
    },
    ready(vpcId) {
      if (isKnown(vpcId)) return undefined;
      return new Promise((resolve) => {
        const others = waiting.get(vpcId) ?? new Set();
        const patience = parts.clock.after(PATIENCE_MS, done);
        function done(): void {
          patience[Symbol.dispose]();
          others.delete(done);
          if (others.size === 0) waiting.delete(vpcId);
          resolve();
        }
        waiting.set(vpcId, others.add(done));
      });
    },
    async [Symbol.asyncDispose]() {
      gateways = [];
      serve();
      await closing;
    },
  };
}

function keyOf({ id }: Gateway, address: string): string {
  return `${id} ${address}`;
}

interface NameServer {
  isOpen(): boolean;
  /** Whether it is open, or was tried in vain. */
  isSettled(): boolean;
  close(): Promise<void>;
}

function nameServer(
  parts: NameServerParts,
  gateway: Gateway,
  address: string,
  before: Promise<unknown>,
  note: (why: string | undefined) => void,
): NameServer {
  const { clock, logger, open } = parts;
  const { vpcId } = gateway;
  const failed = (cause: unknown): void => logger.warn("a name server of a VPC failed", { vpc: vpcId, address, why: reasonOf(cause) });
  const answers = { resolve: resolveInVpc(parts, gateway), failed };
  let closed = false;
  let failures = 0;
  let retry: Disposable | undefined;
  let server: AsyncDisposable | undefined;

  async function attempt(): Promise<void> {
    try {
      server = await open(address, answers);
      if (!closed) note(undefined);
      if (failures > 0 && !closed) logger.info("tasks can look up load balancers by name", { vpc: vpcId, address });
    } catch (cause) {
      if (closed) return;
      const why = whyNot(cause);
      failures += 1;
      note(why);
      if (failures === 1) logger.warn("tasks cannot look up load balancers by name; trying again", { vpc: vpcId, address, why });
      retry = clock.after(Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS), () => {
        working = attempt();
      });
    }
  }

  let working = before.then(() => (closed ? undefined : attempt()));
  return {
    isOpen: () => server !== undefined,
    isSettled: () => server !== undefined || failures > 0,
    async close() {
      closed = true;
      retry?.[Symbol.dispose]();
      await working;
      await server?.[Symbol.asyncDispose]();
    },
  };
}

/** What an operator can do belongs to it. */
function whyNot(cause: unknown): string {
  return codeOf(cause) === "EACCES" ? `${reasonOf(cause)}: this user may not open port 53; ${REMEDY}` : reasonOf(cause);
}

const REMEDY = "`sudo sysctl -w net.ipv4.ip_unprivileged_port_start=53` lets every user, and `airfield doctor` tells more";

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && "code" in cause ? cause.code : undefined;
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
