import { UnsupportedFeatureException, type ServiceRegistry } from "@aws-sdk/client-ecs";
import { defined } from "../../domain/defined.ts";
import { discoveryServiceOfArn, type DiscoveryServiceRecord } from "../../state/cloud-map.ts";
import type { TaskDefinitionRecord } from "../../state/ecs.ts";
import { because, type OperationContext } from "../operation.ts";
import { invalid } from "./ecs-operation.ts";

/**
 * The Cloud Map service that a service's tasks are registered with, and by which port.
 * Source: Amazon ECS API Reference, `ServiceRegistry`; Developer Guide, "Use service discovery to connect Amazon ECS services with DNS names".
 * @throws InvalidParameterException; UnsupportedFeatureException where there would be no address for others to reach a task at
 */
export function checkServiceRegistries(
  given: readonly ServiceRegistry[],
  definition: TaskDefinitionRecord,
  context: OperationContext,
): readonly ServiceRegistry[] {
  const [only, ...more] = given;
  if (!only) return [];
  if (more.length > 0)
    throw invalid("Each service may be associated with one service registry: serviceRegistries can have at most 1 item.");
  const { registryArn, port, containerName, containerPort } = only;
  if (!registryArn) throw invalid("registryArn cannot be empty.");
  const service = findRegistry(registryArn, context);
  if ((definition.definition.networkMode ?? "bridge") !== "awsvpc")
    throw new UnsupportedFeatureException(
      because(
        "Airfield registers tasks of the awsvpc network mode with Cloud Map: those of other modes have no address that others reach (serviceRegistries).",
      ),
    );
  if (service.healthCheck)
    throw new UnsupportedFeatureException(
      because(
        "Airfield tells Cloud Map of the health of tasks itself (HealthCheckCustomConfig): serviceRegistries with HealthCheckConfig are refused.",
      ),
    );
  checkPorts(only, service, definition);
  return [{ registryArn, ...defined({ port, containerName, containerPort }) }];
}

function findRegistry(arn: string, { state, region }: OperationContext): DiscoveryServiceRecord {
  const found = discoveryServiceOfArn(state, arn);
  if (found?.region !== region) throw invalid(`The service registry ${arn} does not exist.`);
  const types = found.dns?.records.map(({ type }) => type) ?? [];
  const strange = types.find((type) => type !== "A" && type !== "SRV");
  if (strange === undefined) return found;
  throw invalid(`The service registry ${arn} has records of type ${strange}: tasks are registered with A or SRV records.`);
}

function checkPorts(
  { port, containerName, containerPort }: ServiceRegistry,
  { arn, dns }: DiscoveryServiceRecord,
  definition: TaskDefinitionRecord,
): void {
  const byContainer = containerName !== undefined || containerPort !== undefined;
  if (byContainer && port !== undefined)
    throw invalid("A service registry has either a port or a containerName with a containerPort, not both.");
  if (port !== undefined && !(port >= 1 && port <= 65_535)) throw invalid("The port of a service registry must be between 1 and 65535.");
  if (byContainer && (containerName === undefined || containerPort === undefined))
    throw invalid("containerName and containerPort of a service registry must be specified together.");
  if (!byContainer && port === undefined && dns?.records.some(({ type }) => type === "SRV"))
    throw invalid(
      `The service registry ${arn} has records of type SRV: a port, or a containerName with a containerPort, must be specified.`,
    );
  if (!byContainer) return;
  const container = definition.definition.containerDefinitions?.find(({ name }) => name === containerName);
  if (!container) throw invalid(`The container ${containerName} does not exist in the task definition.`);
  if (!container.portMappings?.some((mapping) => mapping.containerPort === containerPort))
    throw invalid(`The container ${containerName} did not have a container port ${containerPort} defined.`);
}
