import type { ContainerDefinition, RegisterTaskDefinitionCommandInput } from "@aws-sdk/client-ecs";

export interface Variable {
  readonly key: string;
  /** A text, or where the text is: the ARN of a secret or a parameter. */
  readonly type: "Value" | "ValueFrom";
  readonly value: string;
}

/** What the form asks. */
export interface DefinitionForm {
  readonly family: string;
  readonly cpu: string;
  readonly memory: string;
  readonly taskRole: string;
  /** An ARN; `create` where one is made, and empty where there is none. */
  readonly executionRole: string;
  readonly container: string;
  readonly image: string;
  readonly port: string;
  readonly variables: readonly Variable[];
  readonly logs: boolean;
}

export const EMPTY_FORM: DefinitionForm = {
  ...{ family: "", cpu: "512", memory: "1024", taskRole: "", executionRole: "create" },
  ...{ container: "", image: "", port: "80", variables: [], logs: true },
};

/** CPU units of Fargate in the words of AWS's console, and the memory in MiB that goes with each. Source: Amazon ECS Developer Guide, "Task CPU and memory". */
export const SIZES: readonly (readonly [cpu: string, words: string, memory: readonly number[]])[] = [
  ["256", ".25 vCPU", [512, 1024, 2048]],
  ["512", ".5 vCPU", steps(1024, 4096, 1024)],
  ["1024", "1 vCPU", steps(2048, 8192, 1024)],
  ["2048", "2 vCPU", steps(4096, 16_384, 1024)],
  ["4096", "4 vCPU", steps(8192, 30_720, 1024)],
  ["8192", "8 vCPU", steps(16_384, 61_440, 4096)],
  ["16384", "16 vCPU", steps(32_768, 122_880, 8192)],
];

function steps(first: number, last: number, by: number): readonly number[] {
  return Array.from({ length: (last - first) / by + 1 }, (_, at) => first + at * by);
}

export function gigabytes(mib: number): string {
  return `${mib / 1024} GB`;
}

export function isComplete({ family, container, image, port }: DefinitionForm): boolean {
  return family.trim() !== "" && container.trim() !== "" && image.trim() !== "" && /^\d*$/.test(port.trim());
}

/** The request that the form stands for. @param executionRoleArn empty where there is none */
export function definitionOf(form: DefinitionForm, region: string, executionRoleArn: string): RegisterTaskDefinitionCommandInput {
  const named = form.variables.filter(({ key }) => key.trim() !== "");
  const environment = named.filter(({ type }) => type === "Value").map(({ key, value }) => ({ name: key.trim(), value }));
  const secrets = named.filter(({ type }) => type === "ValueFrom").map(({ key, value }) => ({ name: key.trim(), valueFrom: value.trim() }));
  const container: ContainerDefinition = {
    name: form.container.trim(),
    image: form.image.trim(),
    essential: true,
    ...(form.port.trim() === "" ? {} : { portMappings: [{ containerPort: Number(form.port), protocol: "tcp" }] }),
    ...(environment.length === 0 ? {} : { environment }),
    ...(secrets.length === 0 ? {} : { secrets }),
    ...(form.logs ? { logConfiguration: { logDriver: "awslogs", options: logOptions(form.family.trim(), region) } } : {}),
  };
  return {
    family: form.family.trim(),
    requiresCompatibilities: ["FARGATE"],
    networkMode: "awsvpc",
    cpu: form.cpu,
    memory: form.memory,
    ...(form.taskRole === "" ? {} : { taskRoleArn: form.taskRole }),
    ...(executionRoleArn === "" ? {} : { executionRoleArn }),
    containerDefinitions: [container],
  };
}

/** The log group that a family's containers write to, as AWS's console names it. */
export function logGroupOf(family: string): string {
  return `/ecs/${family.trim()}`;
}

function logOptions(family: string, region: string): Record<string, string> {
  return { "awslogs-group": logGroupOf(family), "awslogs-region": region, "awslogs-stream-prefix": "ecs" };
}
