/**
 * The quotas of ECS that a client can meet on one host. Those that AWS raises on request stand at their defaults.
 * Source: Amazon ECS Developer Guide, "Amazon ECS service quotas".
 */
export const QUOTAS = {
  /** In a task definition. */
  containers: 10,
  /** Bytes of a task definition. */
  definitionBytes: 65_536,
  /** Tags of a resource. */
  tags: 50,
  /** Of a service. */
  targetGroups: 5,
  /** Tasks of a service. */
  desiredCount: 5000,
  /** That one RunTask starts. */
  tasksPerRun: 10,
} as const;
