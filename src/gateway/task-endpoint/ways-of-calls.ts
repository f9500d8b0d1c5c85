import type { IncomingMessage } from "node:http";
import { tasks } from "../../state/ecs.ts";
import { taskInWorld } from "../../state/network-world.ts";
import { wayToService } from "../../state/service-way.ts";
import type { WholeState } from "../../state/state.ts";
import { claimedScope } from "../signature-claim.ts";

/** How long a call that reaches nobody is left open before it is cut: as long as clients wait for a connection. */
const SILENT_MS = 60_000;

/** What services are called in the names of endpoints, where that is not what requests are signed for. */
const ENDPOINTS: Readonly<Record<string, string>> = { ecr: "ecr.api" };
/** What needs no signature is asked of it. */
const UNSIGNED = "sts";

/**
 * Whether a task has a way to the service that a request of its containers is for: at 169.254.170.2 stand all services, and on AWS each is reached by its own way. A task that has an interface
 * is told by its address; who else comes there is let through. Costs the groups, routes and ACLs on the way.
 */
export function reachesService(
  state: WholeState,
  request: Pick<IncomingMessage, "headers" | "url"> & { readonly socket: { readonly remoteAddress?: string | undefined } },
): boolean {
  const address = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const [task] = state.table(tasks).by("from", address);
  const source = task && taskInWorld(state, task);
  if (!source) return true;
  const scope = claimedScope({ headers: plainHeaders(request), url: urlOf(request.url ?? "/") });
  const service = scope?.service ?? UNSIGNED;
  const { path } = wayToService(state, source, scope?.region ?? task.region, ENDPOINTS[service] ?? service);
  return path.explanation === undefined;
}

/** Nobody answers, as where no packet comes through. */
export function leaveUnanswered({ socket }: IncomingMessage): void {
  socket.setTimeout(SILENT_MS, () => socket.destroy());
}

/** What is no URL is refused by whoever answers. */
function urlOf(text: string): URL {
  const base = "http://169.254.170.2";
  return new URL(URL.canParse(text, base) ? text : "/", base);
}

function plainHeaders({ headers }: Pick<IncomingMessage, "headers">): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])));
}
