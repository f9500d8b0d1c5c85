import { describe, expect, test } from "vitest";
import { STEP_LIMIT_MS, windowAfter } from "../../decide/secret-rotation/plan-rotation.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { secretBox } from "../../drivers/system/secret-box.ts";
import type { JournalChange } from "../../ports/journal.ts";
import { withoutDefaultVpc } from "../../state/default-vpc.ts";
import { clusters, taskDefinitions, tasks, type TaskRecord } from "../../state/ecs.ts";
import { replicaArn } from "../../state/secret-replicas.ts";
import { moveStage, withPendingVersion } from "../../state/secret-stages.ts";
import { sealVersion } from "../../state/secret-sealing.ts";
import { secrets, type SecretRecord, type SecretRotation } from "../../state/secrets.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import type { WholeState } from "../../state/state.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { secretRotation } from "./secret-rotation.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:s-AbCdEf";
const FUNCTION = "arn:aws:ecs:us-east-1:123456789012:task-definition/rotate:1";
const CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/default";
const TOKEN = "new-version";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const RUN = { token: TOKEN, step: "createSecret", trial: false, attempt: 1 } as const;
const box = secretBox(Buffer.alloc(32, 7));

/** The loop over a secret with the version `old`; tasks end when the test says so. */
class RotationWorld implements AsyncDisposable {
  readonly clock = new ManualClock(Date.parse("2025-03-03T10:00:00Z"));
  readonly warnings: string[] = [];
  readonly errors: string[] = [];
  readonly #journal = new Map<string, JournalChange & { readonly value: string }>();
  #state = new JournaledState(memoryJournal(this.#journal), { records: this.#journal.values() });
  #loop: AsyncDisposable | undefined;

  constructor(rotation: Partial<SecretRotation>, changes: Partial<SecretRecord> = {}) {
    const now = this.clock.now();
    const base = { ...scope, tags: [], createdAt: now };
    const owner = { ...scope, arn: ARN };
    const sealed = sealVersion({ state: this.#state, secrets: box, now }, owner, "old", Buffer.from("1"));
    if ("refusal" in sealed) throw new Error("not sealed");
    const secret: SecretRecord = {
      ...base,
      arn: ARN,
      name: "s",
      lastChangedAt: now,
      versions: [{ id: "old", stages: ["AWSCURRENT"], kind: "string", createdAt: now, ...sealed }],
      rotation: { enabled: true, functionArn: FUNCTION, rules: { automaticallyAfterDays: 7 }, ...rotation },
      ...changes,
    };
    this.#state.commit(() => {
      this.#state.table(clusters).put({
        ...base,
        arn: CLUSTER,
        name: "default",
        status: "ACTIVE",
        settings: [],
        capacityProviders: [],
        defaultCapacityProviderStrategy: [],
      });
      this.#state.table(taskDefinitions).put({
        ...scope,
        arn: FUNCTION,
        family: "rotate",
        revision: 1,
        status: "ACTIVE",
        definition: {
          family: "rotate",
          networkMode: "awsvpc",
          compatibilities: ["EC2", "FARGATE"],
          containerDefinitions: [
            { name: "rotate", image: "rotate", essential: true },
            { name: "sidecar", image: "sidecar", essential: false },
          ],
        },
        tags: [],
        registeredAt: now,
        registeredBy: "root",
      });
      this.#state.table(secrets).put(rotation.run ? withPendingVersion(secret, rotation.run.token, now) : secret);
    });
  }

  get state(): WholeState {
    return this.#state;
  }

  get secret(): SecretRecord {
    const found = this.#state.table(secrets).get(ARN);
    if (!found) throw new Error("the secret is gone");
    return found;
  }

  /** The tasks that there are, in the order in which they were asked for. */
  get tasks(): readonly TaskRecord[] {
    return [...this.#state.table(tasks).values()];
  }

  get steps(): readonly (string | undefined)[] {
    return this.tasks.map((task) => environmentOf(task)["Step"]);
  }

  stages(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries(this.secret.versions.map(({ id, stages }) => [id, stages]));
  }

  async start(): Promise<this> {
    const warn = (message: string, fields?: Readonly<Record<string, unknown>>): void =>
      void this.warnings.push(`${message}: ${String(fields?.["failure"])}`);
    const error = (message: string, fields?: object): void => void this.errors.push(`${message} ${JSON.stringify(fields)}`);
    const logger = { info: () => undefined, warn, error };
    this.#loop = secretRotation({ state: this.#state, clock: this.clock, ids, secrets: box, logger });
    await this.clock.pass(0);
    return this;
  }

  /** The control plane dies, and comes back with what its journal has. */
  async restart(): Promise<void> {
    await this.#loop?.[Symbol.asyncDispose]();
    this.#state = new JournaledState(memoryJournal(this.#journal), { records: this.#journal.values() });
    await this.start();
  }

  change(changes: (secret: SecretRecord) => SecretRecord): void {
    this.#state.commit(() => this.#state.table(secrets).update(ARN, changes));
  }

  /** The task of the step under way ends. */
  async end(exitCode: number | undefined, stoppedReason = "Essential container in task exited"): Promise<void> {
    const task = this.tasks.at(-1);
    this.#state.commit(() =>
      this.#state.table(tasks).update(task?.arn ?? "", (record) => ({
        ...record,
        lastStatus: "STOPPED",
        stoppedReason,
        containers: record.containers.map((container) => {
          if (exitCode === undefined) return container;
          // What the sidecar does is no concern of the rotation's.
          return { ...container, lastStatus: "STOPPED", exitCode: container.essential ? exitCode : 1 };
        }),
      })),
    );
    await this.clock.pass(0);
  }

  /** What the function does in finishSecret. */
  finish(token = TOKEN): void {
    this.change((secret) => ({ ...secret, versions: moveStage(secret.versions, "AWSCURRENT", token) }));
  }

  async rotateOnce(token = TOKEN): Promise<void> {
    for (let step = 0; step < 3; step++) await this.end(0);
    this.finish(token);
    await this.end(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop?.[Symbol.asyncDispose]();
    if (this.errors.length > 0) throw new Error(this.errors.join("; "));
  }
}

function environmentOf(task: TaskRecord): Readonly<Record<string, string | undefined>> {
  const entries = task.overrides.containerOverrides?.[0]?.environment ?? [];
  return Object.fromEntries(entries.map(({ name = "", value }) => [name, value]));
}

describe("a rotation", () => {
  test("is four tasks, one after the other, each with the event of its step", async () => {
    await using world = await new RotationWorld({ run: RUN }).start();
    expect(world.tasks).toHaveLength(1);
    await world.rotateOnce();
    // Its interval is its rule: only that of a schedule is calculated.
    expect(world.secret.rotation).not.toHaveProperty("intervalDays");
    expect(world.steps).toEqual(["createSecret", "setSecret", "testSecret", "finishSecret"]);
    expect(environmentOf(world.tasks[0] as TaskRecord)).toEqual({ SecretId: ARN, ClientRequestToken: TOKEN, Step: "createSecret" });
    expect(world.tasks[0]?.overrides.containerOverrides?.map(({ name }) => name)).toEqual(["rotate", "sidecar"]);
    expect(world.tasks[0]).toMatchObject({
      clusterArn: CLUSTER,
      taskDefinitionArn: FUNCTION,
      launchType: "FARGATE",
      startedBy: "secretsmanager.amazonaws.com",
    });
    expect(world.tasks[0]?.networkConfiguration?.awsvpcConfiguration?.subnets).toHaveLength(6);
    const { rotation } = world.secret;
    expect(rotation?.run).toBeUndefined();
    expect(rotation?.lastRotatedAt).toBe(world.clock.now());
    expect(new Date(rotation?.window?.start ?? 0).toISOString()).toBe("2025-03-10T00:00:00.000Z");
    expect(world.stages()).toEqual({ old: ["AWSPREVIOUS"], [TOKEN]: ["AWSPENDING", "AWSCURRENT"] });
    expect(world.warnings).toEqual([]);
  });

  test("begins by itself when its window does, with a version of its own", async () => {
    await using world = await new RotationWorld({
      window: { start: Date.parse("2025-03-05T00:00:00Z"), end: Date.parse("2025-03-06T00:00:00Z") },
    }).start();
    await world.clock.pass(38 * HOUR - 1);
    expect(world.tasks).toEqual([]);
    await world.clock.pass(1);
    expect(world.steps).toEqual(["createSecret"]);
    const token = environmentOf(world.tasks[0] as TaskRecord)["ClientRequestToken"] ?? "";
    expect(world.stages()).toEqual({ old: ["AWSCURRENT"], [token]: ["AWSPENDING"] });
    await world.rotateOnce(token);
    await world.clock.pass(7 * DAY);
    expect(world.steps).toEqual(["createSecret", "setSecret", "testSecret", "finishSecret", "createSecret"]);
  });

  test("whose schedule is an expression tells its interval in days when it succeeded", async () => {
    const rules = { scheduleExpression: "cron(0 16 1,15 * ? *)", duration: "2h" };
    await using world = await new RotationWorld({ rules, run: RUN }).start();
    await world.rotateOnce();
    expect(world.secret.rotation).toMatchObject({ intervalDays: 12, window: windowAfter(rules, undefined, world.clock.now()) });
  });

  test("goes on after a restart where it was, and starts nothing twice", async () => {
    await using world = await new RotationWorld({ run: RUN }).start();
    await world.end(0);
    expect(world.steps).toEqual(["createSecret", "setSecret"]);
    await world.restart();
    expect(world.steps).toEqual(["createSecret", "setSecret"]);
    await world.end(0);
    await world.restart();
    await world.end(0);
    world.finish();
    await world.restart();
    await world.end(0);
    expect(world.steps).toEqual(["createSecret", "setSecret", "testSecret", "finishSecret"]);
    expect(world.secret.rotation?.lastRotatedAt).toBeDefined();
  });

  test("shows in replicas with its stages", async () => {
    await using world = await new RotationWorld({ run: RUN }, { replicas: [{ region: "eu-west-1", status: "InSync" }] }).start();
    await world.rotateOnce();
    const replica = world.state.table(secrets).get(replicaArn(world.secret, "eu-west-1"));
    expect(replica?.versions.map(({ id, stages }) => [id, stages])).toEqual([
      ["old", ["AWSPREVIOUS"]],
      [TOKEN, ["AWSPENDING", "AWSCURRENT"]],
    ]);
    expect(replica?.rotation).toBeUndefined();
  });
});

describe("a rotation that fails", () => {
  test("is tried three times from its first step, with the same version, and then left", async () => {
    await using world = await new RotationWorld({ run: RUN }).start();
    await world.end(0);
    await world.end(3);
    expect(world.steps).toEqual(["createSecret", "setSecret"]);
    await world.clock.pass(MINUTE);
    expect(world.steps).toEqual(["createSecret", "setSecret", "createSecret"]);
    await world.end(undefined, "CannotPullContainerError: no such image");
    await world.clock.pass(5 * MINUTE);
    await world.end(1);
    await world.clock.pass(DAY);
    expect(world.steps).toEqual(["createSecret", "setSecret", "createSecret", "createSecret"]);
    expect(new Set(world.tasks.map((task) => environmentOf(task)["ClientRequestToken"]))).toEqual(new Set([TOKEN]));
    expect(world.stages()).toEqual({ old: ["AWSCURRENT"], [TOKEN]: ["AWSPENDING"] });
    expect(world.secret.rotation).toMatchObject({
      enabled: true,
      failure: { step: "createSecret", reason: "the container rotate ended with exit code 1" },
    });
    expect(world.secret.rotation?.run).toBeUndefined();
    expect(world.secret.rotation?.lastRotatedAt).toBeUndefined();
    expect(world.warnings).toEqual([
      "a secret was not rotated: the container rotate ended with exit code 3",
      "a secret was not rotated: CannotPullContainerError: no such image",
      "a secret was not rotated: the container rotate ended with exit code 1",
    ]);
  });

  test("goes on with its version in the next window", async () => {
    await using world = await new RotationWorld({ run: { ...RUN, attempt: 3 } }).start();
    await world.end(1);
    await world.clock.pass(6 * DAY + 14 * HOUR);
    expect(world.steps).toEqual(["createSecret", "createSecret"]);
    await world.rotateOnce();
    expect(world.secret.rotation?.failure).toBeUndefined();
    expect(world.stages()).toEqual({ old: ["AWSPREVIOUS"], [TOKEN]: ["AWSPENDING", "AWSCURRENT"] });
  });

  test("because its function did not move AWSCURRENT says so", async () => {
    await using world = await new RotationWorld({ run: { ...RUN, step: "finishSecret", attempt: 3 } }).start();
    await world.end(0);
    expect(world.warnings).toEqual(["a secret was not rotated: the function ended well but did not move AWSCURRENT to the new version"]);
    expect(world.secret.rotation?.lastRotatedAt).toBeUndefined();
  });

  test("because its function is gone is tried again as any other, a minute after it failed", async () => {
    await using world = await new RotationWorld({ functionArn: FUNCTION.replace(/1$/, "2"), run: RUN }).start();
    expect(world.secret.rotation).toMatchObject({
      failure: { at: world.clock.now(), step: "createSecret" },
      run: { attempt: 2, step: "createSecret", token: TOKEN, notBefore: world.clock.now() + MINUTE },
    });
    await world.clock.pass(MINUTE);
    expect(world.secret.rotation?.run).toMatchObject({ attempt: 3, notBefore: world.clock.now() + 5 * MINUTE });
  });

  test("because its function is gone says so, and runs nothing", async () => {
    await using world = await new RotationWorld({ functionArn: FUNCTION.replace(/1$/, "2"), run: { ...RUN, attempt: 3 } }).start();
    expect(world.tasks).toEqual([]);
    expect(world.warnings).toEqual([expect.stringContaining("rotate:2 does not exist, or is not ACTIVE")]);
  });

  test("because somebody has deleted the default VPC says so", async () => {
    const world = new RotationWorld({ run: { ...RUN, attempt: 3 } });
    world.state.commit(() => world.state.table(withoutDefaultVpc).put(scope));
    await using _world = await world.start();
    expect(world.tasks).toEqual([]);
    expect(world.warnings).toEqual([expect.stringContaining("the account 123456789012 has no default VPC in us-east-1")]);
  });

  test("because a step takes too long has its task stopped", async () => {
    await using world = await new RotationWorld({ run: { ...RUN, attempt: 3 } }).start();
    await world.clock.pass(STEP_LIMIT_MS);
    expect(world.tasks[0]).toMatchObject({
      desiredStatus: "STOPPED",
      stoppedReason: "Rotation failed: the step took more than 15 minutes",
      ...{ stopCode: "UserInitiated", stoppingAt: world.clock.now(), version: 2 },
    });
    expect(world.secret.rotation?.run).toBeUndefined();
  });

  test("because its task was forgotten is tried again", async () => {
    await using world = await new RotationWorld({ run: { ...RUN, taskArn: "gone", startedAt: 0 } }).start();
    expect(world.warnings).toEqual(["a secret was not rotated: the task is not known any more"]);
    await world.clock.pass(MINUTE);
    expect(world.tasks).toHaveLength(1);
  });
});

test("a task of a step that somebody has stopped keeps the reason that they gave", async () => {
  await using world = await new RotationWorld({ run: { ...RUN, attempt: 3 } }).start();
  const [task] = world.tasks;
  const told = { desiredStatus: "STOPPED", stopCode: "TaskFailedToStart", stoppedReason: "mine" } as const;
  world.state.commit(() => world.state.table(tasks).update(task?.arn ?? "", (one) => ({ ...one, ...told })));
  await world.clock.pass(STEP_LIMIT_MS);
  expect(world.tasks[0]).toMatchObject({ ...told, version: 1 });
});

describe("what ends a rotation", () => {
  test.each<[string, (secret: SecretRecord) => SecretRecord]>([
    ["cancelling", (secret) => (secret.rotation ? { ...secret, rotation: { ...secret.rotation, enabled: false } } : secret)],
    ["deleting the secret", (secret) => ({ ...secret, deletionDate: Number.MAX_SAFE_INTEGER })],
  ])("is %s: its task is stopped, its version stays", async (_what, change) => {
    await using world = await new RotationWorld({ run: RUN }).start();
    world.change(change);
    await world.clock.pass(0);
    expect(world.tasks[0]).toMatchObject({ desiredStatus: "STOPPED", stoppedReason: "Rotation cancelled" });
    expect(world.secret.rotation?.run).toBeUndefined();
    expect(world.stages()[TOKEN]).toEqual(["AWSPENDING"]);
    await world.end(0);
    expect(world.tasks).toHaveLength(1);
  });
});

describe("a trial", () => {
  test.each([
    ["that goes well", 0, []],
    ["that fails", 1, ["a secret was not rotated: the container rotate ended with exit code 1"]],
  ])("%s is testSecret alone, and leaves no version", async (_what, exitCode, warnings) => {
    await using world = await new RotationWorld({ run: { ...RUN, step: "testSecret", trial: true } }).start();
    await world.end(exitCode);
    expect(world.steps).toEqual(["testSecret"]);
    expect(world.stages()).toEqual({ old: ["AWSCURRENT"] });
    expect(world.secret.rotation?.lastRotatedAt).toBeUndefined();
    expect(world.warnings).toEqual(warnings);
  });
});

test("a window whose hours went by is not made up for", async () => {
  const rules = { scheduleExpression: "cron(0 2 * * ? *)", duration: "2h" };
  await using world = await new RotationWorld({
    rules,
    window: { start: Date.parse("2025-03-03T02:00:00Z"), end: Date.parse("2025-03-03T04:00:00Z") },
  }).start();
  expect(world.tasks).toEqual([]);
  expect(new Date(world.secret.rotation?.window?.start ?? 0).toISOString()).toBe("2025-03-04T02:00:00.000Z");
});

test("tags of the function say where its tasks run", async () => {
  const world = new RotationWorld({ run: RUN });
  const { state } = world;
  const other = CLUSTER.replace("default", "jobs");
  state.commit(() => {
    const cluster = state.table(clusters).get(CLUSTER);
    if (cluster) state.table(clusters).put({ ...cluster, arn: other, name: "jobs" });
    state.table(taskDefinitions).update(FUNCTION, (definition) => ({
      ...definition,
      tags: [
        { key: "airfield:rotation-cluster", value: "jobs" },
        { key: "airfield:rotation-subnets", value: "subnet-1 subnet-2" },
        { key: "airfield:rotation-security-groups", value: "sg-1" },
      ],
    }));
  });
  await using started = await world.start();
  expect(started.tasks[0]).toMatchObject({
    clusterArn: other,
    networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-1", "subnet-2"], securityGroups: ["sg-1"] } },
  });
});
