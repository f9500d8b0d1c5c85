import type { InvalidInput } from "@aws-sdk/client-servicediscovery";
import { isProblem, readValue } from "../../domain/dns/value.ts";
import type { AliasOf } from "../../domain/dns/record-set.ts";
import { nameOf } from "../../domain/dns/name.ts";
import type { DiscoveryServiceRecord, InstanceRecord, NamespaceRecord } from "../../state/cloud-map.ts";
import { instanceHostName } from "../../state/cloud-map-instances.ts";
import { loadBalancers } from "../../state/elb.ts";
import type { OperationContext } from "../operation.ts";
import { ATTRIBUTE_CHARACTERS, ATTRIBUTES_BY_INSTANCE } from "./quotas.ts";
import { invalid } from "./servicediscovery-operation.ts";

/** Those that mean something to Cloud Map. Source: AWS Cloud Map API Reference, `RegisterInstance`. */
const RESERVED: readonly string[] = [
  "AWS_ALIAS_DNS_NAME",
  "AWS_EC2_INSTANCE_ID",
  "AWS_INIT_HEALTH_STATUS",
  "AWS_INSTANCE_CNAME",
  "AWS_INSTANCE_IPV4",
  "AWS_INSTANCE_IPV6",
  "AWS_INSTANCE_PORT",
];

type Attributes = Readonly<Record<string, string>>;

/** What the attributes of an instance have to be for its service. @throws InvalidInput */
export function checkAttributes(service: DiscoveryServiceRecord, namespace: NamespaceRecord, id: string, attributes: Attributes): void {
  const keys = Object.keys(attributes);
  const unknown = keys.find((key) => key.startsWith("AWS_") && !RESERVED.includes(key));
  if (unknown !== undefined) throw invalid(`The attribute ${unknown} is not supported: names that begin with AWS_ are reserved.`);
  if (keys.filter((key) => !RESERVED.includes(key)).length > ATTRIBUTES_BY_INSTANCE)
    throw invalid(`An instance can have at most ${ATTRIBUTES_BY_INSTANCE} custom attributes.`);
  if (Object.entries(attributes).flat().join("").length > ATTRIBUTE_CHARACTERS)
    throw invalid(`The total size of all attributes must not exceed ${ATTRIBUTE_CHARACTERS} characters.`);
  if (attributes["AWS_EC2_INSTANCE_ID"] !== undefined)
    throw invalid("Airfield has no EC2 instances to look up: AWS_EC2_INSTANCE_ID is refused, AWS_INSTANCE_IPV4 is taken.");
  const health = attributes["AWS_INIT_HEALTH_STATUS"];
  if (health !== undefined && !service.customHealth)
    throw invalid("AWS_INIT_HEALTH_STATUS can be specified only where the service has HealthCheckCustomConfig.");
  if (health !== undefined && health !== "HEALTHY" && health !== "UNHEALTHY")
    throw invalid("AWS_INIT_HEALTH_STATUS must be HEALTHY or UNHEALTHY.");
  checkValues(attributes);
  if (service.healthCheck && attributes["AWS_ALIAS_DNS_NAME"] === undefined) {
    if (attributes["AWS_INSTANCE_PORT"] === undefined)
      throw invalid("AWS_INSTANCE_PORT must be specified: the service has a health check.");
    if (attributes["AWS_INSTANCE_IPV4"] === undefined && attributes["AWS_INSTANCE_IPV6"] === undefined)
      throw invalid("AWS_INSTANCE_IPV4 or AWS_INSTANCE_IPV6 must be specified: the service has a health check.");
  }
  if (service.dns) checkDns(service.dns, attributes);
  if (service.dns?.records.some(({ type }) => type === "SRV")) {
    const host = instanceHostName(namespace, service, id);
    if (typeof host === "object" || /[^a-z0-9._-]/.test(host))
      throw invalid(`The instance id ${id} cannot stand in the name of a host, which a service with an SRV record needs.`);
  }
}

/** Of which type a DNS record's value each of them is. */
const VALUES = { AWS_INSTANCE_IPV4: "A", AWS_INSTANCE_IPV6: "AAAA", AWS_INSTANCE_CNAME: "CNAME" } as const;

/** @throws InvalidInput */
function checkValues(attributes: Attributes): void {
  for (const [key, type] of Object.entries(VALUES)) {
    const value = attributes[key];
    if (value !== undefined && isProblem(readValue(type, value))) throw invalid(`${value} is not a valid value of ${key}.`);
  }
  const port = attributes["AWS_INSTANCE_PORT"];
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535))
    throw invalid(`${port} is not a valid value of AWS_INSTANCE_PORT.`);
}

/** @throws InvalidInput */
function checkDns({ routingPolicy, records }: NonNullable<DiscoveryServiceRecord["dns"]>, attributes: Attributes): void {
  const types = records.map(({ type }) => type);
  if (attributes["AWS_ALIAS_DNS_NAME"] !== undefined) {
    if (Object.keys(attributes).some((key) => key.startsWith("AWS_INSTANCE_")))
      throw invalid("AWS_ALIAS_DNS_NAME can't be specified together with AWS_INSTANCE attributes.");
    if (routingPolicy !== "WEIGHTED")
      throw invalid("AWS_ALIAS_DNS_NAME can be specified only where the routing policy of the service is WEIGHTED.");
    if (!types.some((type) => type === "A" || type === "AAAA"))
      throw invalid("AWS_ALIAS_DNS_NAME can be specified only where the service has A or AAAA records.");
    return;
  }
  const need = (key: string, type: string): void => {
    if (attributes[key] === undefined) throw invalid(`${key} must be specified: the service has ${type} records.`);
  };
  if (types.includes("A")) need("AWS_INSTANCE_IPV4", "A");
  if (types.includes("AAAA")) need("AWS_INSTANCE_IPV6", "AAAA");
  if (types.includes("CNAME")) need("AWS_INSTANCE_CNAME", "CNAME");
  if (types.includes("SRV")) {
    need("AWS_INSTANCE_PORT", "SRV");
    if (attributes["AWS_INSTANCE_IPV4"] === undefined) need("AWS_INSTANCE_IPV6", "SRV");
  }
}

/** The load balancer that an instance stands for: one of the caller's own account. */
export function aliasOf({ state }: OperationContext, attributes: Attributes): AliasOf | InvalidInput | undefined {
  const text = attributes["AWS_ALIAS_DNS_NAME"];
  if (text === undefined) return undefined;
  const name = text
    .toLowerCase()
    .replace(/\.$/, "")
    .replace(/^dualstack\./, "");
  const [found] = state.table(loadBalancers).by("dnsName", name);
  if (!found) return invalid(`There is no load balancer with the DNS name ${text}.`);
  return { HostedZoneId: found.canonicalHostedZoneId, DNSName: nameOf(found.dnsName), EvaluateTargetHealth: true };
}

export function healthAtFirst(service: DiscoveryServiceRecord, attributes: Attributes): Pick<InstanceRecord, "health"> {
  if (!service.customHealth) return {};
  return { health: attributes["AWS_INIT_HEALTH_STATUS"] === "UNHEALTHY" ? "UNHEALTHY" : "HEALTHY" };
}
