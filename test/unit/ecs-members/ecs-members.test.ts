import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  UpdateServiceCommand,
  type CreateServiceCommandInput,
  type RegisterTaskDefinitionCommandInput,
  type UpdateServiceCommandInput,
} from "@aws-sdk/client-ecs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { taskSpec } from "../../../src/control/tasks/task-spec.ts";
import type { Resolver } from "../../../src/control/tasks/task-resources.ts";
import { containerBody, pauseBody } from "../../../src/drivers/docker/container-body.ts";
import { planTask } from "../../../src/drivers/docker/task-plan.ts";
import { NO_HOST_GRANTS } from "../../../src/domain/host-grants.ts";
import { loadService } from "../../../src/gateway/loaded-service.ts";
import type { Shape } from "../../../src/gateway/schema.ts";
import { SERVICES } from "../../../src/services/catalogue.ts";
import { families as familyTable, services, taskDefinitions, tasks } from "../../../src/state/ecs.ts";
import { apiWorld, type ApiWorld } from "../../../src/testing/api-world.ts";
import { putRole } from "../../../src/testing/roles.ts";
import { CARRIED_OUT, REFUSED, REFUSED_TO_RUN, SHOWN } from "./elsewhere.ts";
import { ON_THE_ENGINE, type OnTheEngine } from "./on-the-engine.ts";

// Every member of what asks for tasks is carried out, shown with a reason, or refused by its name. A member that the SDK gains, and that
// nobody thought about, fails here.

let api: ApiWorld;
let ecs: ECSClient;
beforeAll(async () => {
  // What reaches the host is granted here: that it is not otherwise, is another test's.
  const hostGrants = { ...NO_HOST_GRANTS, paths: [{ path: "/srv/data" }], privilegedAccounts: ["123456789012"] };
  api = await apiWorld({ hostGrants });
  ecs = api.client(ECSClient);
  await ecs.send(new CreateClusterCommand({}));
  putRole(api.state, "execution");
  await ecs.send(definition("plain", {}));
  await ecs.send(new CreateServiceCommand({ serviceName: "plain", taskDefinition: "plain", desiredCount: 0 }));
});
afterAll(() => api[Symbol.asyncDispose]());

const APP = { name: "app", image: "app:1", memory: 64 };

function definition(family: string, changes: Partial<RegisterTaskDefinitionCommandInput>): RegisterTaskDefinitionCommand {
  return new RegisterTaskDefinitionCommand({ family, containerDefinitions: [APP], ...changes });
}

describe("each member has its fate", () => {
  const refused = Object.values(REFUSED).flatMap((members) => Object.keys(members));
  const leaves = new Set([...Object.keys(SHOWN), ...Object.keys(REFUSED_TO_RUN), ...refused]);
  const known = new Set([...Object.keys(ON_THE_ENGINE), ...Object.keys(CARRIED_OUT), ...leaves]);
  // What two requests have in common has one name here.
  const sameAs = (key: string): string =>
    key.replace(/^UpdateServiceRequest\./, "CreateServiceRequest.").replace(/^RunTaskRequest\./, "RunTaskRequest.");

  test.each(["RegisterTaskDefinition", "RunTask", "CreateService", "UpdateService"])("of %s", async (name) => {
    const ecsService = await loadService(SERVICES.find(({ id }) => id === "ecs")!);
    const forgotten: string[] = [];
    const walk = (shape: Shape, seen: ReadonlySet<string>): void => {
      if (shape.kind === "list") walk(shape.item.shape, seen);
      if (shape.kind === "map") walk(shape.value.shape, seen);
      if (shape.kind !== "structure" && shape.kind !== "union") return;
      for (const member of shape.members) {
        const key = `${shape.name}.${member.name}`;
        // All of a refused structure is refused with it.
        if (seen.has(key) || leaves.has(key) || leaves.has(sameAs(key))) continue;
        if (isLeaf(member.shape) && !known.has(key) && !known.has(sameAs(key))) forgotten.push(key);
        walk(member.shape, new Set([...seen, key]));
      }
    };
    walk(ecsService.schema(name)!.input!, new Set());
    expect([...new Set(forgotten)]).toEqual([]);
  });

  test("of StartTask, which is not offered: all of it is refused by name", async () => {
    const ecsService = await loadService(SERVICES.find(({ id }) => id === "ecs")!);
    expect(ecsService.schema("StartTask")).toBeDefined();
    expect(ecsService.operations.has("StartTask")).toBe(false);
  });

  test.each(Object.entries(CARRIED_OUT))("%s is held by %s", (key, file) => {
    const text = readFileSync(fileURLToPath(new URL(`../../../${file}`, import.meta.url)), "utf8");
    expect(text).toContain(HELD_AS[key] ?? key.split(".")[1]);
  });
});

/** Where a test calls a member otherwise than the API does. */
const HELD_AS: Readonly<Record<string, string>> = {
  "ThresholdConfiguration.type": "threshold",
  "ThresholdConfiguration.value": "threshold",
};

function isLeaf(shape: Shape): boolean {
  const inner = shape.kind === "list" ? shape.item.shape : shape;
  return inner.kind !== "structure" && inner.kind !== "union";
}

/** Secrets and images are what they are called. */
const RESOLVER: Resolver = {
  open: () => ({
    image: (pullReference) => ({ pullReference }),
    secret: (reference) => ({
      value: reference.endsWith(":login")
        ? JSON.stringify({ username: "ann", password: reference.split(":").join(":") })
        : `value of ${reference}`,
    }),
    logStream: () => ({ delivered: true }),
    environment: () => ({}),
  }),
};

let families = 0;

/** Registers and runs for real, and gives what the engine would be asked for. */
async function asked({ definition: changes = {}, app = {}, overrides }: OnTheEngine) {
  const family = `f${(families += 1)}`;
  const containerDefinitions = changes.containerDefinitions ?? [{ ...APP, ...app }];
  await ecs.send(definition(family, { ...changes, containerDefinitions }));
  const { tasks: started } = await ecs.send(new RunTaskCommand({ taskDefinition: family, ...(overrides ? { overrides } : {}) }));
  const task = api.state.table(tasks).get(started?.[0]?.taskArn ?? "");
  const record = api.state.table(taskDefinitions).get(task?.taskDefinitionArn ?? "");
  if (!task || !record) throw new Error("the task was not recorded");
  const spec = taskSpec(task, record, RESOLVER);
  if ("failure" in spec) throw new Error(spec.failure);
  const plan = planTask(spec, { instance: "i", published: false });
  const at = { instance: "i", plan, vpcNetwork: "", publishOn: "127.0.0.1", dnsServers: [], gatewayNames: false, extraHosts: [] };
  const [first] = spec.containers;
  if (!first) throw new Error("the task has no containers");
  return { spec, plan, body: containerBody(spec, first, at), pause: pauseBody(spec, "pause", at) };
}

describe("the engine is asked for", () => {
  test.each(Object.entries(ON_THE_ENGINE))("%s, and not without being told", async (_key, wanted) => {
    const { body, plan, spec, pause } = wanted;
    const expected = Object.fromEntries(Object.entries({ body, plan, spec, pause }).filter(([, part]) => part !== undefined));
    expect(await asked(wanted)).toMatchObject(expected);
    expect(await asked({})).not.toMatchObject(expected);
  });
});

const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );
const naming = (key: string, name: string): unknown =>
  expect.objectContaining({ name, message: expect.stringContaining(key.split(".")[1] ?? "") as unknown });

describe("a definition is not registered, and one of an earlier version is not run, and the call says why, for", () => {
  test.each(Object.entries(REFUSED_TO_RUN))("%s", async (key, changes) => {
    expect(await errorOf(ecs.send(definition("lacking", changes)))).toEqual(naming(key, "ClientException"));
    registeredEarlier("lacking", changes);
    const before = api.state.table(tasks).size;
    const unsupported = naming(key, "UnsupportedFeatureException");
    expect(await errorOf(ecs.send(new RunTaskCommand({ taskDefinition: "lacking" })))).toEqual(unsupported);
    expect(await errorOf(ecs.send(new CreateServiceCommand({ serviceName: "new", taskDefinition: "lacking", desiredCount: 1 })))).toEqual(
      unsupported,
    );
    expect(await errorOf(ecs.send(new UpdateServiceCommand({ service: "plain", taskDefinition: "lacking" })))).toEqual(unsupported);
    expect(api.state.table(tasks).size).toBe(before);
    expect([...api.state.table(services).values()].map(({ name }) => name)).toEqual(["plain"]);
  });
});

describe("refused by name is", () => {
  test.each(Object.entries(REFUSED.RegisterTaskDefinition))("%s at RegisterTaskDefinition", async (key, changes) => {
    expect(await errorOf(ecs.send(definition("refused", changes)))).toEqual(naming(key, "ClientException"));
  });

  test("a Windows task", async () => {
    const error = await errorOf(
      ecs.send(definition("refused", { runtimePlatform: { operatingSystemFamily: "WINDOWS_SERVER_2022_CORE" } })),
    );
    expect(error).toEqual(naming("RuntimePlatform.operatingSystemFamily", "ClientException"));
  });

  test.each(Object.entries(REFUSED.RunTask))("%s at RunTask", async (key, changes) => {
    const error = await errorOf(ecs.send(new RunTaskCommand({ taskDefinition: "plain", ...changes })));
    expect(error).toEqual(naming(key, "UnsupportedFeatureException"));
  });

  test.each(Object.entries(REFUSED.CreateService))("%s at CreateService and UpdateService", async (key, changes) => {
    const create: CreateServiceCommandInput = { serviceName: "new", taskDefinition: "plain", desiredCount: 0, ...changes };
    const unsupported = naming(NAMED_AS[key] ?? key, "UnsupportedFeatureException");
    expect(await errorOf(ecs.send(new CreateServiceCommand(create)))).toEqual(unsupported);
    const update: UpdateServiceCommandInput = { service: "plain", ...(changes as Partial<UpdateServiceCommandInput>) };
    expect(await errorOf(ecs.send(new UpdateServiceCommand(update)))).toEqual(unsupported);
  });
});

/** Puts the record that a version without this refusal made. */
function registeredEarlier(family: string, changes: Partial<RegisterTaskDefinitionCommandInput>): void {
  const plain = [...api.state.table(taskDefinitions).values()].find((record) => record.family === "plain");
  if (!plain) throw new Error("there is no plain definition");
  const arn = plain.arn.replace("/plain:1", `/${family}:1`);
  const { tags: _tags, ...members } = changes;
  const changed = { ...plain, arn, family, definition: { ...plain.definition, ...members, taskDefinitionArn: arn, family } };
  api.state.commit(() => {
    api.state.table(taskDefinitions).put(changed as typeof plain);
    api.state.table(familyTable).put({ account: plain.account, region: plain.region, family, lastRevision: 1 });
  });
}

/** What is refused for its value is called by that. */
const NAMED_AS: Readonly<Record<string, string>> = {
  "DeploymentConfiguration.strategy": ".deployment strategy BLUE_GREEN",
  "CreateServiceRequest.deploymentController": ".deployment controller CODE_DEPLOY",
};
