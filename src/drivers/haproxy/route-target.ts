import type { ProxyListener, ProxyRoute } from "../../ports/traffic-proxy.ts";
import { backendName } from "./server-names.ts";
import { digest } from "./tls-names.ts";

/** The backend to which a route leads all its requests; `undefined` where it draws among several. */
export function routeTarget(listener: Pick<ProxyListener, "id">, { action }: ProxyRoute): string | undefined {
  if (action.kind !== "forward") return answerName(listener, action);
  const [chosen, ...others] = action.backends.filter(({ weight }) => weight > 0);
  if (!chosen) return "unavailable";
  return others.length > 0 || action.stickiness !== undefined ? undefined : backendName(chosen.id);
}

/** The backend that gives an answer of its own: routes of one listener that answer the same have one. */
export function answerName(listener: Pick<ProxyListener, "id">, action: Exclude<ProxyRoute["action"], { kind: "forward" }>): string {
  return `a_${listener.id}_${digest(JSON.stringify(action))}`;
}
