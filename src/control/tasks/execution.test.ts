import type { RegisterTaskDefinitionCommandInput } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds } from "../../drivers/system/ids.ts";
import { secretBox } from "../../drivers/system/secret-box.ts";
import type { TaskRecord } from "../../state/ecs.ts";
import { logGroups, logStreams, newLogGroup } from "../../state/logs.ts";
import { parameters } from "../../state/parameters.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import type { WholeState } from "../../state/state.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { EXECUTION_POLICY, putRole, trustOf, type TestRole } from "../../testing/roles.ts";
import { definitionRecord, interfaceOf, taskRecord } from "../../testing/task-record.ts";
import type { HostGrants } from "../../domain/host-grants.ts";
import { resolver } from "./resolver.ts";
import { taskSpec } from "./task-spec.ts";

const ID = "a".repeat(32);
const SCOPE = { account: "123456789012", region: "us-east-1" };
const EXECUTION = "arn:aws:iam::123456789012:role/exec";
const SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf";
const clock = new ManualClock();
const secrets = secretBox(Buffer.alloc(32, 1));

interface Run {
  readonly roles?: Readonly<Record<string, TestRole>>;
  readonly definition?: Partial<RegisterTaskDefinitionCommandInput>;
  readonly task?: Partial<TaskRecord>;
  readonly prepare?: (state: WholeState) => void;
  readonly hostGrants?: HostGrants;
}

/** Resolves a task as the task loop does. */
function start({ roles = {}, definition = {}, task = {}, prepare, hostGrants }: Run) {
  const state = new JournaledState(memoryJournal());
  for (const [name, role] of Object.entries(roles)) putRole(state, name, role);
  prepare?.(state);
  const record = taskRecord(ID, { networkInterface: interfaceOf("10.0.0.5"), ...task });
  const image = (): { pullReference: string } => ({ pullReference: "busybox" });
  return {
    state,
    spec: taskSpec(
      record,
      definitionRecord(definition),
      resolver({ state, secrets, clock, ids: systemIds, image, ...(hostGrants && { hostGrants }) }),
    ),
  };
}

const failureOf = (run: Run): string | undefined => {
  const { spec } = start(run);
  return "failure" in spec ? spec.failure : undefined;
};

const cannotAssume = (role: string): string =>
  `ECS was unable to assume the role '${role}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`;

describe("a role that ECS cannot assume stops the task", () => {
  const atHome = {
    StringEquals: { "aws:SourceAccount": "123456789012" },
    ArnLike: { "aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*" },
  };
  test.each([
    ["is not there", {}, false],
    ["trusts tasks", { exec: {} }, true],
    ["trusts EC2 only", { exec: { trust: trustOf("ec2.amazonaws.com") } }, false],
    ["trusts ECS itself, not its tasks", { exec: { trust: trustOf("ecs.amazonaws.com") } }, false],
    ["trusts tasks of this account and region", { exec: { trust: trustOf("ecs-tasks.amazonaws.com", atHome) } }, true],
    [
      "trusts tasks of another account",
      { exec: { trust: trustOf("ecs-tasks.amazonaws.com", { StringEquals: { "aws:SourceAccount": "111122223333" } }) } },
      false,
    ],
    [
      "trusts tasks of another region",
      { exec: { trust: trustOf("ecs-tasks.amazonaws.com", { ArnLike: { "aws:SourceArn": "arn:aws:ecs:eu-west-1:123456789012:*" } }) } },
      false,
    ],
  ] as const)("an execution role that %s", (_what, roles, assumed) => {
    const expected = assumed ? undefined : cannotAssume(EXECUTION);
    expect(failureOf({ roles, definition: { executionRoleArn: EXECUTION } })).toBe(expected);
    // Of the task's own role the same holds.
    expect(failureOf({ roles, definition: { taskRoleArn: EXECUTION } })).toBe(expected);
  });

  test.each([
    ["of another account", "arn:aws:iam::210987654321:role/exec"],
    ["with another path", "arn:aws:iam::123456789012:role/team/exec"],
  ])("a role %s", (_what, executionRoleArn) => {
    expect(failureOf({ roles: { exec: {} }, definition: { executionRoleArn } })).toBe(cannotAssume(executionRoleArn));
  });

  test("a task role may be given by its name", () => {
    expect(failureOf({ roles: { exec: {} }, definition: { taskRoleArn: "exec" } })).toBeUndefined();
    expect(failureOf({ definition: { taskRoleArn: "exec" } })).toBe(cannotAssume("exec"));
  });

  test("the overrides of a run stand before the definition", () => {
    const definition = { executionRoleArn: EXECUTION };
    const other = "arn:aws:iam::123456789012:role/other";
    expect(failureOf({ roles: { exec: {} }, definition, task: { overrides: { executionRoleArn: other } } })).toBe(cannotAssume(other));
    expect(failureOf({ roles: { other: {} }, definition, task: { overrides: { executionRoleArn: other } } })).toBeUndefined();
  });
});

describe("an empty override drops no role", () => {
  test.each([
    ["the execution role", { executionRoleArn: EXECUTION }, { executionRoleArn: "" }],
    ["the task role", { taskRoleArn: EXECUTION }, { taskRoleArn: "" }],
  ])("%s", (_what, definition, overrides) => {
    expect(failureOf({ definition, task: { launchType: "EC2", overrides } })).toBe(cannotAssume(EXECUTION));
  });
});

const user = `User: arn:aws:sts::123456789012:assumed-role/exec/${ID} is not authorized to perform:`;
const no = (action: string, resource: string): string =>
  `${user} ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
const allow = (action: string | readonly string[], resource = "*"): TestRole => ({
  allows: [{ Effect: "Allow", Action: action, Resource: resource }],
});
const UNABLE = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed:";

describe("secrets are read as the execution role", () => {
  const of = (valueFrom: string): Partial<RegisterTaskDefinitionCommandInput> => ({
    executionRoleArn: EXECUTION,
    containerDefinitions: [{ name: "app", image: "busybox", essential: true, secrets: [{ name: "PASSWORD", valueFrom }] }],
  });

  test.each([
    ["nothing", {}, no("secretsmanager:GetSecretValue", SECRET)],
    ["what every execution role may", { attached: [EXECUTION_POLICY] }, no("secretsmanager:GetSecretValue", SECRET)],
    ["another secret", allow("secretsmanager:GetSecretValue", SECRET.replace("db", "other")), no("secretsmanager:GetSecretValue", SECRET)],
    [
      "an older version only",
      {
        allows: [
          {
            Effect: "Allow",
            Action: "secretsmanager:*",
            Resource: "*",
            Condition: { StringEquals: { "secretsmanager:VersionStage": "AWSPREVIOUS" } },
          },
        ],
      },
      no("secretsmanager:GetSecretValue", SECRET),
    ],
  ] as const)("which may read %s", (_what, exec, denial) => {
    expect(failureOf({ roles: { exec }, definition: of(SECRET) })).toBe(
      `${UNABLE} unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${SECRET} from secrets manager: AccessDeniedException: ${denial}`,
    );
  });

  test("which may: then all parameters that are not there are told of, of all containers", () => {
    const withSecrets = (name: string, ...from: readonly string[]) => ({
      name,
      image: "busybox",
      essential: true,
      secrets: from.map((valueFrom, at) => ({ name: `S${at}`, valueFrom })),
    });
    const definition = { executionRoleArn: EXECUTION, containerDefinitions: [withSecrets("a", "/a", "/b"), withSecrets("b", "/a", "/c")] };
    expect(failureOf({ roles: { exec: allow("ssm:GetParameters", "*") }, definition })).toBe(
      `${UNABLE} unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: /a,/b,/c`,
    );
  });

  test("which may: then a secret that is not there is told as such", () => {
    expect(failureOf({ roles: { exec: allow("secretsmanager:GetSecretValue", SECRET) }, definition: of(SECRET) })).toContain(
      "ResourceNotFoundException",
    );
  });

  test.each([
    ["by its name", "/prod/token"],
    ["by its ARN", "arn:aws:ssm:us-east-1:123456789012:parameter/prod/token"],
  ])("a parameter %s", (_what, valueFrom) => {
    const arn = "arn:aws:ssm:us-east-1:123456789012:parameter/prod/token";
    const prepare = (state: WholeState): void => {
      const version = { version: 1, type: "String", value: "t0ken", modifiedAt: 0, modifiedBy: "root", dataType: "text", tier: "Standard" };
      const record = { ...SCOPE, name: "/prod/token", arn, versions: [version], tags: [], createdAt: 0 };
      state.commit(() => state.table(parameters).put(record as never));
    };
    expect(failureOf({ roles: { exec: {} }, definition: of(valueFrom), prepare })).toBe(
      `${UNABLE} unable to retrieve secrets from ssm: service call has been retried 1 time(s): AccessDeniedException: ${no("ssm:GetParameters", arn)}`,
    );
    const { spec } = start({ roles: { exec: allow("ssm:GetParameters", arn) }, definition: of(valueFrom), prepare });
    expect(spec).toMatchObject({ containers: [{ environment: { PASSWORD: "t0ken" } }] });
  });
});

describe("a container instance, which a task without an execution role leans on", () => {
  const instance = /User: arn:aws:sts::123456789012:assumed-role\/ecsInstanceRole\/i-[0-9a-f]+ is not authorized to perform:/;
  test.each([
    ["secret", SECRET, "secretsmanager:GetSecretValue"],
    ["parameter", "/prod/token", "ssm:GetParameters"],
    ["secret of another account", SECRET.replace("123456789012", "210987654321"), "secretsmanager:GetSecretValue"],
  ])("reads no %s", (_what, valueFrom, action) => {
    // No registration gets as far as this: an older record might.
    const containerDefinitions = [{ name: "app", image: "busybox", essential: true, secrets: [{ name: "PASSWORD", valueFrom }] }];
    for (const launchType of ["EC2", "EXTERNAL"] as const) {
      const failure = failureOf({ definition: { containerDefinitions }, task: { launchType } });
      expect(failure).toMatch(instance);
      expect(failure).toContain(action);
    }
  });

  test("has no more rights for a role of the account that has the same name", () => {
    const containerDefinitions = [{ name: "app", image: "busybox", essential: true, secrets: [{ name: "PASSWORD", valueFrom: SECRET }] }];
    const roles = { ecsInstanceRole: allow("*") };
    expect(failureOf({ roles, definition: { containerDefinitions }, task: { launchType: "EC2" } })).toMatch(instance);
  });
});

test.each([
  ["X86_64", "amd64"],
  ["ARM64", "arm64"],
  [undefined, undefined],
] as const)("containers of a task for %s take images for it", (cpuArchitecture, architecture) => {
  const { spec } = start({ roles: { exec: {} }, definition: cpuArchitecture ? { runtimePlatform: { cpuArchitecture } } : {} });
  expect("containers" in spec && spec.containers[0]?.architecture).toBe(architecture);
});

test("variables may have the names of what every object has", () => {
  const environment = ["__proto__", "constructor", "toString"].map((name) => ({ name, value: name }));
  const { spec } = start({ definition: { containerDefinitions: [{ name: "app", image: "localhost:1/app", environment }] } });
  for (const { name, value } of environment)
    expect(Object.entries(spec && "containers" in spec ? (spec.containers[0]?.environment ?? {}) : {})).toContainEqual([name, value]);
});

describe("logs are written as the execution role", () => {
  const stream = `ecs/app/${ID}`;
  const group = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/app:log-stream:";
  const options = { "awslogs-group": "/ecs/app", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs" };
  const logging = (more: Record<string, string> = {}): Partial<RegisterTaskDefinitionCommandInput> => ({
    executionRoleArn: EXECUTION,
    containerDefinitions: [
      { name: "app", image: "busybox", essential: true, logConfiguration: { logDriver: "awslogs", options: { ...options, ...more } } },
    ],
  });
  const prepare = (state: WholeState): void => void state.commit(() => state.table(logGroups).put(newLogGroup(SCOPE, "/ecs/app", 0)));
  const said = (what: string): string =>
    `ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log ${what} : exit status 1`;

  test("which may not make the stream", () => {
    const denial = no("logs:CreateLogStream", group + stream);
    expect(failureOf({ roles: { exec: {} }, definition: logging(), prepare })).toBe(said(`stream: AccessDeniedException: ${denial}`));
    expect(failureOf({ roles: { exec: {} }, definition: logging(), task: { launchType: "EC2" }, prepare })).toBe(
      `CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: AccessDeniedException: ${denial}`,
    );
  });

  test("which may not make the group that is to be made", () => {
    const exec = { attached: [EXECUTION_POLICY] };
    const { state, spec } = start({ roles: { exec }, definition: logging({ "awslogs-create-group": "true" }) });
    expect(spec).toEqual({ failure: said(`group: AccessDeniedException: ${no("logs:CreateLogGroup", group)}`) });
    expect([...state.table(logGroups).values()]).toEqual([]);
  });

  test("which may do all of it", () => {
    const exec = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]);
    const { state, spec } = start({ roles: { exec }, definition: logging({ "awslogs-create-group": "true" }) });
    expect(spec).toMatchObject({ containers: [{ log: { group: "/ecs/app", stream } }] });
    expect([...state.table(logGroups).values()].map(({ name }) => name)).toEqual(["/ecs/app"]);
    // It comes with the container.
    expect([...state.table(logStreams).values()]).toEqual([]);
  });

  test("whose driver cannot start: nothing is made", () => {
    const more = { "awslogs-multiline-pattern": "(unclosed", "awslogs-create-group": "true" };
    const { state, spec } = start({ roles: { exec: allow("logs:*") }, definition: logging(more) });
    expect(spec).toEqual({ failure: expect.stringContaining("could not parse multiline pattern key") as string });
    expect([...state.table(logGroups).values()]).toEqual([]);
  });

  test("and the pattern of events of several lines comes to the runner", () => {
    const { spec } = start({ roles: { exec: allow("logs:*") }, definition: logging({ "awslogs-multiline-pattern": "^INFO" }), prepare });
    expect(spec).toMatchObject({ containers: [{ log: { stream, multilinePattern: "^INFO" } }] });
  });

  test("which may make the stream and not write to it: the task runs, its lines are lost", () => {
    const { spec } = start({ roles: { exec: allow("logs:CreateLogStream") }, definition: logging(), prepare });
    expect(spec).toMatchObject({ containers: [{ name: "app" }] });
    expect(spec).not.toHaveProperty("containers[0].log");
  });

  test.each<[string, Record<string, string>, string]>([
    ["a region that is none", { "awslogs-region": "us-east-1/", "awslogs-group": "ecs/app" }, "lookup logs.us-east-1/.amazonaws.com"],
    ["parts of an ARN", { "awslogs-region": "us-east-1:123456789012:log-group:x" }, "no such host"],
    [
      "a group that is none",
      { "awslogs-group": "/ecs/app:*" },
      "InvalidParameterException: 1 validation error detected: Value at 'logGroupName'",
    ],
    ["a stream that is none", { "awslogs-stream-prefix": "a:b" }, "Value at 'logStreamName' failed"],
  ])("of no other group than the one that policies were asked about: %s", (_what, more, why) => {
    const { state, spec } = start({
      roles: { exec: allow("logs:*") },
      definition: logging({ "awslogs-create-group": "true", ...more }),
      prepare,
    });
    expect("failure" in spec ? spec.failure : "").toContain(why);
    expect([...state.table(logStreams).values()]).toEqual([]);
    expect([...state.table(logGroups).values()]).toHaveLength(1);
  });

  test("on an instance, without an execution role, the instance writes them", () => {
    const { executionRoleArn: _none, ...definition } = logging();
    expect(start({ definition, task: { launchType: "EC2" }, prepare }).spec).toMatchObject({ containers: [{ log: { stream } }] });
    expect(failureOf({ definition, prepare })).toContain("failed to create Cloudwatch log stream");
    // AWS's policy for instances has no right to make groups.
    const { executionRoleArn: _role, ...making } = logging({ "awslogs-create-group": "true" });
    expect(failureOf({ definition: making, task: { launchType: "EC2" } })).toContain("not authorized to perform: logs:CreateLogGroup");
  });
});

describe("the last door to the host", () => {
  const volumes = [{ name: "v", host: { sourcePath: "/srv/a" } }];
  const grants: HostGrants = { paths: [{ account: SCOPE.account, path: "/srv/a" }], privilegedAccounts: [], volumes: [], never: [] };

  test("is shut to a task whose definition says what nobody granted, however it got so far", () => {
    const task = { launchType: "EC2" } as const;
    expect(failureOf({ definition: { volumes }, task })).toBe(
      "ResourceInitializationError: Volume 'v' cannot mount the host path '/srv/a': account 123456789012 has no right to it. The operator grants paths with AIRFIELD_HOST_PATHS=123456789012=<folder>.",
    );
    expect(failureOf({ definition: { pidMode: "host" }, task, hostGrants: grants })).toContain("The task has pidMode host");
    expect(failureOf({ definition: { volumes }, task, hostGrants: grants })).toBeUndefined();
    expect(failureOf({ definition: { volumes }, task: { ...task, account: "222222222222" }, hostGrants: grants })).toContain(
      "no right to it",
    );
  });

  test("a shared volume is the account's, unless the operator has opened the engine's own", () => {
    const shared = { name: "db", dockerVolumeConfiguration: { scope: "shared" as const, autoprovision: true, labels: { a: "b" } } };
    const kindOf = (opened: HostGrants["volumes"]): unknown => {
      const { spec } = start({
        definition: { volumes: [shared] },
        task: { launchType: "EC2" },
        hostGrants: { ...grants, volumes: opened },
      });
      return "failure" in spec ? spec.failure : spec.volumes;
    };
    const made = { name: "db", labels: { a: "b" }, autoprovision: true };
    expect(kindOf([])).toEqual([{ ...made, kind: "account" }]);
    expect(kindOf([{ account: "222222222222", name: "db" }])).toEqual([{ ...made, kind: "account" }]);
    expect(kindOf([{ name: "db" }])).toEqual([{ ...made, kind: "engine" }]);
  });
});
