import type { ServiceDescriptor } from "../services/service.ts";
import { findParameters } from "./protocols/form.ts";
import type { WireRequest } from "./protocols/protocol.ts";
import { claimedScope } from "./signature-claim.ts";

/** What a request asks for, as far as its envelope tells. */
export interface Route {
  /** `undefined` for a service that AWS has and we do not, or that nobody has. */
  readonly service: ServiceDescriptor | undefined;
  /** What the request names: the target's prefix or the signing name. */
  readonly serviceName: string | undefined;
  readonly operation: string | undefined;
}

/**
 * Finds the service and the operation: by `X-Amz-Target` in the JSON protocols, where some clients put a name space before the target; by
 * signing name or version and `Action` in the Query ones.
 * @param looked how many parameters may be looked at for these
 */
export function route(request: WireRequest, services: readonly ServiceDescriptor[], looked?: number): Route {
  const target = request.headers["x-amz-target"];
  if (target !== undefined) {
    const dot = target.lastIndexOf(".");
    const prefix = target.slice(0, Math.max(dot, 0));
    const service = services.find(({ target: own }) => own !== undefined && (own === prefix || prefix.endsWith(`.${own}`)));
    return { service, serviceName: prefix, operation: target.slice(dot + 1) };
  }
  const parameters = findParameters(request, ["Action", "Version"], looked);
  const signingName = claimedScope(request)?.service;
  const version = parameters.get("Version");
  const service =
    services.find((candidate) => candidate.signingName === signingName) ??
    services.find((candidate) => candidate.version !== undefined && candidate.version === version);
  return { service, serviceName: signingName, operation: parameters.get("Action") };
}
