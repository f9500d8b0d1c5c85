import { USUAL_HANDLING, type RequestHandling } from "../../domain/request-handling.ts";
import type { ProxyConfiguration, ProxyListener, Rewrites } from "../../ports/traffic-proxy.ts";

/** What those that forward to a backend want of it. */
export interface BackendUse {
  /** The longest of theirs, seconds. */
  readonly idleTimeout: number;
  /** By which their clients come. */
  readonly protocols: ReadonlySet<"http" | "https">;
  readonly rewrites: readonly Rewrites[];
  /** Whether clients are to come again to the same group. */
  readonly sticky: boolean;
  readonly handling: RequestHandling;
  /** Whether some of its requests are logged. */
  readonly logged: boolean;
  /** Whether some of them come from users that logged in. */
  readonly users: boolean;
  /** Whether all listeners that lead there see to `Host` by themselves. */
  readonly isHostSet: boolean;
}

/** As an Application Load Balancer has it unless configured. */
const USUAL = { rewrites: [], sticky: false, logged: false, users: false, isHostSet: true, handling: USUAL_HANDLING };
export const UNUSED: BackendUse = { ...USUAL, idleTimeout: 60, protocols: new Set() };

interface Noted extends BackendUse {
  idleTimeout: number;
  readonly protocols: Set<"http" | "https">;
  readonly rewrites: Rewrites[];
  sticky: boolean;
  handling: RequestHandling;
  logged: boolean;
  users: boolean;
  isHostSet: boolean;
}

/** Whether a listener sees to the `Host` of all its requests: none of those that it leads them to wants it as it is. */
export function setsHost({ routes }: Pick<ProxyListener, "routes">): boolean {
  return routes.every(({ handling = USUAL_HANDLING }) => !handling.keepsHost);
}

/** By the ids of backends. Takes time proportional to the routes. */
export function usesOf({ listeners, streams = [] }: ProxyConfiguration): ReadonlyMap<string, BackendUse> {
  const uses = new Map<string, Noted>();
  const note = (backends: readonly { readonly id: string }[], idleTimeout: number): readonly Noted[] =>
    backends.map(({ id }) => {
      const use = uses.get(id) ?? { ...USUAL, idleTimeout: 0, protocols: new Set(), rewrites: [] };
      uses.set(id, use);
      use.idleTimeout = Math.max(idleTimeout, use.idleTimeout);
      return use;
    });
  for (const listener of listeners)
    for (const { action, idleTimeout, rewrites, handling, logged, login } of listener.routes) {
      if (action.kind !== "forward") continue;
      for (const use of note(action.backends, idleTimeout)) {
        use.isHostSet &&= setsHost(listener);
        use.protocols.add(listener.tls ? "https" : "http");
        use.sticky ||= action.stickiness !== undefined;
        use.logged ||= logged !== undefined;
        use.users ||= login !== undefined;
        if (handling) use.handling = handling;
        if (rewrites) use.rewrites.push(rewrites);
      }
    }
  for (const { backends, idleTimeout } of streams) note(backends, idleTimeout);
  return uses;
}
