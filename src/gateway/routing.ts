import type { ServiceDescriptor, WireProtocol } from "../services/service.ts";
import { findParameters } from "./protocols/form.ts";
import type { WireRequest } from "./protocols/protocol.ts";
import { cborTarget, speaksCbor } from "./protocols/rpc-v2-cbor.ts";
import { claimedScope } from "./signature-claim.ts";

/** What a request asks for, as far as its envelope tells. */
export interface Route {
  /** `undefined` for a service that AWS has and we do not, or that nobody has. */
  readonly service: ServiceDescriptor | undefined;
  /** What the request names: the target's prefix or the signing name. */
  readonly serviceName: string | undefined;
  /** `undefined` in the REST protocols too: method and path are looked up when the service is loaded. */
  readonly operation: string | undefined;
  /** What the request speaks; `undefined` without a service. */
  readonly protocol: WireProtocol | undefined;
}

/**
 * Finds the service and the operation: by the path in rpcv2Cbor; by `X-Amz-Target` in the JSON protocols, where some clients put a name space
 * before the target; by signing name or version and `Action` in the Query ones; by signing name alone in the REST ones.
 * @param looked how many parameters may be looked at for these
 */
export function route(request: WireRequest, services: readonly ServiceDescriptor[], looked?: number): Route {
  const cbor = speaksCbor(request) ? cborTarget(request) : undefined;
  if (cbor) {
    const service = services.find(({ target }) => target === cbor.service);
    return { service, serviceName: cbor.service, operation: cbor.operation, protocol: spoken(service, isCbor) };
  }
  const target = request.headers["x-amz-target"];
  if (target !== undefined) {
    const dot = target.lastIndexOf(".");
    const prefix = target.slice(0, Math.max(dot, 0));
    const service = services.find(({ target: own }) => own !== undefined && (own === prefix || prefix.endsWith(`.${own}`)));
    return { service, serviceName: prefix, operation: target.slice(dot + 1), protocol: spoken(service, isJson) };
  }
  const parameters = findParameters(request, ["Action", "Version"], looked);
  const signingName = claimedScope(request)?.service;
  const version = parameters.get("Version");
  const service =
    services.find((candidate) => candidate.signingName === signingName) ??
    services.find((candidate) => candidate.version !== undefined && candidate.version === version);
  const action = parameters.get("Action");
  const protocol = action === undefined ? service?.protocol : spoken(service, isQuery);
  return { service, serviceName: signingName, operation: action, protocol };
}

const isCbor = (protocol: WireProtocol): boolean => protocol === "rpcv2Cbor";
const isJson = (protocol: WireProtocol): boolean => protocol === "awsJson1.0" || protocol === "awsJson1.1";
const isQuery = (protocol: WireProtocol): boolean => protocol === "awsQuery" || protocol === "ec2Query";

/** The protocol of that kind that the service speaks; its first one where it speaks none, whose errors its clients read best. */
function spoken(service: ServiceDescriptor | undefined, isOfKind: (protocol: WireProtocol) => boolean): WireProtocol | undefined {
  return service && ([service.protocol, ...(service.furtherProtocols ?? [])].find(isOfKind) ?? service.protocol);
}
