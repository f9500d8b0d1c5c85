import { USUAL_HANDLING, type RequestHandling } from "../../domain/request-handling.ts";
import type { ProxyConfiguration, Rewrites } from "../../ports/traffic-proxy.ts";

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
}

/** As an Application Load Balancer has it unless configured. */
const USUAL = { rewrites: [], sticky: false, logged: false, users: false, handling: USUAL_HANDLING };
export const UNUSED: BackendUse = { ...USUAL, idleTimeout: 60, protocols: new Set() };

interface Noted extends BackendUse {
  idleTimeout: number;
  readonly protocols: Set<"http" | "https">;
  readonly rewrites: Rewrites[];
  sticky: boolean;
  handling: RequestHandling;
  logged: boolean;
  users: boolean;
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
  for (const { routes, tls } of listeners)
    for (const { action, idleTimeout, rewrites, handling, logged, login } of routes) {
      if (action.kind !== "forward") continue;
      for (const use of note(action.backends, idleTimeout)) {
        use.protocols.add(tls ? "https" : "http");
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
