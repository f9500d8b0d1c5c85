import { NamespaceNotFoundException } from "@aws-sdk/client-ecs";
import { claimsToBeArn } from "../../domain/arn.ts";
import { scopeKey } from "../../domain/scope.ts";
import { nameInScope, namespaceOfArn, namespaces, type NamespaceRecord } from "../../state/cloud-map.ts";
import type { ClusterRecord } from "../../state/ecs.ts";
import { because, type OperationContext } from "../operation.ts";
import { insertConnectNamespace } from "../servicediscovery/create-namespace.ts";
import { NAMESPACES_BY_REGION } from "../servicediscovery/quotas.ts";
import { invalid } from "./ecs-operation.ts";

const KINDS: readonly NamespaceRecord["type"][] = ["HTTP", "DNS_PRIVATE", "DNS_PUBLIC"];

/** ECS leaves four signs out of what Cloud Map lets a namespace be called (`CreateHttpNamespace`), which has no spaces and nothing but ASCII. */
const CONNECT_NAME = /^(?!.*[<>"/])[!-~]{1,1024}$/;

/** By its name or ARN. Of several of one name an HTTP namespace is meant, or else the first. */
function findNamespace(nameOrArn: string, context: OperationContext): NamespaceRecord | undefined {
  const { state, region } = context;
  if (claimsToBeArn(nameOrArn)) {
    const found = namespaceOfArn(state, nameOrArn);
    return found?.region === region ? found : undefined;
  }
  const named = state.table(namespaces).by("name", nameInScope(context, nameOrArn));
  return KINDS.flatMap((kind) => named.filter(({ type }) => type === kind))[0];
}

/** @throws NamespaceNotFoundException */
export function requireConnectNamespace(nameOrArn: string, context: OperationContext): NamespaceRecord {
  const found = findNamespace(nameOrArn, context);
  if (found) return found;
  throw new NamespaceNotFoundException(because("The specified namespace wasn't found."));
}

/**
 * What a cluster's `serviceConnectDefaults` come to, inside a commit: the ARN of the namespace; one of a name that there is not is made. `undefined` for none, which an
 * empty text asks for. Source: Amazon ECS API Reference, `ClusterServiceConnectDefaultsRequest`.
 * @throws NamespaceNotFoundException for an ARN of none, InvalidParameterException for what is no name
 */
export function clusterNamespace(nameOrArn: string, context: OperationContext): string | undefined {
  if (nameOrArn === "") return undefined;
  if (claimsToBeArn(nameOrArn)) return requireConnectNamespace(nameOrArn, context).arn;
  if (!CONNECT_NAME.test(nameOrArn)) throw invalid("The namespace name is invalid.");
  const found = findNamespace(nameOrArn, context);
  if (found) return found.arn;
  if (context.state.table(namespaces).count("scope", scopeKey(context)) >= NAMESPACES_BY_REGION)
    throw invalid(`The number of namespaces in this Region has reached its quota of ${NAMESPACES_BY_REGION}.`);
  return insertConnectNamespace(context, nameOrArn).arn;
}

/** The namespace that a service is to be in: its own, or else its cluster's. @throws NamespaceNotFoundException, InvalidParameterException */
export function serviceNamespace(
  named: string | undefined,
  { serviceConnectNamespace: usual }: Pick<ClusterRecord, "serviceConnectNamespace">,
  context: OperationContext,
): NamespaceRecord {
  const wanted = named ?? usual;
  if (wanted === undefined)
    throw invalid("A namespace must be specified in the serviceConnectConfiguration, or in the serviceConnectDefaults of the cluster.");
  return requireConnectNamespace(wanted, context);
}
