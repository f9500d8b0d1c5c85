import { ResourceInUse, type Namespace, type NamespaceSummary, type NamespaceFilter } from "@aws-sdk/client-servicediscovery";
import { defined } from "../../domain/defined.ts";
import { scopeKey } from "../../domain/scope.ts";
import { discoveryServices, namespaces, type NamespaceRecord } from "../../state/cloud-map.ts";
import { removeHostedZone, soaOf } from "../../state/hosted-zones.ts";
import { hostedZones, recordSets } from "../../state/route53.ts";
import { because, type OperationContext } from "../operation.ts";
import { recordOperation, repeated, requestOf } from "./operations.ts";
import { invalid, onAny, onNamespace, operation, pageOf, requireNamespace } from "./servicediscovery-operation.ts";

export const getNamespace = operation("GetNamespace", {
  authorize: onNamespace("GetNamespace"),
  run({ Id }, context): { Namespace: Namespace } {
    const namespace = requireNamespace(context, Id);
    return { Namespace: { ...summaryOf(context, namespace), ...defined({ CreatorRequestId: namespace.creatorRequestId }) } };
  },
});

function summaryOf({ state }: OperationContext, namespace: NamespaceRecord): NamespaceSummary {
  const { id, arn, account, name, type, description, httpName, dns, createdAt } = namespace;
  return {
    ...{ Id: id, Arn: arn, ResourceOwner: account, Name: name, Type: type, CreateDate: new Date(createdAt) },
    ...defined({ Description: description }),
    ServiceCount: state.table(discoveryServices).count("namespace", id),
    Properties: {
      ...(dns && { DnsProperties: { HostedZoneId: dns.zoneId, SOA: { TTL: dns.soaTtl } } }),
      HttpProperties: { HttpName: httpName },
    },
  };
}

export const listNamespaces = operation("ListNamespaces", {
  authorize: onAny("ListNamespaces"),
  run({ Filters = [], ...page }, context) {
    const tests = Filters.map(passesFilter);
    const own = context.state.table(namespaces).by("scope", scopeKey(context));
    const listed = own.filter((namespace) => tests.every((test) => test(namespace)));
    const { items, nextToken } = pageOf(listed, ({ id }) => id, page, context);
    return { Namespaces: items.map((one) => summaryOf(context, one)), ...defined({ NextToken: nextToken }) };
  },
});

/** @throws InvalidInput. Source: AWS Cloud Map API Reference, `NamespaceFilter` */
function passesFilter({ Name, Values = [], Condition = "EQ" }: NamespaceFilter): (namespace: NamespaceRecord) => boolean {
  // Earlier versions of the API had lists of types.
  const types = Name === "TYPE" && Condition === "IN";
  if (Condition !== "EQ" && !types && (Condition !== "BEGINS_WITH" || Name === "RESOURCE_OWNER"))
    throw invalid(`Filter ${Name} does not support the condition ${Condition}.`);
  if (Values.length !== 1 && !types) throw invalid(`A filter with the condition ${Condition} has exactly one value.`);
  const [value = ""] = Values;
  if (Name === "RESOURCE_OWNER") {
    if (value !== "SELF" && value !== "OTHER_ACCOUNTS") throw invalid("Valid values of RESOURCE_OWNER are SELF and OTHER_ACCOUNTS.");
    return () => value === "SELF";
  }
  return ({ type, name, httpName }) => {
    const text = Name === "TYPE" ? type : Name === "NAME" ? name : httpName;
    return Condition === "BEGINS_WITH" ? text.startsWith(value) : Values.includes(text);
  };
}

export const deleteNamespace = operation("DeleteNamespace", {
  authorize: onNamespace("DeleteNamespace"),
  run({ Id }, context) {
    const { state } = context;
    const { id, dns } = requireNamespace(context, Id);
    if (state.table(discoveryServices).count("namespace", id) > 0)
      throw new ResourceInUse(because("Namespace has associated services; delete the services before deleting the namespace."));
    return state.commit(() => {
      if (dns) removeHostedZone(state, dns.zoneId);
      state.table(namespaces).delete(id);
      return recordOperation(context, { type: "DELETE_NAMESPACE", targets: { NAMESPACE: id }, namespaceId: id });
    });
  },
});

interface Change {
  readonly Id?: string | undefined;
  readonly UpdaterRequestId?: string | undefined;
  readonly Namespace?:
    | {
        readonly Description?: string | undefined;
        readonly Properties?:
          | { readonly DnsProperties?: { readonly SOA?: { readonly TTL?: number | undefined } | undefined } | undefined }
          | undefined;
      }
    | undefined;
}

function update(context: OperationContext, type: NamespaceRecord["type"], input: Change) {
  const { state } = context;
  const namespace = requireNamespace(context, input.Id);
  if (namespace.type !== type) throw invalid(`Namespace ${namespace.id} is of the type ${namespace.type}, not ${type}.`);
  const request = requestOf(input.UpdaterRequestId, input);
  const before = repeated(context, "UPDATE_NAMESPACE", request);
  if (before) return { OperationId: before.id };
  const { Description, Properties } = input.Namespace ?? {};
  const { description: old, ...rest } = namespace;
  const description = Description === undefined ? old : Description === "" ? undefined : Description;
  const soaTtl = Properties?.DnsProperties?.SOA?.TTL;
  const dns = namespace.dns && { ...namespace.dns, ...defined({ soaTtl }) };
  return state.commit(() => {
    state.table(namespaces).put({ ...rest, ...defined({ description, dns }) });
    const zone = dns && state.table(hostedZones).get(dns.zoneId);
    if (zone) state.table(recordSets).put(soaOf(zone, dns.soaTtl));
    const { id } = namespace;
    return recordOperation(context, { type: "UPDATE_NAMESPACE", targets: { NAMESPACE: id }, namespaceId: id, ...request });
  });
}

export const updateHttpNamespace = operation("UpdateHttpNamespace", {
  authorize: onNamespace("UpdateHttpNamespace"),
  run: (input, context) => update(context, "HTTP", input),
});

export const updatePrivateDnsNamespace = operation("UpdatePrivateDnsNamespace", {
  authorize: onNamespace("UpdatePrivateDnsNamespace"),
  run: (input, context) => update(context, "DNS_PRIVATE", input),
});

export const updatePublicDnsNamespace = operation("UpdatePublicDnsNamespace", {
  authorize: onNamespace("UpdatePublicDnsNamespace"),
  run: (input, context) => update(context, "DNS_PUBLIC", input),
});
