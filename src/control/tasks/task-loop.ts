import { isBefore, mayMove, type StopCode, type TaskStatus } from "../../domain/task-status.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Ids } from "../../ports/ids.ts";
import type { Logger } from "../../ports/logger.ts";
import type { TaskObservation, TaskRunner } from "../../ports/task-runner.ts";
import { taskDefinitions, tasks, type TaskRecord } from "../../state/ecs.ts";
import { connectServers } from "../../state/ecs-connect.ts";
import { targetKey, targets } from "../../state/elb.ts";
import { NoPublicAddressError, releasePublicAddresses } from "../../state/public-addresses.ts";
import type { WholeState } from "../../state/state.ts";
import { keyedWorker } from "../keyed-worker.ts";
import { tellService } from "../reachability/tell-service.ts";
import { needsNoPull, WaitingForWays, withBarredPulls, type WaysOfTasks } from "../reachability/wait-for-ways.ts";
import { forgetTask, isOffered, offerTask, withdrawTask } from "../service-connect/connect-servers.ts";
import { attachInterface, foreseenPlace, noPublicAddress, withPublicAddress } from "./network-interface.ts";
import { observed } from "./observation.ts";
import { deregisterInstances, hasInstances, registerInstances, tellHealth } from "./instances.ts";
import { retirement } from "./retirement.ts";
import { deregisterTask, isDrained, registerTask } from "./targets.ts";
import type { Resolver } from "./task-resources.ts";
import { taskSpec, vpcNetworkOf, withResolver } from "./task-spec.ts";
import type { NetworkForTask } from "../vpc-networks/network-for-task.ts";

/** Tasks that wait for the disk or the engine together: what one sync sets going at once. */
const AT_ONCE = 64;

export interface TaskLoopParts {
  readonly state: WholeState;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly runner: TaskRunner;
  readonly resolver: Resolver;
  readonly logger: Logger;
  /** Has a VPC's network made before the first task there gets an address. Without it every network is there. */
  readonly networkForTask?: NetworkForTask;
  /** Waits until the packet filter knows an interface, as long as that takes; `undefined` where it does. Never rejects. Without it nothing is filtered. */
  readonly inPlace?: (interfaceId: string) => Promise<void> | undefined;
  /** The address at which a VPC's own resolver answers now. Without it tasks ask whom the engine asks. */
  readonly resolverIn?: (vpcId: string) => string | undefined;
  /** Whether Fargate's tasks have a way to what they need. Without it all have. */
  readonly ways?: WaysOfTasks;
  /** Has a task wait until what it is to find by Service Connect is there, and what it is not to find is not; never rejects. Without it no task waits. */
  readonly connectReady?: (task: TaskRecord) => Promise<{ readonly failure: string } | undefined> | undefined;
}

/**
 * Runs the tasks of the records. Resolves when what the engine still had from before was adopted; then works until disposed of,
 * which leaves every container as it is.
 *
 * No row of the table of loops: nothing may happen to a task before the engine has told what it still has, and `--stop-tasks` needs this one when all others have stopped.
 */
export async function taskLoop({
  inPlace,
  state,
  clock,
  ids,
  runner,
  resolver,
  logger,
  networkForTask,
  ways,
  connectReady,
  resolverIn = () => undefined,
}: TaskLoopParts): Promise<AsyncDisposable> {
  const table = state.table(tasks);
  /** Tasks that the runner knows of. */
  const delivered = new Set<string>();
  const lastObservation = new Map<string, TaskObservation>();
  /** Tasks that wait for Service Connect, and why those cannot start that waited in vain. */
  const awaiting = new Set<string>();
  const unready = new Map<string, string>();
  const lastAddress = new Map<string, string>();
  const waiting = new WaitingForWays();
  const worker = keyedWorker("tasks", step, clock, logger, { atOnce: AT_ONCE });
  /** Until then, whether a task has containers is not known, and nothing is decided on it. */
  let adopted = false;

  function wake(arn: string): void {
    if (adopted) worker.wake(arn);
  }

  function observe(observation: TaskObservation): void {
    lastObservation.set(observation.taskArn, observation);
    state.record(() => table.update(observation.taskArn, (task) => observed(task, observation)));
    wake(observation.taskArn);
  }

  async function step(arn: string): Promise<void> {
    const task = table.get(arn);
    if (!task || task.lastStatus === "STOPPED") return abandon(arn);
    if (task.desiredStatus === "STOPPED") return end(task);
    if (task.lastStatus === "PROVISIONING") return provision(task);
    if (task.lastStatus === "PENDING" && !delivered.has(arn)) return deliver(arn);
    if (isBefore(task.lastStatus, "RUNNING") && lastObservation.get(arn)?.phase === "running") activate(task);
    if (task.lastStatus === "RUNNING") tellHealth(state, task);
  }

  function provision(task: TaskRecord): Promise<void> {
    if (task.networkMode !== "awsvpc") {
      state.commit(() => moveTo(task, "PENDING"));
      return deliver(task.arn);
    }
    const making = networkForTask?.(task);
    if (making) return networkMade(task.arn, making);
    const attached = attachInterface(state, ids, task, lastAddress);
    if ("failure" in attached) {
      failToStart(task.arn, attached.failure);
      return Promise.resolve();
    }
    try {
      state.commit(() => {
        const networkInterface = withPublicAddress(state, ids, task, attached);
        moveTo(task, "PENDING", { networkInterface, availabilityZone: attached.availabilityZone });
      });
    } catch (cause) {
      if (!(cause instanceof NoPublicAddressError)) throw cause;
      failToStart(task.arn, noPublicAddress(cause));
      return Promise.resolve();
    }
    return deliver(task.arn);
  }

  /** The task is looked at anew then: it may have been stopped meanwhile. */
  async function networkMade(arn: string, making: NonNullable<ReturnType<NetworkForTask>>): Promise<void> {
    const failed = await making;
    if (failed) failToStart(arn, failed.failure);
    worker.wake(arn);
  }

  async function deliver(arn: string): Promise<void> {
    if (resolver.ready) await resolver.ready();
    const task = table.get(arn);
    if (task?.desiredStatus !== "RUNNING") return worker.wake(arn);
    const refusal = unready.get(arn);
    if (refusal !== undefined) return failToStart(arn, refusal);
    if (awaitsConnect(task)) return;
    const definition = state.table(taskDefinitions).get(task.taskDefinitionArn);
    if (!definition) return failToStart(arn, `The task definition ${task.taskDefinitionArn} is gone.`);
    const barred = ways?.barred(task);
    if (ways && barred && !(await needsNoPull(barred, (image) => runner.isMadeHere(image)))) {
      // It may have been stopped meanwhile.
      if (table.get(arn)?.desiredStatus !== "RUNNING") return worker.wake(arn);
      if (barred.obstruction && !waiting.has(arn)) tellService(state, task, barred.obstruction, ids, clock.now());
      const until = waiting.until(task, barred, clock.now(), ways.patience);
      // A way that opens meanwhile wakes it.
      if (clock.now() < until) return worker.wakeAt(arn, until);
      if (barred.failure !== undefined) return failToStart(arn, barred.failure);
    }
    waiting.end(arn);
    const spec = taskSpec(task, definition, resolver);
    if ("failure" in spec) return failToStart(arn, spec.failure);
    // A container whose task would be forgotten by a crash belongs to nobody: the record first.
    await state.durable();
    if (table.get(arn)?.desiredStatus !== "RUNNING") return worker.wake(arn);
    delivered.add(arn);
    // A task that is running is known to the packet filter: nothing of it is let through before. What it runs in is made meanwhile.
    const admitted = task.networkInterface && inPlace?.(task.networkInterface.networkInterfaceId);
    runner.start(withBarredPulls({ ...spec, network: withResolver(spec.network, task, resolverIn) }, barred), admitted);
  }

  /** Whether a task waits for Service Connect: meanwhile others start, and it is woken when that is over. */
  function awaitsConnect(task: TaskRecord): boolean {
    const { arn } = task;
    if (awaiting.has(arn)) return true;
    const ready = connectReady?.(task);
    if (!ready) return false;
    awaiting.add(arn);
    void ready.then((outcome) => {
      awaiting.delete(arn);
      if (outcome) unready.set(arn, outcome.failure);
      worker.wake(arn);
    });
    return true;
  }

  function activate(task: TaskRecord): void {
    state.commit(() => {
      const activating = task.lastStatus === "ACTIVATING" ? task : moveTo(task, "ACTIVATING");
      registerInstances(state, activating);
      offerTask(state, activating);
      moveTo(registerTask(state, activating, ids, clock.now()), "RUNNING");
    });
    foresee(task);
  }

  /** Told when the engine has time: the task is up. */
  function foresee(task: TaskRecord): void {
    const place = foreseenPlace(state, task, lastAddress);
    if (place && task.networkInterface) runner.foresee(task.networkInterface.subnetId, withResolver(vpcNetworkOf(place), task, resolverIn));
  }

  async function end(task: TaskRecord): Promise<void> {
    const phase = lastObservation.get(task.arn)?.phase;
    if (!isKnownToRunner(task.arn) || phase === "stopped") return finish(task);
    const leaving = deactivate(task);
    // Drain, then SIGTERM: the proxy sends nothing new by the time the containers hear of it. A task that already ended need not wait.
    if (leaving.executionStoppedAt === undefined && (!isDrained(state, leaving) || isOffered(state, leaving))) return;
    if (isBefore(leaving.lastStatus, "STOPPING"))
      state.commit(() => moveTo(leaving, "STOPPING", { stoppingAt: leaving.stoppingAt ?? clock.now() }));
    await state.durable();
    runner.stop(task.arn);
  }

  function deactivate(task: TaskRecord): TaskRecord {
    const isNowhere = task.targets.length === 0 && !hasInstances(state, task) && !isOffered(state, task);
    if (!isBefore(task.lastStatus, "DEACTIVATING") || isNowhere) return task;
    return state.commit(() => {
      deregisterInstances(state, task);
      withdrawTask(state, task, clock.now());
      deregisterTask(state, task, ids, clock.now());
      return moveTo(task, "DEACTIVATING");
    });
  }

  /** Handed over by us, or by a control plane before us. */
  function isKnownToRunner(arn: string): boolean {
    return delivered.has(arn) || lastObservation.has(arn);
  }

  /** The containers are at rest: what the task held is given back before it counts as stopped. */
  async function finish(task: TaskRecord): Promise<void> {
    const { arn } = task;
    state.commit(() => {
      deregisterInstances(state, task);
      forgetTask(state, task);
      deregisterTask(state, task, ids, clock.now());
      if (isBefore(task.lastStatus, "DEPROVISIONING")) moveTo(task, "DEPROVISIONING", { stoppingAt: task.stoppingAt ?? clock.now() });
    });
    if (isKnownToRunner(arn)) {
      await state.durable();
      await runner.forget(arn);
      delivered.delete(arn);
    }
    const last = table.get(arn);
    if (last && last.lastStatus !== "STOPPED") stopped(last);
    lastObservation.delete(arn);
    waiting.end(arn);
  }

  function stopped(task: TaskRecord): void {
    unready.delete(task.arn);
    const now = clock.now();
    const containers = task.containers.map((container) => ({ ...container, lastStatus: "STOPPED" as const }));
    const executionStoppedAt = task.startedAt === undefined ? {} : { executionStoppedAt: task.executionStoppedAt ?? now };
    // It lies there for an hour: without what only a task that lives has.
    state.commit(() => {
      releasePublicAddresses(state, task.arn);
      moveTo(task, "STOPPED", { containers, endpoints: [], targets: [], ...executionStoppedAt, stoppedAt: now });
    });
  }

  /** Ends containers of a task that no record knows, or that is over. */
  async function abandon(arn: string): Promise<void> {
    const phase = lastObservation.get(arn)?.phase;
    if (phase === undefined) return;
    if (phase !== "stopped") return runner.stop(arn);
    await runner.forget(arn);
    lastObservation.delete(arn);
  }

  /** A task that was told to stop meanwhile keeps the reason that it was told. */
  function failToStart(arn: string, reason: string): void {
    const stopCode: StopCode = "TaskFailedToStart";
    state.commit(() =>
      table.update(arn, (task) =>
        task.desiredStatus === "STOPPED" ? task : { ...task, desiredStatus: "STOPPED", stopCode, stoppedReason: reason },
      ),
    );
  }

  /** @throws StaleRecordError where the task is not as it was read any more */
  function moveTo(task: TaskRecord, lastStatus: TaskStatus, changes: Partial<TaskRecord> = {}): TaskRecord {
    if (!mayMove(task.lastStatus, lastStatus)) throw new Error(`${task.arn} may not go from ${task.lastStatus} to ${lastStatus}`);
    return table.replace(task, { ...task, ...changes, lastStatus, version: task.version + 1 });
  }

  /** Sets the records beside what the engine still has: nothing that runs is started again. Costs nothing for tasks that had stopped. */
  function recover(found: readonly TaskObservation[]): void {
    adopted = true;
    const known = new Map(found.map((observation) => [observation.taskArn, observation]));
    // What was only being created needs its specification again; the runner goes on from what exists.
    for (const { taskArn, phase } of found) if (phase !== "pulling" && phase !== "creating" && table.has(taskArn)) delivered.add(taskArn);
    const live = table.by("live", "live");
    for (const task of live)
      if (!known.has(task.arn) && !isBefore(task.lastStatus, "ACTIVATING"))
        state.record(() => table.replace(task, lost(task, clock.now())));
    // Each wakes its task, also one that stopped or that no record knows.
    for (const observation of found) observe(observation);
    for (const task of live) worker.wake(task.arn);
  }

  const retiring = retirement(
    state,
    clock,
    [...table.values()].filter(({ lastStatus }) => lastStatus === "STOPPED"),
  );
  const subscriptions = [
    retiring,
    ...(ways ? [ways.watch((vpcId) => waiting.in(vpcId).forEach(wake))] : []),
    runner.onChange(observe),
    state.watch(tasks, ({ key, before, after }) => {
      wake(key);
      if (after?.lastStatus === "STOPPED" && before?.lastStatus !== "STOPPED") retiring.add(after);
    }),
    state.watch(connectServers, ({ after, before }) => {
      if (!after && before) wake(before.taskArn);
    }),
    state.watch(targets, ({ after, before }) => {
      // Only a target that is gone lets a task go on.
      if (after || !before) return;
      for (const task of table.by("target", targetKey(before.targetGroupArn, before.id, before.port))) wake(task.arn);
    }),
  ];
  recover(await runner.adopt());
  return {
    async [Symbol.asyncDispose]() {
      for (const subscription of subscriptions) subscription[Symbol.dispose]();
      await worker[Symbol.asyncDispose]();
    },
  };
}

/** A task that was running and whose containers the engine no longer has. It is never started again: its service replaces it. */
function lost(task: TaskRecord, now: number): TaskRecord {
  if (task.desiredStatus === "STOPPED") return task;
  return {
    ...task,
    desiredStatus: "STOPPED",
    stopCode: "EssentialContainerExited",
    stoppedReason: "Essential container in task exited",
    executionStoppedAt: task.executionStoppedAt ?? now,
    containers: task.containers.map((container) => ({
      ...container,
      lastStatus: "STOPPED",
      reason: container.reason ?? "The container is gone from the engine.",
    })),
  };
}
