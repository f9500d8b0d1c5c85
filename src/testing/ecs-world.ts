import { CreateClusterCommand, ECSClient, RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../domain/scope.ts";
import type { Platform } from "../services/platform.ts";
import { defaultNetwork, type DefaultNetwork } from "../state/default-vpc.ts";
import { tasks, type TaskRecord } from "../state/ecs.ts";
import { apiWorld, type ApiWorld } from "./api-world.ts";

export const SCOPE = { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION };

export interface EcsWorld extends ApiWorld {
  readonly ecs: ECSClient;
  readonly network: DefaultNetwork;
  /** The network configuration of a task in the default VPC. */
  readonly awsvpc: { readonly awsvpcConfiguration: { readonly subnets: string[]; readonly securityGroups: string[] } };
  /** Stands in for control: changes a task's record. */
  move(arn: string | undefined, changes: Partial<TaskRecord>): void;
}

/** A cluster `default`, a Fargate definition `web:1` (port 80) and an EC2 definition `host:1` (host port 8080). */
export async function ecsWorld(parts: Partial<Platform> = {}): Promise<EcsWorld> {
  const api = await apiWorld(parts);
  const ecs = api.client(ECSClient);
  const network = defaultNetwork(api.state, api.platform.ids, SCOPE, 1);
  await ecs.send(new CreateClusterCommand({}));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: "web",
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: "256",
      memory: "512",
      containerDefinitions: [{ name: "web", image: "nginx", portMappings: [{ containerPort: 80 }] }],
      tags: [{ key: "from", value: "definition" }],
    }),
  );
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: "host",
      containerDefinitions: [{ name: "web", image: "nginx", memory: 64, portMappings: [{ containerPort: 80, hostPort: 8080 }] }],
    }),
  );
  return {
    ...api,
    ecs,
    network,
    awsvpc: { awsvpcConfiguration: { subnets: network.subnets.map((subnet) => subnet.id), securityGroups: [network.securityGroup.id] } },
    move(arn, changes) {
      api.state.commit(() => api.state.table(tasks).update(arn ?? "", (task) => ({ ...task, ...changes })));
    },
  };
}
