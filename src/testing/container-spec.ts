import type { ContainerSpec } from "../ports/task-runner.ts";

/** What a specification says of a container that asks for nothing in particular. */
export const PLAIN_CONTAINER = {
  essential: true,
  environment: {},
  portMappings: [],
  mountPoints: [],
  volumesFrom: [],
  dependsOn: [],
} as const satisfies Partial<ContainerSpec>;
