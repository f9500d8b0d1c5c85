import {
  UnsupportedFeatureException,
  type PortMapping,
  type ServiceConnectConfiguration,
  type ServiceConnectService,
} from "@aws-sdk/client-ecs";
import { discoveryServices, nameInNamespace, type NamespaceRecord } from "../../state/cloud-map.ts";
import { subnets } from "../../state/ec2.ts";
import type { ClusterRecord, ConnectEndpoint, DeploymentConnect, ServiceRecord, TaskDefinitionRecord } from "../../state/ecs.ts";
import { aliasKey, connectNames, otherEndpoints } from "../../state/ecs-connect.ts";
import { because, type OperationContext } from "../operation.ts";
import { insertConnectService } from "../servicediscovery/services.ts";
import { serviceNamespace } from "./connect-namespace.ts";
import { invalid } from "./ecs-operation.ts";

/** What a service's Service Connect is read from. */
export interface ConnectRequest {
  readonly configuration: ServiceConnectConfiguration;
  readonly definition: TaskDefinitionRecord;
  readonly cluster: Pick<ClusterRecord, "serviceConnectNamespace">;
  readonly service: Pick<ServiceRecord, "arn" | "networkConfiguration">;
}

type Wanted = Omit<ConnectEndpoint, "discoveryServiceId" | "discoveryArn">;

/**
 * Checks what Service Connect of a service is to be, and has the Cloud Map services made that it takes, and addresses for the names that its tasks will know: inside a
 * commit. Source: Amazon ECS API Reference, `ServiceConnectConfiguration` and what it holds; Developer Guide, "Amazon ECS Service Connect components".
 * @throws InvalidParameterException, NamespaceNotFoundException, UnsupportedFeatureException
 */
export function settleConnect(request: ConnectRequest, context: OperationContext): DeploymentConnect {
  const { configuration, definition, cluster, service } = request;
  if (!configuration.enabled) return { configuration, endpoints: [], names: [] };
  refuseConnectNotYet(configuration, definition);
  const namespace = serviceNamespace(configuration.namespace, cluster, context);
  const wanted = (configuration.services ?? []).map((one) => readEndpoint(one, definition, namespace));
  refuseTwice(wanted);
  const others = otherEndpoints(context.state, namespace.id, service.arn);
  const taken = new Set(others.map(aliasKey));
  for (const { alias } of wanted)
    if (taken.has(aliasKey({ namespaceId: namespace.id, alias })))
      throw invalid(
        `The client alias ${alias.dnsName}:${alias.port} is already in use in the namespace ${namespace.name}: each name and port must be unique within the namespace.`,
      );
  const endpoints = wanted.map((one) => withDiscovery(one, namespace, service.arn, context));
  const aliases = [...others, ...endpoints].map(({ alias }) => alias.dnsName);
  const names = connectNames(context.state, context.ids, { vpcId: vpcOf(service, context), namespaceId: namespace.id }, aliases);
  return { configuration, namespaceId: namespace.id, endpoints, names };
}

function vpcOf({ networkConfiguration }: ConnectRequest["service"], { state }: OperationContext): string {
  const [first = ""] = networkConfiguration?.awsvpcConfiguration?.subnets ?? [];
  const subnet = state.table(subnets).get(first);
  if (!subnet) throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  return subnet.vpcId;
}

/** @throws UnsupportedFeatureException for what would be promised and not given */
function refuseConnectNotYet(configuration: ServiceConnectConfiguration, { definition }: TaskDefinitionRecord): void {
  const refuse = (what: string): never => {
    throw new UnsupportedFeatureException(because(`Airfield does not support ${what} yet.`));
  };
  if (configuration.accessLogConfiguration) refuse("access logs of Service Connect (accessLogConfiguration)");
  if ((configuration.containerConfigurations?.length ?? 0) > 0)
    refuse("settings of a container for Service Connect, of which there is none (containerConfigurations)");
  if (configuration.services?.some(({ tls }) => tls))
    throw new UnsupportedFeatureException(
      because(
        "Airfield does not support TLS of Service Connect (tls): AWS Private CA, whose authority would issue its certificates, is not here. What tasks send each other does not leave this host.",
      ),
    );
  const mode = definition.networkMode ?? "bridge";
  if (mode === "host" || mode === "none") throw invalid(`Service Connect is not supported for the ${mode} network mode.`);
  if (mode !== "awsvpc") refuse("Service Connect for tasks of the bridge network mode; use awsvpc (serviceConnectConfiguration)");
}

/** @throws InvalidParameterException */
function readEndpoint(given: ServiceConnectService, definition: TaskDefinitionRecord, namespace: NamespaceRecord): Wanted {
  const { portName = "", discoveryName = portName, clientAliases = [], timeout = {}, ingressPortOverride } = given;
  const { containerName, mapping } = namedPort(portName, definition);
  if (!/^[a-z0-9_][a-z0-9_-]{0,63}$/.test(discoveryName))
    throw invalid(
      `The discoveryName ${discoveryName} is invalid: it can include up to 64 lowercase letters, numbers, underscores, and hyphens, and can't start with a hyphen.`,
    );
  const [alias, ...more] = clientAliases;
  if (more.length > 0) throw invalid("clientAliases can have at most 1 item.");
  if (alias?.port === undefined) throw invalid("A service in the serviceConnectConfiguration must have a client alias with a port.");
  checkPort("port of the client alias", alias.port);
  if (ingressPortOverride !== undefined) checkPort("ingressPortOverride", ingressPortOverride);
  const dnsName = alias.dnsName ?? `${discoveryName}.${namespace.name}`.toLowerCase();
  checkDnsName(dnsName);
  const protocol = mapping.appProtocol ?? "tcp";
  const { idleTimeoutSeconds, perRequestTimeoutSeconds } = timeout;
  for (const seconds of [idleTimeoutSeconds, perRequestTimeoutSeconds])
    if (seconds !== undefined && (seconds < 0 || seconds > 2_147_483))
      throw invalid("Timeouts of Service Connect must be between 0 and 2147483 seconds.");
  if (protocol === "tcp" && perRequestTimeoutSeconds !== undefined)
    throw invalid("perRequestTimeoutSeconds can only be set if the appProtocol of the port mapping isn't TCP.");
  return {
    namespaceId: namespace.id,
    discoveryName,
    containerName,
    containerPort: mapping.containerPort ?? 0,
    ...(ingressPortOverride !== undefined && { ingressPort: ingressPortOverride }),
    protocol,
    alias: { dnsName, port: alias.port },
    idleTimeout: idleTimeoutSeconds ?? (protocol === "tcp" ? 3600 : 300),
    requestTimeout: perRequestTimeoutSeconds ?? (protocol === "tcp" ? 0 : 15),
  };
}

function namedPort(portName: string, { arn, definition }: TaskDefinitionRecord): { containerName: string; mapping: PortMapping } {
  for (const { name = "", portMappings = [] } of definition.containerDefinitions ?? [])
    for (const mapping of portMappings) {
      if (mapping.name !== portName) continue;
      if (mapping.protocol === "udp") throw invalid(`Service Connect does not support the protocol UDP of the port mapping ${portName}.`);
      return { containerName: name, mapping };
    }
  throw invalid(`The portName ${portName} must match the name of one of the portMappings in the task definition ${arn}.`);
}

function checkPort(what: string, port: number): void {
  if (!(port >= 1 && port <= 65_535)) throw invalid(`The ${what} must be between 1 and 65535.`);
}

/** What stands for this host in a task is not to be led elsewhere. */
const RESERVED = new Set(["localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"]);

function checkDnsName(name: string): void {
  const labels = name.split(".");
  const isName = name.length <= 127 && labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,62})$/.test(label));
  if (!isName || RESERVED.has(name) || labels.every((label) => /^\d+$/.test(label)))
    throw invalid(
      `The dnsName ${name} of the client alias is invalid: it must be a valid DNS name of up to 127 lowercase letters, numbers, underscores, hyphens, and periods, and can't start with a hyphen.`,
    );
}

function refuseTwice(wanted: readonly Wanted[]): void {
  const seen = new Set<string>();
  for (const { discoveryName, alias } of wanted)
    for (const key of [`discoveryName ${discoveryName}`, `client alias ${alias.dnsName}:${alias.port}`]) {
      if (seen.has(key)) throw invalid(`The ${key} is used more than once in the serviceConnectConfiguration.`);
      seen.add(key);
    }
}

/** @throws InvalidParameterException where the name is another service's, or what it is spoken to in would change: AWS's words */
function withDiscovery(wanted: Wanted, namespace: NamespaceRecord, serviceArn: string, context: OperationContext): ConnectEndpoint {
  const { discoveryName, protocol } = wanted;
  const table = context.state.table(discoveryServices);
  const [known] = table.by("name", nameInNamespace(namespace.id, discoveryName));
  if (known && !known.connect)
    throw invalid(
      `The Cloud Map service ${discoveryName} in the namespace ${namespace.name} wasn't made by Service Connect: its discoveryName must be unique.`,
    );
  const { serviceArn: owner = serviceArn, protocol: before = protocol } = known?.connect ?? {};
  if (owner !== serviceArn || before !== protocol)
    throw invalid(
      `The following config cannot be changed for a SC service. Previous config: ${stable(before, owner)}, current config: ${stable(protocol, serviceArn)}`,
    );
  const found = known ?? insertConnectService(context, namespace.id, discoveryName, { serviceArn, protocol });
  return { ...wanted, discoveryServiceId: found.id, discoveryArn: found.arn };
}

function stable(protocol: ConnectEndpoint["protocol"], serviceArn: string): string {
  return `ScServiceStableConfig(applicationProtocol=${protocol === "tcp" ? "null" : protocol}, transportProtocol=tcp, ecsServiceArn=${serviceArn})`;
}
