import type { TaskOverride } from "@aws-sdk/client-ecs";
import type { TaskDefinitionRecord } from "../../state/ecs.ts";
import { invalid } from "./ecs-operation.ts";
import { cpuUnits, isFargateSize, memoryMib } from "./task-definition/task-size.ts";

/** The overrides of a run, checked against the definition, in the form that DescribeTasks shows. @throws InvalidParameterException */
export function checkOverrides(given: TaskOverride | undefined, { definition }: TaskDefinitionRecord, launchType: string): TaskOverride {
  const names = new Set(definition.containerDefinitions?.map((container) => container.name));
  const containerOverrides = given?.containerOverrides ?? [];
  const seen = new Set<string>();
  for (const { name, ...changes } of containerOverrides) {
    if (name === undefined || name === "") {
      if (Object.keys(changes).length > 0) throw invalid("Override container name should not be null or empty.");
      continue;
    }
    if (!names.has(name)) throw invalid(`Override for container named ${name} is not a container in the TaskDefinition.`);
    if (seen.has(name)) throw invalid(`Override for container named ${name} is specified more than once.`);
    seen.add(name);
  }
  if (JSON.stringify(given ?? {}).length > 8192) throw invalid("Container Overrides length must be at most 8192");
  const cpu = cpuUnits(given?.cpu);
  const memory = memoryMib(given?.memory);
  if (launchType === "FARGATE" && (cpu !== undefined || memory !== undefined)) {
    const [units, mib] = [cpu ?? Number(definition.cpu), memory ?? Number(definition.memory)];
    if (!isFargateSize(units, mib))
      throw invalid(
        `No Fargate configuration exists for given values: ${units} CPU, ${mib} memory. See the Amazon ECS documentation for the valid values.`,
      );
  }
  return {
    ...given,
    containerOverrides,
    inferenceAcceleratorOverrides: given?.inferenceAcceleratorOverrides ?? [],
    ...(cpu === undefined ? {} : { cpu: String(cpu) }),
    ...(memory === undefined ? {} : { memory: String(memory) }),
  };
}
