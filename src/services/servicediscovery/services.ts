import {
  ResourceInUse,
  ServiceAlreadyExists,
  type CreateServiceCommandInput,
  type DnsRecord,
  type HealthCheckConfig,
  type Service,
  type ServiceSummary,
} from "@aws-sdk/client-servicediscovery";
import { isDeepStrictEqual } from "node:util";
import { defined } from "../../domain/defined.ts";
import { readName } from "../../domain/dns/name.ts";
import { scopeKey } from "../../domain/scope.ts";
import {
  discoveryServices,
  instances,
  type DiscoveryServiceRecord,
  type DnsOfService,
  type NamespaceRecord,
} from "../../state/cloud-map.ts";
import { rewriteRecordSets, serviceName } from "../../state/cloud-map-instances.ts";
import { because, requestTagList, type OperationContext } from "../operation.ts";
import { replaceChecks } from "./instance-checks.ts";
import { recordOperation } from "./operations.ts";
import {
  invalid,
  namedArn,
  namespaceOf,
  onAny,
  onService,
  operation,
  pageOf,
  requireNamespace,
  requireService,
} from "./servicediscovery-operation.ts";
import { checkedTags, MADE_BY_ECS } from "./tags.ts";

export const createService = operation("CreateService", {
  authorize({ NamespaceId, DnsConfig, Tags: tags }, at) {
    const namespace = namedArn(at, "namespace", NamespaceId ?? DnsConfig?.NamespaceId);
    return {
      action: "servicediscovery:CreateService",
      resource: [namespace, at.arn("servicediscovery", "service/*")],
      context: { ...requestTagList(tags), "servicediscovery:NamespaceArn": namespace },
    };
  },
  run(input, context): { Service: Service } {
    const { state, account, region, now, ids } = context;
    const namespace = requireNamespace(context, namespaceIdOf(input));
    const wanted = readService(input, namespace);
    const taken = state.table(discoveryServices).by("namespace", namespace.id).find(sharesName(wanted, namespace));
    if (taken && isRepeated(taken, wanted)) return { Service: shownService(context, taken) };
    if (taken)
      throw new ServiceAlreadyExists({
        ...because(`A service with the name ${wanted.name} already exists in namespace ${namespace.id}: ${taken.id}.`),
        ...defined({ ServiceId: taken.id, ServiceArn: taken.arn, CreatorRequestId: taken.creatorRequestId }),
      });
    const id = `srv-${ids.alphanumeric(16).toLowerCase()}`;
    const place = { id, arn: context.arn("servicediscovery", `service/${id}`), account, region, namespaceId: namespace.id };
    const service: DiscoveryServiceRecord = { ...place, ...wanted, attributes: {}, createdAt: now, revision: now };
    state.commit(() => state.table(discoveryServices).insert(service));
    return { Service: shownService(context, service) };
  },
});

/** A service that ECS makes for Service Connect, inside a commit: `DiscoverInstances` finds its instances, and no name of the DNS does. */
export function insertConnectService(
  context: OperationContext,
  namespaceId: string,
  name: string,
  connect: NonNullable<DiscoveryServiceRecord["connect"]>,
): DiscoveryServiceRecord {
  const { state, account, region, now, ids } = context;
  const id = `srv-${ids.alphanumeric(16).toLowerCase()}`;
  const place = { id, arn: context.arn("servicediscovery", `service/${id}`), account, region, namespaceId };
  const own = { name, connect, customHealth: true, attributes: {}, tags: MADE_BY_ECS };
  return state.table(discoveryServices).insert({ ...place, ...own, createdAt: now, revision: now });
}

/** @throws InvalidInput */
function namespaceIdOf({ NamespaceId, DnsConfig }: CreateServiceCommandInput): string {
  const named = NamespaceId ?? DnsConfig?.NamespaceId;
  if (named === undefined) throw invalid("A namespace must be specified: NamespaceId is missing.");
  if (DnsConfig?.NamespaceId !== undefined && NamespaceId !== undefined && DnsConfig.NamespaceId !== NamespaceId)
    throw invalid("NamespaceId and DnsConfig.NamespaceId name different namespaces.");
  return named;
}

type Wanted = Pick<DiscoveryServiceRecord, "name" | "description" | "dns" | "healthCheck" | "customHealth" | "creatorRequestId" | "tags">;

/** In the DNS, names that differ by case alone are one. */
function sharesName({ name, dns }: Wanted, { type }: NamespaceRecord): (other: DiscoveryServiceRecord) => boolean {
  const folds = type !== "HTTP";
  return (other) =>
    other.name === name || (folds && (dns !== undefined || other.dns !== undefined) && other.name.toLowerCase() === name.toLowerCase());
}

function isRepeated(taken: DiscoveryServiceRecord, wanted: Wanted): boolean {
  const { name, description, dns, healthCheck, customHealth, creatorRequestId } = taken;
  const { tags: _, ...rest } = wanted;
  return (
    creatorRequestId !== undefined &&
    isDeepStrictEqual(defined({ name, description, dns, healthCheck, customHealth, creatorRequestId }), defined(rest))
  );
}

/** @throws InvalidInput */
function readService(input: CreateServiceCommandInput, namespace: NamespaceRecord): Wanted {
  const { Name: name = "", Description, CreatorRequestId, DnsConfig, HealthCheckConfig, HealthCheckCustomConfig, Type, Tags: tags } = input;
  if (HealthCheckConfig && HealthCheckCustomConfig) throw invalid("HealthCheckConfig and HealthCheckCustomConfig can't both be specified.");
  const healthCheck = HealthCheckConfig && readHealthCheck(HealthCheckConfig, namespace);
  if (namespace.type === "HTTP" && DnsConfig) throw invalid("DnsConfig can't be specified for a service in an HTTP namespace.");
  if (Type === "HTTP" && DnsConfig) throw invalid("DnsConfig can't be specified for a service of the type HTTP.");
  const dns = DnsConfig && { routingPolicy: DnsConfig.RoutingPolicy ?? "MULTIVALUE", records: readRecords(DnsConfig.DnsRecords) };
  if (dns?.records.some(({ type }) => type === "CNAME") && dns.routingPolicy !== "WEIGHTED")
    throw invalid("The routing policy of a service with a CNAME record must be WEIGHTED.");
  if (healthCheck && dns?.records.some(({ type }) => type === "CNAME"))
    throw invalid("HealthCheckConfig can't be specified for a service with a CNAME record.");
  if (dns) {
    const read = readName(serviceName(namespace, { name }));
    if (typeof read === "object") throw invalid(`${name} is not a valid name of a service: ${read.problem}`);
  }
  return {
    ...{ name, customHealth: HealthCheckCustomConfig !== undefined, tags: checkedTags(tags) },
    ...defined({ description: Description === "" ? undefined : Description, creatorRequestId: CreatorRequestId, dns, healthCheck }),
  };
}

/** @throws InvalidInput */
function readHealthCheck(config: HealthCheckConfig, namespace: NamespaceRecord): NonNullable<DiscoveryServiceRecord["healthCheck"]> {
  const { Type: type = "HTTP", ResourcePath: resourcePath, FailureThreshold: failureThreshold = 1 } = config;
  if (namespace.type === "DNS_PRIVATE") throw invalid("HealthCheckConfig can't be specified for a service in a private DNS namespace.");
  if (type === "TCP" && resourcePath !== undefined) throw invalid("ResourcePath can't be specified for a health check of the type TCP.");
  return { type, failureThreshold, ...(type === "TCP" ? {} : { resourcePath: resourcePath ?? "/" }) };
}

/** Which types go together. Source: AWS Cloud Map API Reference, `DnsRecord`. */
const COMBINATIONS: readonly string[] = ["A", "AAAA", "A,AAAA", "SRV", "CNAME"];

/** @throws InvalidInput */
function readRecords(records: readonly DnsRecord[] = []): DnsOfService["records"] {
  const types = records.map(({ Type }) => Type ?? "A").toSorted();
  if (!COMBINATIONS.includes(types.join(",")))
    throw invalid(`Invalid DnsRecords: ${types.join(", ") || "none"}. Valid are A, AAAA, A and AAAA, SRV, CNAME.`);
  return records.map(({ Type, TTL = 0 }) => ({ type: Type ?? "A", ttl: TTL }));
}

function shownService(context: OperationContext, service: DiscoveryServiceRecord): Service {
  return {
    ...summaryOf(context, service),
    NamespaceId: service.namespaceId,
    ...defined({ CreatorRequestId: service.creatorRequestId }),
  };
}

function summaryOf({ state }: OperationContext, service: DiscoveryServiceRecord): ServiceSummary {
  const { id, arn, account, name, description, namespaceId, dns, healthCheck, customHealth, createdAt } = service;
  return {
    ...{ Id: id, Arn: arn, ResourceOwner: account, CreatedByAccount: account, Name: name, CreateDate: new Date(createdAt) },
    ...defined({ Description: description }),
    Type: dns ? "DNS_HTTP" : "HTTP",
    InstanceCount: state.table(instances).count("service", id),
    ...(dns && {
      DnsConfig: {
        NamespaceId: namespaceId,
        RoutingPolicy: dns.routingPolicy,
        DnsRecords: dns.records.map(({ type, ttl }) => ({ Type: type, TTL: ttl })),
      },
    }),
    ...(healthCheck && {
      HealthCheckConfig: {
        Type: healthCheck.type,
        FailureThreshold: healthCheck.failureThreshold,
        ...defined({ ResourcePath: healthCheck.resourcePath }),
      },
    }),
    ...(customHealth && { HealthCheckCustomConfig: { FailureThreshold: 1 } }),
  };
}

export const getService = operation("GetService", {
  authorize: onService("GetService"),
  run: ({ Id }, context) => ({ Service: shownService(context, requireService(context, Id)) }),
});

export const listServices = operation("ListServices", {
  authorize: onAny("ListServices"),
  run({ Filters = [], ...page }, context) {
    const tests = Filters.map(({ Name, Values = [], Condition = "EQ" }) => {
      // Earlier versions of the API had lists of namespaces.
      if (Condition !== "EQ" && !(Condition === "IN" && Name === "NAMESPACE_ID"))
        throw invalid(`Filter ${Name} does not support the condition ${Condition}.`);
      if (Condition === "EQ" && Values.length !== 1) throw invalid("A filter with the condition EQ has exactly one value.");
      if (Name === "RESOURCE_OWNER") {
        if (Values[0] !== "SELF" && Values[0] !== "OTHER_ACCOUNTS")
          throw invalid("Valid values of RESOURCE_OWNER are SELF and OTHER_ACCOUNTS.");
        return () => Values[0] === "SELF";
      }
      const named = Values.flatMap((value) => [value, value.startsWith("arn:") ? requireNamespace(context, value).id : value]);
      return ({ namespaceId }: DiscoveryServiceRecord) => named.includes(namespaceId);
    });
    const own = context.state.table(discoveryServices).by("scope", scopeKey(context));
    const listed = own.filter((service) => tests.every((test) => test(service)));
    const { items, nextToken } = pageOf(listed, ({ id }) => id, page, context);
    return { Services: items.map((one) => summaryOf(context, one)), ...defined({ NextToken: nextToken }) };
  },
});

export const deleteService = operation("DeleteService", {
  authorize: onService("DeleteService"),
  run({ Id }, context) {
    const { state } = context;
    const { id } = requireService(context, Id);
    if (state.table(instances).count("service", id) > 0)
      throw new ResourceInUse(because("Service contains registered instances; delete the instances before deleting the service."));
    state.commit(() => state.table(discoveryServices).delete(id));
    return {};
  },
});

/**
 * What is left out of the change is taken from the service: its records, not its custom health check.
 * Source: AWS Cloud Map API Reference, `UpdateService`.
 */
export const updateService = operation("UpdateService", {
  authorize: onService("UpdateService"),
  run({ Id, Service: change = {} }, context) {
    const { state } = context;
    const before = requireService(context, Id);
    const namespace = namespaceOf(context, before);
    const healthCheck = change.HealthCheckConfig && readHealthCheck(change.HealthCheckConfig, namespace);
    const records = change.DnsConfig && readRecords(change.DnsConfig.DnsRecords);
    const typesOf = (all: DnsOfService["records"] = []): string =>
      all
        .map(({ type }) => type)
        .toSorted()
        .join();
    if (records && typesOf(records) !== typesOf(before.dns?.records))
      throw invalid("The types of the DNS records of a service can't be changed: only their TTL.");
    const { description: old, dns, healthCheck: _, ...rest } = before;
    const description = change.Description === undefined ? old : change.Description === "" ? undefined : change.Description;
    const after = { ...rest, ...defined({ description, healthCheck }), ...(dns && records && { dns: { ...dns, records } }) };
    return state.commit(() => {
      state.table(discoveryServices).put(after);
      rewriteRecordSets(state, before);
      if (!isDeepStrictEqual(before.healthCheck, healthCheck)) replaceChecks(context, after);
      const { id, namespaceId } = before;
      return recordOperation(context, { type: "UPDATE_SERVICE", targets: { SERVICE: id }, namespaceId });
    });
  },
});
