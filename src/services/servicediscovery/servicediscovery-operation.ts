import { InvalidInput, NamespaceNotFound, ServiceNotFound } from "@aws-sdk/client-servicediscovery";
import { claimsToBeArn, parseArn } from "../../domain/arn.ts";
import { discoveryServices, namespaces, type DiscoveryServiceRecord, type NamespaceRecord } from "../../state/cloud-map.ts";
import { because, operationsOf, type AuthorizeScope, type ConditionContext, type OperationContext, type Permission } from "../operation.ts";
import { compareKeys, paginate, type Page } from "../pagination.ts";

export const operation = operationsOf<typeof import("@aws-sdk/client-servicediscovery")>();

export function invalid(message: string): InvalidInput {
  return new InvalidInput(because(message));
}

/** The ARN of what a request names by its id or its ARN. */
export function namedArn(at: AuthorizeScope, kind: "namespace" | "service", idOrArn = ""): string {
  return parseArn(idOrArn) ? idOrArn : at.arn("servicediscovery", `${kind}/${idOrArn}`);
}

/** The `authorize` of operations about one namespace. Source: Service Authorization Reference, "AWS Cloud Map", for all of them. */
export const onNamespace =
  (action: string) =>
  ({ Id }: { readonly Id?: string | undefined }, at: AuthorizeScope): Permission => ({
    action: `servicediscovery:${action}`,
    resource: namedArn(at, "namespace", Id),
  });

/** The `authorize` of operations about one service, or about instances of it. */
export const onService =
  (action: string) =>
  (input: { readonly Id?: string | undefined } | { readonly ServiceId?: string | undefined }, at: AuthorizeScope): Permission => {
    const resource = namedArn(at, "service", "ServiceId" in input ? input.ServiceId : (input as { Id?: string }).Id);
    return { action: `servicediscovery:${action}`, resource, context: { "servicediscovery:ServiceArn": resource } };
  };

export const onAny =
  (action: string, context: ConditionContext = {}) =>
  (): Permission => ({ action: `servicediscovery:${action}`, resource: "*", context });

/** The id in an ARN of this account and region, or the text itself, where it is none. Namespaces of others are not shared with anybody. */
function idOf({ account, region }: Pick<OperationContext, "account" | "region">, kind: "namespace" | "service", text: string): string {
  if (!claimsToBeArn(text)) return text;
  const found = parseArn(text);
  const own = found?.service === "servicediscovery" && found.account === account && found.region === region;
  return own && found.resource.startsWith(`${kind}/`) ? found.resource.slice(kind.length + 1) : "";
}

type Place = Pick<OperationContext, "state" | "account" | "region">;

/** @throws NamespaceNotFound */
export function requireNamespace(context: Place, idOrArn = ""): NamespaceRecord {
  const found = context.state.table(namespaces).get(idOf(context, "namespace", idOrArn));
  if (found?.region === context.region) return found;
  throw new NamespaceNotFound(because(`Namespace ${idOrArn} not found.`));
}

/** @throws ServiceNotFound */
export function requireService(context: Place, idOrArn = ""): DiscoveryServiceRecord {
  const found = context.state.table(discoveryServices).get(idOf(context, "service", idOrArn));
  if (found?.region === context.region) return found;
  throw new ServiceNotFound(because(`Service ${idOrArn} not found.`));
}

/** The namespace of a service, which is there as long as it has one. */
export function namespaceOf({ state }: Pick<OperationContext, "state">, { id, namespaceId }: DiscoveryServiceRecord): NamespaceRecord {
  const found = state.table(namespaces).get(namespaceId);
  if (!found) throw new Error(`${id} is of a namespace that is not there: ${namespaceId}`);
  return found;
}

/** @throws InvalidInput for a token that is not ours */
export function pageOf<T>(
  items: readonly T[],
  key: (item: T) => string,
  { NextToken, MaxResults = 100 }: { readonly NextToken?: string | undefined; readonly MaxResults?: number | undefined },
  { secrets }: OperationContext,
): Page<T> {
  const sorted = items.toSorted((a, b) => compareKeys(key(a), key(b)));
  const page = paginate(sorted, key, { token: NextToken, limit: MaxResults }, secrets);
  if (!page) throw invalid("NextToken is not valid.");
  return page;
}
