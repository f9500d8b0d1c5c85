/** On what a task runs. Source: Amazon ECS Developer Guide, "Amazon ECS launch types and capacity providers". */
export const LAUNCH_TYPES = ["EC2", "FARGATE", "EXTERNAL"] as const;

export type LaunchType = (typeof LAUNCH_TYPES)[number];
