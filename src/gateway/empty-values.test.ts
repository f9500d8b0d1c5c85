import { ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand } from "@aws-sdk/client-ecs";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateUserCommand, IAMClient } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rootPrincipal } from "../authorization/credentials.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../domain/scope.ts";
import { AwsError } from "../services/aws-error.ts";
import { SERVICES } from "../services/catalogue.ts";
import { requestScope, type Operation } from "../services/operation.ts";
import type { ApiWorld } from "../testing/api-world.ts";
import { emptyPlaces, type EmptyPlace } from "../testing/empty-places.ts";
import type { Aim } from "../testing/populated-account.ts";
import { populatedWorld, type PopulatedWorld } from "../testing/populated-world.ts";
import { settleInput } from "./empty-values.ts";
import { loadService, type LoadedService } from "./loaded-service.ts";
import { MalformedRequestError } from "./malformed.ts";

// Made from the list of operations and their schemas, so that a new one is in it by birth: wherever text or a list can stand, an empty one is
// refused, or is the very same input as one that leaves the member out. Decision and use are given that one input, so neither can be told
// something that the other is not.

let world: PopulatedWorld;
let api: ApiWorld;
let aim: Aim;
beforeAll(async () => {
  world = await populatedWorld();
  ({ api, aim } = world);
  await api
    .client(ECSClient)
    .send(new RegisterTaskDefinitionCommand({ family: "awsvpc", networkMode: "awsvpc", containerDefinitions: [WEB] }));
}, 60_000);
afterAll(() => world[Symbol.asyncDispose]());

/** An input after the gateway has read it, or that it is refused. */
function settled(service: LoadedService, operation: string, input: unknown): unknown {
  try {
    return settleInput(service.schema(operation)?.input, input, service);
  } catch (thrown) {
    if (thrown instanceof MalformedRequestError) return REFUSED;
    throw thrown;
  }
}

const REFUSED = Symbol("refused");

/** What an operation asks for, without the condition keys: the value of a tag is one. Or why it refuses to say. */
function asked(operation: Operation, input: unknown): readonly string[] | string {
  if (operation.access !== undefined) return [];
  const at = {
    ...requestScope({ account: DEFAULT_ACCOUNT, region: DEFAULT_REGION }),
    principal: rootPrincipal(DEFAULT_ACCOUNT, ""),
    state: api.state.of(DEFAULT_ACCOUNT),
    now: api.platform.clock.now(),
  };
  try {
    return [operation.authorize(input as never, at)].flat().map(({ action, resource }) => `${action} ${[resource].flat().join(" ")}`);
  } catch (thrown) {
    return String(thrown);
  }
}

function meaningAt({ emptyValues: { members } }: LoadedService, { key, member }: EmptyPlace): string | undefined {
  return members[key] ?? members[member];
}

describe.each(SERVICES.map((service) => [service.id, service] as const))("%s", (id, descriptor) => {
  const aimHere = (member: string): string => aim(member, id);

  test("takes nothing for something, unless it says that it does", async () => {
    const service = await loadService(descriptor);
    const unsettled: string[] = [];
    let tried = 0;
    for (const operation of service.operations.values()) {
      for (const place of emptyPlaces(service.schema(operation.name)?.input, aimHere)) {
        tried += 1;
        const outcome = settled(service, operation.name, place.input);
        if (outcome === REFUSED) continue;
        const where = `${operation.name}: ${JSON.stringify(place.value)} in ${place.key}`;
        const without = settled(service, operation.name, place.without);
        const meaning = meaningAt(service, place);
        // A value is not the same as none; what may be done about it is.
        const isValue = meaning === "value" || meaning === "answered";
        const same = isValue
          ? place.required || place.isItem || isSame(asked(operation, outcome), asked(operation, without))
          : !place.required && isSame(outcome, without);
        if (!same) unsettled.push(where);
      }
    }
    expect(unsettled).toEqual([]);
    expect(tried).toBeGreaterThan(0);
  });

  test("calls no name, role, key or ARN a value when it is empty", async () => {
    const { emptyValues } = await loadService(descriptor);
    const names = Object.entries(emptyValues.members).filter(
      ([key, meaning]) => meaning === "value" && /(arn|role|id|name|cluster|service|task|definition|key|group)$/i.test(key),
    );
    expect(names).toEqual([]);
  });

  test("refuses by itself what it says that it answers", async () => {
    const service = await loadService(descriptor);
    const answered = Object.entries(service.emptyValues.members).flatMap(([key, meaning]) => (meaning === "answered" ? [key] : []));
    for (const key of answered) {
      const [name, input, words] = answers()[key] ?? ["", {}, "an example stands among the answers"];
      const operation = service.operations.get(name);
      const said = operation && (await refusalOf(operation, settled(service, name, input)));
      expect(said ?? "nothing", key).toContain(words);
    }
  });

  test("has no exception for what it does not have", async () => {
    const service = await loadService(descriptor);
    const places = [...service.operations.keys()].flatMap((name) => [...emptyPlaces(service.schema(name)?.input, aimHere)]);
    const known = new Set(places.flatMap(({ key, member }) => [key, member]));
    expect(Object.keys(service.emptyValues.members).filter((key) => !known.has(key))).toEqual([]);
  });
});

const WEB = { name: "web", image: "web", memory: 64 };
const container = (more: object): object => ({ family: "a", executionRoleArn: "production", containerDefinitions: [{ ...WEB, ...more }] });

/** Of each member that an operation answers for itself: a request that is good but for that, and the words. */
const answers = (): Readonly<Record<string, readonly [operation: string, input: unknown, words: string]>> => ({
  artifactTypes: [
    "ListImageReferrers",
    { repositoryName: "production", subjectId: { imageDigest: `sha256:${"0".repeat(64)}` }, filter: { artifactTypes: [] } },
    "artifactTypes",
  ],
  "RegisterTaskDefinitionRequest.family": [
    "RegisterTaskDefinition",
    { ...container({}), family: "" },
    "Family should not be null or empty.",
  ],
  "RegisterTaskDefinitionRequest.containerDefinitions": [
    "RegisterTaskDefinition",
    { family: "a", containerDefinitions: [] },
    "Container list cannot be empty.",
  ],
  "HealthCheck.command": [
    "RegisterTaskDefinition",
    container({ healthCheck: { command: [] } }),
    "healthCheck.command should not be null or empty.",
  ],
  "RegisterTaskDefinitionRequest.tags": ["RegisterTaskDefinition", { ...container({}), tags: [] }, "Tags can not be empty."],
  "RepositoryCredentials.credentialsParameter": [
    "RegisterTaskDefinition",
    container({ repositoryCredentials: { credentialsParameter: "" } }),
    "The repository credentials parameter specified for container 'web' is invalid.",
  ],
  "Secret.name": ["RegisterTaskDefinition", container({ secrets: [{ name: "", valueFrom: "a" }] }), "should not be null or empty."],
  "Secret.valueFrom": [
    "RegisterTaskDefinition",
    container({ secrets: [{ name: "A", valueFrom: "" }] }),
    "Secrets valueFrom should not be null or empty.",
  ],
  "DescribeServicesRequest.services": ["DescribeServices", { cluster: "production", services: [] }, "Services cannot be empty."],
  "DescribeTasksRequest.tasks": ["DescribeTasks", { cluster: "production", tasks: [] }, "Tasks cannot be empty."],
  "DescribeContainerInstancesRequest.containerInstances": [
    "DescribeContainerInstances",
    { cluster: "production", containerInstances: [] },
    "Container instances cannot be empty.",
  ],
  "AwsVpcConfiguration.subnets": [
    "RunTask",
    { cluster: "production", taskDefinition: "awsvpc", networkConfiguration: { awsvpcConfiguration: { subnets: [] } } },
    "subnets can not be empty.",
  ],
  "RegisterTargetsInput.Targets": [
    "RegisterTargets",
    { TargetGroupArn: aim("TargetGroupArn", "elasticloadbalancing"), Targets: [] },
    "Targets cannot be empty",
  ],
  "DeregisterTargetsInput.Targets": [
    "DeregisterTargets",
    { TargetGroupArn: aim("TargetGroupArn", "elasticloadbalancing"), Targets: [] },
    "Targets cannot be empty",
  ],
  "InputLogEvent.message": [
    "PutLogEvents",
    { logGroupName: "production", logStreamName: "a", logEvents: [{ timestamp: 0, message: "" }] },
    "Value '' at 'logEvents.1.member.message'",
  ],
  SecretString: ["CreateSecret", { Name: "a", SecretString: "" }, "Value at 'secretString'"],
  "LookupAttribute.AttributeValue": [
    "LookupEvents",
    { LookupAttributes: [{ AttributeKey: "EventName", AttributeValue: "" }] },
    "The value of the lookup attribute EventName must have 1 to 2000 characters.",
  ],
  "PutParameterRequest.Value": ["PutParameter", { Name: "a", Type: "String", Value: "" }, "Value '' at 'value'"],
});

async function refusalOf(operation: Operation, input: unknown): Promise<string | undefined> {
  const scope = requestScope({ account: DEFAULT_ACCOUNT, region: DEFAULT_REGION });
  const principal = rootPrincipal(DEFAULT_ACCOUNT, "");
  const origin = { sourceIp: "", userAgent: "", secureTransport: true, region: DEFAULT_REGION };
  try {
    await operation.run(input as never, {
      ...api.platform,
      ...scope,
      state: api.state.of(DEFAULT_ACCOUNT),
      principal,
      requestId: "",
      now: api.platform.clock.now(),
      sourceIp: "",
      host: "",
      origin,
    });
    return undefined;
  } catch (thrown) {
    return "$fault" in (thrown as object) || thrown instanceof AwsError ? (thrown as Error).message : String(thrown);
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return other !== REFUSED && JSON.stringify(one, withBigint) === JSON.stringify(other, withBigint);
}

function withBigint(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

test.each([
  [
    "awsJson",
    "ecs",
    "RunTask",
    () => api.client(ECSClient).send(new RunTaskCommand({ taskDefinition: "a", overrides: { taskRoleArn: "" } })),
  ],
  [
    "awsQuery",
    "iam",
    "CreateUser",
    () => api.client(IAMClient).send(new CreateUserCommand({ UserName: "a", Tags: [{ Key: "a", Value: "" }] })),
  ],
  ["ec2Query", "ec2", "DescribeVpcs", () => api.client(EC2Client).send(new DescribeVpcsCommand({ NextToken: "" }))],
] as const)("%s: decision and use are given one and the same input, settled", async (_protocol, id, name, call) => {
  const service = await loadService(SERVICES.find((one) => one.id === id)!);
  const operations = service.operations as Map<string, Operation>;
  const real = operations.get(name)!;
  const given: unknown[] = [];
  operations.set(name, {
    ...real,
    authorize(input: never, at) {
      given.push(input);
      return real.authorize(input, at);
    },
    run: (input) => void given.push(input),
  });
  await call().catch(() => undefined);
  operations.set(name, real);
  expect(given).toHaveLength(2);
  expect(given[1]).toBe(given[0]);
  expect(JSON.stringify(given[0])).not.toMatch(/taskRoleArn|NextToken/);
});
