import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { ContainerSpec, RunnerPhase, TaskNetwork, TaskObservation, TaskRunner, TaskSpec } from "../ports/task-runner.ts";
import { PLAIN_CONTAINER } from "./container-spec.ts";

/** What a container does, in terms that a fake and a real engine can both play. */
export interface Program {
  readonly prints?: readonly string[];
  /** Prints, then exits with this code. Absent: runs until SIGTERM, and then exits with 0. */
  readonly exits?: number;
  /** Does not hear SIGTERM. */
  readonly stubborn?: boolean;
  /** Its health check passes from the start; absent: it has none. */
  readonly healthy?: boolean;
  readonly image?: "missing";
  readonly executable?: "missing";
}

/** An engine of its own for one test, with a runner on it. */
export interface TaskRunnerWorld extends AsyncDisposable {
  /** Of the runner that lives now. */
  readonly runner: () => TaskRunner;
  /** The parts of a container's specification that make it do this. */
  program(program: Program): Partial<ContainerSpec> & Pick<ContainerSpec, "image" | "pullReference">;
  /** A network for one more task. */
  network(): TaskNetwork;
  id(): string;
  /** What the sink has stored. */
  lines(stream: string): readonly string[];
  /** Whether the sink was told that a container writes to it. */
  begun(stream: string): boolean;
  /** Drops the runner as `kill -9` would, and makes the next one on the same engine. */
  crash(): Promise<TaskRunner>;
  /** Ends a running container behind the runner's back. */
  kill(container: { readonly taskArn: string; readonly name: string; readonly runtimeId: string }): Promise<void>;
}

const PHASES: readonly RunnerPhase[] = ["pulling", "creating", "running", "stopping", "stopped"];

/** Follows one task, and checks the laws that hold for every history. */
export function follow(
  runner: TaskRunner,
  taskArn: string,
): { readonly history: TaskObservation[]; until(phase: RunnerPhase | ((seen: TaskObservation) => boolean)): Promise<TaskObservation> } {
  const history: TaskObservation[] = [];
  const waiting: (() => void)[] = [];
  const broken: string[] = [];
  const subscription = runner.onChange((observation) => {
    if (observation.taskArn !== taskArn) return;
    const last = history.at(-1);
    history.push(observation);
    if (last && PHASES.indexOf(observation.phase) < PHASES.indexOf(last.phase))
      broken.push(`went back from ${last.phase} to ${observation.phase}`);
    if (observation.phase === "stopped" && observation.containers.some(({ status }) => status !== "STOPPED"))
      broken.push("stopped with a container that is not");
    for (const check of waiting.splice(0)) check();
  });
  onTestFinished(() => subscription[Symbol.dispose]());
  return {
    history,
    async until(wanted) {
      const fits = (seen: TaskObservation): boolean => (typeof wanted === "string" ? seen.phase === wanted : wanted(seen));
      for (let from = 0; ;) {
        expect(broken).toEqual([]);
        const found = history.slice(from).find(fits);
        if (found) return found;
        const last = history.at(-1);
        if (last?.phase === "stopped" && typeof wanted === "string")
          throw new Error(`the task stopped and will not be ${wanted}: ${JSON.stringify(last)}`);
        from = history.length;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}

export function taskSpec(
  world: TaskRunnerWorld,
  containers: readonly (Partial<ContainerSpec> & Pick<ContainerSpec, "image" | "pullReference">)[],
  task: Partial<TaskSpec> = {},
): TaskSpec {
  const taskId = world.id();
  return {
    taskArn: `arn:aws:ecs:us-east-1:123456789012:task/contract/${taskId}`,
    taskId,
    clusterName: "contract",
    family: "contract",
    revision: 1,
    network: world.network(),
    volumes: [],
    ...task,
    containers: containers.map((container, at) => ({
      name: at === 0 ? "app" : `c${at}`,
      ...PLAIN_CONTAINER,
      stopTimeout: 10,
      ...container,
    })),
  };
}

/** The contract of `TaskRunner`: every driver and the fake pass it. */
export function taskRunnerContract(name: string, makeWorld: () => Promise<TaskRunnerWorld>): void {
  const inWorld = async (): Promise<TaskRunnerWorld> => {
    const world = await makeWorld();
    onTestFinished(() => world[Symbol.asyncDispose]());
    return world;
  };
  const log = (stream: string): Pick<ContainerSpec, "log"> => ({
    log: { account: "123456789012", region: "us-east-1", group: "contract", stream },
  });
  const container = (seen: TaskObservation, wanted: string): TaskObservation["containers"][number] =>
    seen.containers.find((one) => one.name === wanted)!;

  describe(`${name}: the contract of TaskRunner`, () => {
    test("a task runs, tells where it is reached, and stops when told to", async () => {
      const world = await inWorld();
      const up = { ...world.program({ prints: ["up"] }), ...log("up") };
      const spec = taskSpec(world, [{ ...up, portMappings: [{ containerPort: 80, protocol: "tcp" }] }]);
      const task = follow(world.runner(), spec.taskArn);
      world.runner().start(spec);
      const running = await task.until("running");
      expect(running.containers).toMatchObject([{ name: "app", status: "RUNNING", health: "UNKNOWN" }]);
      expect(running.containers[0]?.runtimeId).toMatch(/^[0-9a-f]{64}$/);
      expect(running.startedAt).toBeTypeOf("number");
      expect(running.pullStoppedAt).toBeGreaterThanOrEqual(running.pullStartedAt!);
      expect(running.endpoints).toMatchObject([{ containerName: "app", containerPort: 80 }]);
      // A program that was started has not come yet to where it listens to signals.
      await expect.poll(() => world.lines("up"), { timeout: 30_000 }).toEqual(["up"]);
      world.runner().stop(spec.taskArn);
      const stopped = await task.until("stopped");
      expect(stopped.containers).toMatchObject([{ status: "STOPPED", exitCode: 0 }]);
      expect(stopped.stop).toBeUndefined();
      expect(stopped.endpoints).toEqual([]);
    });

    test("an essential container that exits stops the task, and all that it printed comes first", async () => {
      const world = await inWorld();
      const spec = taskSpec(world, [
        { ...world.program({ prints: ["one", "two"], exits: 3 }), ...log("exits") },
        { ...world.program({}), ...log("other") },
      ]);
      const task = follow(world.runner(), spec.taskArn);
      world.runner().start(spec);
      const stopped = await task.until("stopped");
      expect(world.lines("exits")).toEqual(["one", "two"]);
      expect(stopped.stop).toEqual({ code: "EssentialContainerExited", reason: "Essential container in task exited" });
      expect(container(stopped, "app").exitCode).toBe(3);
      expect(stopped.executionStoppedAt).toBeTypeOf("number");
    });

    test("a log begins with its container, also where nothing is printed, and not where there is no image", async () => {
      const world = await inWorld();
      const spec = taskSpec(world, [{ ...world.program({}), ...log("silent") }]);
      const task = follow(world.runner(), spec.taskArn);
      world.runner().start(spec);
      await task.until("running");
      await vi.waitUntil(() => world.begun("silent"), { timeout: 10_000 });
      const imageless = taskSpec(world, [{ ...world.program({ image: "missing" }), ...log("imageless") }]);
      const failed = follow(world.runner(), imageless.taskArn);
      world.runner().start(imageless);
      await failed.until("stopped");
      expect(world.begun("imageless")).toBe(false);
    });

    test("a container that is not essential may exit", async () => {
      const world = await inWorld();
      const spec = taskSpec(world, [world.program({}), { ...world.program({ exits: 5 }), essential: false }]);
      const task = follow(world.runner(), spec.taskArn);
      world.runner().start(spec);
      const seen = await task.until((one) => one.phase === "running" && container(one, "c1").status === "STOPPED");
      expect(container(seen, "c1").exitCode).toBe(5);
      expect(container(seen, "app").status).toBe("RUNNING");
    });

    test("SIGKILL ends what does not hear SIGTERM, after stopTimeout", async () => {
      const world = await inWorld();
      const spec = taskSpec(world, [{ ...world.program({ stubborn: true }), stopTimeout: 1 }]);
      const task = follow(world.runner(), spec.taskArn);
      world.runner().start(spec);
      await task.until("running");
      world.runner().stop(spec.taskArn);
      expect((await task.until("stopped")).containers[0]).toMatchObject({ exitCode: 137 });
    });

    test("a task's addresses are those it speaks from, also for a control plane that adopts it, and none once it has stopped", async () => {
      const world = await inWorld();
      const spec = taskSpec(world, [world.program({}), { ...world.program({}), name: "other" }]);
      const task = follow(world.runner(), spec.taskArn);
      expect(await world.runner().addressesOf(spec.taskArn)).toEqual([]);
      world.runner().start(spec);
      await task.until("running");
      const address = spec.network.mode === "awsvpc" ? spec.network.address : "";
      expect(await world.runner().addressesOf(spec.taskArn)).toEqual([address]);
      const next = await world.crash();
      await next.adopt();
      expect(await next.addressesOf(spec.taskArn)).toEqual([address]);
      const adopted = follow(next, spec.taskArn);
      next.stop(spec.taskArn);
      await adopted.until("stopped");
      expect(await next.addressesOf(spec.taskArn)).toEqual([]);
    });

    test.each([
      ["an image that does not exist", { image: "missing" }, {}, /^CannotPullContainerError: Error response from daemon: .+/],
      [
        "an image that was found wanting before",
        {},
        { pullFailure: "CannotPullContainerError: tag not found" },
        /^CannotPullContainerError: tag not found$/,
      ],
      [
        "an executable that does not exist",
        { executable: "missing" },
        {},
        /^CannotStartContainerError: Error response from daemon: .*no such file/s,
      ],
    ] as const)("%s: the task fails to start, and the container says why", async (_, program, extra, reason) => {
      const world = await inWorld();
      for (const launchType of ["EC2", "FARGATE"] as const) {
        const spec = taskSpec(world, [{ ...world.program(program), ...extra }], { launchType });
        const task = follow(world.runner(), spec.taskArn);
        world.runner().start(spec);
        const stopped = await task.until("stopped");
        expect(stopped.containers[0]?.reason).toMatch(reason);
        expect(stopped.stop).toEqual({
          code: "TaskFailedToStart",
          reason: launchType === "EC2" ? "Task failed to start" : stopped.containers[0]?.reason,
        });
        expect(stopped.startedAt).toBeUndefined();
        expect(stopped.executionStoppedAt).toBeTypeOf("number");
      }
    });

    test("dependsOn: a container waits for its dependency's success and health", async () => {
      const world = await inWorld();
      const spec = taskSpec(world, [
        {
          ...world.program({}),
          dependsOn: [
            { containerName: "c1", condition: "SUCCESS" },
            { containerName: "c2", condition: "HEALTHY" },
          ],
        },
        { ...world.program({ exits: 0 }), essential: false },
        world.program({ healthy: true }),
      ]);
      const task = follow(world.runner(), spec.taskArn);
      world.runner().start(spec);
      const running = await task.until("running");
      expect(running.containers).toMatchObject([
        { status: "RUNNING" },
        { status: "STOPPED", exitCode: 0 },
        { status: "RUNNING", health: "HEALTHY" },
      ]);
      expect(
        task.history.filter((seen) => container(seen, "app").status !== "PENDING" && container(seen, "c1").status !== "STOPPED"),
      ).toEqual([]);
      world.runner().stop(spec.taskArn);
      await task.until("stopped");
      // The one that others lean on goes last.
      expect(
        task.history.filter((seen) => container(seen, "c2").status === "STOPPED" && container(seen, "app").status !== "STOPPED"),
      ).toEqual([]);
    });

    test("dependsOn: a dependency that fails keeps the container from starting", async () => {
      const world = await inWorld();
      const spec = taskSpec(world, [
        { ...world.program({}), dependsOn: [{ containerName: "c1", condition: "SUCCESS" }] },
        { ...world.program({ exits: 1 }), essential: false },
      ]);
      const task = follow(world.runner(), spec.taskArn);
      world.runner().start(spec);
      const stopped = await task.until("stopped");
      expect(stopped.stop).toEqual({ code: "TaskFailedToStart", reason: "Task failed to start" });
      expect(container(stopped, "app")).toMatchObject({
        exitCode: 143,
        reason: expect.stringMatching(/^CannotStartContainerError: dependency graph: .*did not exit successfully\.$/),
      });
    });

    test("starting twice starts once; stopping twice stops once; an unknown task is told as stopped", async () => {
      const world = await inWorld();
      const spec = taskSpec(world, [world.program({})]);
      const task = follow(world.runner(), spec.taskArn);
      world.runner().start(spec);
      world.runner().start(spec);
      const running = await task.until("running");
      const before = task.history.length;
      world.runner().start(spec);
      const again = await task.until((seen) => task.history.indexOf(seen) >= before);
      expect(again.containers[0]).toEqual(running.containers[0]);
      world.runner().stop(spec.taskArn);
      world.runner().stop(spec.taskArn);
      await task.until("stopped");
      const unknown = follow(world.runner(), "arn:unknown");
      world.runner().stop("arn:unknown");
      expect(await unknown.until("stopped")).toMatchObject({ taskArn: "arn:unknown", containers: [] });
    });

    test("a task that is stopped before it runs, and one started after it was stopped, never run", async () => {
      const world = await inWorld();
      const spec = taskSpec(world, [world.program({})]);
      const task = follow(world.runner(), spec.taskArn);
      world.runner().start(spec);
      world.runner().stop(spec.taskArn);
      await task.until("stopped");
      const before = task.history.length;
      world.runner().start(spec);
      expect((await task.until((seen) => task.history.indexOf(seen) >= before)).phase).toBe("stopped");
      expect(task.history.some(({ phase }) => phase === "running")).toBe(false);
    });

    test("a task runs nothing before it is admitted, and is no burden to others until then", async () => {
      const world = await inWorld();
      let admit: () => void = () => undefined;
      const admitted = new Promise<void>((resolve) => (admit = resolve));
      const [waiting, given, other] = Array.from({ length: 3 }, () => taskSpec(world, [world.program({})]));
      const tasks = [waiting!, given!, other!].map(({ taskArn }) => follow(world.runner(), taskArn));
      world.runner().start(waiting!, admitted);
      world.runner().start(given!, new Promise<void>(() => undefined));
      world.runner().start(other!);
      await tasks[2]!.until("running");
      world.runner().stop(given!.taskArn);
      const stopped = await tasks[1]!.until("stopped");
      expect([stopped.startedAt, stopped.containers[0]?.exitCode]).toEqual([undefined, undefined]);
      expect(tasks[0]!.history.some(({ phase }) => phase === "running")).toBe(false);
      admit();
      await tasks[0]!.until("running");
    });

    test("the next runner waits until a task is admitted that the one before it had only prepared", async () => {
      const world = await inWorld();
      const [spec, other] = Array.from({ length: 2 }, () => taskSpec(world, [world.program({})]));
      world.runner().start(spec!, new Promise<void>(() => undefined));
      const ahead = follow(world.runner(), other!.taskArn);
      world.runner().start(other!);
      await ahead.until("running");
      const next = await world.crash();
      await next.adopt();
      const task = follow(next, spec!.taskArn);
      let admit: () => void = () => undefined;
      next.start(spec!, new Promise<void>((resolve) => (admit = resolve)));
      const another = taskSpec(world, [world.program({})]);
      const beside = follow(next, another.taskArn);
      next.start(another);
      await beside.until("running");
      expect(task.history.some(({ phase }) => phase === "running")).toBe(false);
      admit();
      await task.until("running");
    });

    test("twenty tasks at once all run, and all stop", { timeout: 120_000 }, async () => {
      const world = await inWorld();
      const specs = Array.from({ length: 20 }, () => taskSpec(world, [world.program({})]));
      const tasks = specs.map(({ taskArn }) => follow(world.runner(), taskArn));
      for (const spec of specs) world.runner().start(spec);
      const running = await Promise.all(tasks.map((task) => task.until("running")));
      expect(new Set(running.map(({ containers }) => containers[0]?.runtimeId)).size).toBe(20);
      for (const spec of specs) world.runner().stop(spec.taskArn);
      await Promise.all(tasks.map((task) => task.until("stopped")));
    });

    test("the next runner adopts what runs, without touching it", async () => {
      const world = await inWorld();
      const spec = taskSpec(world, [{ ...world.program({ prints: ["hello"] }), ...log("adopted") }, world.program({})]);
      const before = follow(world.runner(), spec.taskArn);
      world.runner().start(spec);
      const was = await before.until("running");
      const next = await world.crash();
      const task = follow(next, spec.taskArn);
      const [adopted] = (await next.adopt()).filter(({ taskArn }) => taskArn === spec.taskArn);
      expect(adopted).toMatchObject({ phase: "running", startedAt: expect.any(Number) });
      expect(adopted?.containers).toEqual(was.containers);
      expect(adopted?.endpoints).toEqual(was.endpoints);
      next.start(spec);
      expect((await task.until("running")).containers).toEqual(was.containers);
      next.stop(spec.taskArn);
      expect((await task.until("stopped")).containers[0]).toMatchObject({ exitCode: 0 });
      expect(world.lines("adopted")).toEqual(["hello"]);
    });

    test("the next runner is told what ended meanwhile", async () => {
      const world = await inWorld();
      const spec = taskSpec(world, [world.program({})]);
      const before = follow(world.runner(), spec.taskArn);
      world.runner().start(spec);
      const was = await before.until("running");
      const next = await world.crash();
      await world.kill({ taskArn: spec.taskArn, name: "app", runtimeId: was.containers[0]!.runtimeId! });
      const task = follow(next, spec.taskArn);
      const [adopted] = (await next.adopt()).filter(({ taskArn }) => taskArn === spec.taskArn);
      const stopped = adopted?.phase === "stopped" ? adopted : await task.until("stopped");
      expect(stopped.stop).toEqual({ code: "EssentialContainerExited", reason: "Essential container in task exited" });
      expect(stopped.containers[0]).toMatchObject({ exitCode: 137 });
    });

    test("a task is forgotten, by this runner or the next, and then not adopted any more", async () => {
      const world = await inWorld();
      const spec = taskSpec(world, [world.program({ exits: 0 })]);
      const task = follow(world.runner(), spec.taskArn);
      world.runner().start(spec);
      await task.until("stopped");
      const next = await world.crash();
      await next.forget(spec.taskArn);
      await next.forget(spec.taskArn);
      expect((await next.adopt()).filter(({ taskArn }) => taskArn === spec.taskArn)).toEqual([]);
    });
  });
}
