import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  UpdateServiceCommand,
  type RegisterTaskDefinitionCommandInput,
} from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { DEFAULT_ACCOUNT } from "../../domain/scope.ts";
import { services, taskDefinitions, tasks } from "../../state/ecs.ts";
import { apiWorld, type ApiWorld } from "../../testing/api-world.ts";

/** A world in which the operator can change their mind. */
async function worldWith(privilegedAccounts: string[]): Promise<ApiWorld & { readonly ecs: ECSClient }> {
  const api = await apiWorld({ hostGrants: { paths: [], volumes: [], never: [], privilegedAccounts } });
  const ecs = api.client(ECSClient);
  await ecs.send(new CreateClusterCommand({}));
  return { ...api, ecs };
}

const register = (changes: Partial<RegisterTaskDefinitionCommandInput> = {}): RegisterTaskDefinitionCommand =>
  new RegisterTaskDefinitionCommand({
    family: "host",
    networkMode: "host",
    containerDefinitions: [{ name: "c", image: "nginx", memory: 64 }],
    ...changes,
  });
const run = new RunTaskCommand({ taskDefinition: "host", launchType: "EC2" });
const create = (desiredCount = 1): CreateServiceCommand =>
  new CreateServiceCommand({ serviceName: "host", taskDefinition: "host", launchType: "EC2", desiredCount });

const refused = expect.objectContaining({
  name: "ClientException",
  message: `The task has networkMode host, which reaches the host: account ${DEFAULT_ACCOUNT} has no right to it. The operator grants it with AIRFIELD_PRIVILEGED_ACCOUNTS=${DEFAULT_ACCOUNT}.`,
});

test("without a grant a definition that reaches the host is not registered, by the first account either", async () => {
  await using api = await worldWith([]);
  await expect(api.ecs.send(register())).rejects.toThrow(refused);
  await expect(api.ecs.send(register({ networkMode: "bridge", volumes: [{ name: "v", host: { sourcePath: "/" } }] }))).rejects.toThrow(
    "cannot mount the host path '/'",
  );
  expect(api.state.table(taskDefinitions).values().next().done).toBe(true);
});

test("what Fargate refuses is told in Fargate's words", async () => {
  await using api = await worldWith([]);
  await expect(api.ecs.send(register({ requiresCompatibilities: ["FARGATE"] }))).rejects.toThrow("Fargate only supports network mode");
});

test("a definition that is older than the rule, or whose grant was taken back, is not run", async () => {
  const privileged = [DEFAULT_ACCOUNT];
  await using api = await worldWith(privileged);
  await api.ecs.send(register());
  await api.ecs.send(create());
  privileged.pop();
  await expect(api.ecs.send(run)).rejects.toThrow(refused);
  await expect(api.ecs.send(new CreateServiceCommand({ ...create().input, serviceName: "second" }))).rejects.toThrow(refused);
  await expect(api.ecs.send(new UpdateServiceCommand({ service: "host", forceNewDeployment: true }))).rejects.toThrow(refused);
  expect(api.state.table(tasks).values().next().done).toBe(true);
  expect([...api.state.table(services).values()]).toHaveLength(1);
  // It can still be scaled down.
  await api.ecs.send(new UpdateServiceCommand({ service: "host", desiredCount: 0 }));
  privileged.push(DEFAULT_ACCOUNT);
  expect((await api.ecs.send(run)).tasks).toHaveLength(1);
});
