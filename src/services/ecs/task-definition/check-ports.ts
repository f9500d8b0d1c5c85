import type { ContainerDefinition, PortMapping } from "@aws-sdk/client-ecs";
import { mustBeOneOf } from "../ecs-operation.ts";
import type { CompleteDefinition } from "./complete.ts";
import { refusal } from "./refusal.ts";

/** The ports of all containers of a task. @throws ClientException */
export function checkPorts({ containerDefinitions, networkMode }: CompleteDefinition): void {
  const hostPorts = new Set<string>();
  const names = new Set<string>();
  for (const container of containerDefinitions) {
    if (networkMode === "none" && (container.portMappings?.length ?? 0) > 0)
      throw refusal("Port mappings are not supported when networkMode=none.");
    checkLinks(container, networkMode);
    for (const mapping of container.portMappings ?? []) {
      checkMapping(container.name ?? "", mapping, networkMode);
      claim(hostPorts, mapping);
      if (mapping.name === undefined) continue;
      if (!/^[a-z0-9_][a-z0-9_-]{0,63}$/.test(mapping.name))
        throw refusal(`Invalid 'name' setting for a port mapping of container '${container.name}'.`);
      if (names.has(mapping.name)) throw refusal(`Port mapping names must be unique within a Task Definition: '${mapping.name}'.`);
      names.add(mapping.name);
    }
  }
}

function checkMapping(name: string, mapping: PortMapping, networkMode: string | undefined): void {
  mustBeOneOf("portMappings.protocol", mapping.protocol, ["tcp", "udp"]);
  mustBeOneOf("portMappings.appProtocol", mapping.appProtocol, ["http", "http2", "grpc"]);
  if (mapping.containerPortRange !== undefined) {
    if (!/^\d{1,5}-\d{1,5}$/.test(mapping.containerPortRange))
      throw refusal(`Invalid 'containerPortRange' setting for container '${name}'.`);
    return;
  }
  const { containerPort, hostPort } = mapping;
  if (containerPort === undefined || containerPort < 1 || containerPort > 65_535)
    throw refusal(`Invalid 'containerPort' setting for container '${name}'.`);
  if (hostPort !== undefined && (hostPort < 0 || hostPort > 65_535)) throw refusal(`Invalid 'hostPort' setting for container '${name}'.`);
  if ((networkMode === "awsvpc" || networkMode === "host") && hostPort !== containerPort)
    throw refusal(`When networkMode=${networkMode}, the host ports and container ports in port mappings must match.`);
}

function claim(taken: Set<string>, { hostPort, protocol }: PortMapping): void {
  if (!hostPort) return;
  const key = `${protocol}/${hostPort}`;
  if (taken.has(key)) throw refusal(`${(protocol ?? "tcp").toUpperCase()} host port '${hostPort}' is mapped multiple times in task.`);
  taken.add(key);
}

function checkLinks({ links, hostname, extraHosts }: ContainerDefinition, networkMode: string | undefined): void {
  if (networkMode === undefined || networkMode === "bridge") return;
  if (links && links.length > 0) throw refusal(`Links are not supported when networkMode=${networkMode}.`);
  if (networkMode !== "awsvpc") return;
  if (hostname !== undefined) throw refusal("Hostname is not supported on container when networkMode=awsvpc.");
  if (extraHosts && extraHosts.length > 0) throw refusal("Extra hosts are not supported when networkMode=awsvpc.");
}
