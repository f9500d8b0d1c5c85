import type { RegisterTaskDefinitionCommandInput } from "@aws-sdk/client-ecs";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../domain/scope.ts";
import { taskDefinitions, tasks, type TaskDefinitionRecord, type TaskRecord } from "../state/ecs.ts";
import type { WholeState } from "../state/state.ts";

const SCOPE = { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION };
const arnOf = (resource: string): string => `arn:aws:ecs:${DEFAULT_REGION}:${DEFAULT_ACCOUNT}:${resource}`;

export function definitionRecord(definition: Partial<RegisterTaskDefinitionCommandInput> = {}): TaskDefinitionRecord {
  const containerDefinitions = definition.containerDefinitions ?? [{ name: "app", image: "busybox", essential: true }];
  return {
    ...SCOPE,
    arn: arnOf("task-definition/app:1"),
    family: "app",
    revision: 1,
    status: "ACTIVE",
    definition: { family: "app", ...definition, containerDefinitions },
    tags: [],
    registeredAt: 0,
    registeredBy: "root",
  };
}

/** A running task of one container `app`. @param id 32 hexadecimal digits */
export function taskRecord(id: string, changes: Partial<TaskRecord> = {}): TaskRecord {
  return {
    ...SCOPE,
    arn: arnOf(`task/c/${id}`),
    id,
    clusterArn: arnOf("cluster/c"),
    clusterName: "c",
    taskDefinitionArn: arnOf("task-definition/app:1"),
    group: "family:app",
    launchType: "FARGATE",
    lastStatus: "RUNNING",
    desiredStatus: "RUNNING",
    healthStatus: "UNKNOWN",
    containers: [
      {
        arn: arnOf(`container/c/${id}/x`),
        name: "app",
        image: "busybox",
        runtimeId: `${id}-1`,
        lastStatus: "RUNNING",
        healthStatus: "UNKNOWN",
        networkBindings: [],
        essential: true,
        hasHealthCheck: false,
      },
    ],
    overrides: {},
    cpu: "256",
    memory: "512",
    networkMode: "awsvpc",
    availabilityZone: "us-east-1a",
    endpoints: [],
    targets: [],
    enableExecuteCommand: false,
    tags: [],
    version: 1,
    createdAt: 0,
    healthySeen: false,
    failureCounted: false,
    ...changes,
  };
}

/** An interface with an address, for a task of network mode awsvpc. */
export function interfaceOf(privateIpv4Address: string): NonNullable<TaskRecord["networkInterface"]> {
  return {
    attachmentId: "a",
    networkInterfaceId: "eni-0",
    subnetId: "subnet-0",
    vpcId: "vpc-0",
    vpcCidr: "10.0.0.0/16",
    availabilityZone: "us-east-1a",
    privateIpv4Address,
    macAddress: "02:42:0a:00:00:05",
    privateDnsName: "ip-10-0-0-5.ec2.internal",
    securityGroups: ["sg-0"],
  };
}

export function putTask(state: WholeState, task: TaskRecord, definition: TaskDefinitionRecord = definitionRecord()): TaskRecord {
  return state.commit(() => {
    state.table(taskDefinitions).put(definition);
    return state.table(tasks).put(task);
  });
}
