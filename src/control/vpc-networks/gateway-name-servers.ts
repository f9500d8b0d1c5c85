import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
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
}

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 30_000;

/**
 * Name servers for tasks, one at the gateway of each VPC. One that cannot be opened is told once, and tried again with a growing pause: no event
 * tells when another program lets go of the port, or when this user may have it.
 */
export function gatewayNameServers(parts: NameServerParts): GatewayNameServers {
  const servers = new Map<string, { close(): Promise<void> }>();
  /** Those that are not open, and why. */
  const wanting = new Map<string, string>();

  function note(key: string, why: string | undefined): void {
    if (wanting.get(key) === why) return;
    if (why === undefined) wanting.delete(key);
    else wanting.set(key, why);
    const [first] = wanting.values();
    parts.trouble?.(first && `tasks cannot look up load balancers by name: ${first}`);
  }

  /** What is being closed: an address may be wanted again before its sockets are gone. */
  let closing: Promise<unknown> = Promise.resolve();

  function listen(gateways: readonly Gateway[]): void {
    const wanted = new Map(gateways.map((gateway) => [`${gateway.id} ${gateway.address}`, gateway]));
    for (const [key, server] of servers) {
      if (wanted.has(key)) continue;
      servers.delete(key);
      note(key, undefined);
      closing = Promise.all([closing, server.close()]);
    }
    for (const [key, gateway] of wanted)
      if (!servers.has(key))
        servers.set(
          key,
          nameServer(parts, gateway, closing, (why) => note(key, why)),
        );
  }

  return {
    listen,
    async [Symbol.asyncDispose]() {
      listen([]);
      await closing;
    },
  };
}

function nameServer(
  parts: NameServerParts,
  gateway: Gateway,
  before: Promise<unknown>,
  note: (why: string | undefined) => void,
): { close(): Promise<void> } {
  const { clock, logger, open } = parts;
  const { address, vpcId } = gateway;
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
      note(why);
      if (failures === 0) logger.warn("tasks cannot look up load balancers by name; trying again", { vpc: vpcId, address, why });
      retry = clock.after(Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS), () => {
        working = attempt();
      });
      failures += 1;
    }
  }

  let working = before.then(() => (closed ? undefined : attempt()));
  return {
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
