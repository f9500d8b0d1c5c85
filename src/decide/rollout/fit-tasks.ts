import { chooseToRemove, subnetForNext, type Removable } from "../placement/spread.ts";
import { restartAllowedAt } from "../throttle/restart-throttle.ts";
import { boundsOf } from "./bounds.ts";
import { isLive, primaryOf, takesRoom, changeDeployment, type Draft } from "./draft.ts";
import type { JudgedTask } from "./judgements.ts";
import * as events from "./events.ts";
import { MOST_STEPS } from "./plan.ts";
import { stopTasks } from "./stop-tasks.ts";
import type { DeploymentView } from "./view.ts";

/**
 * Starts and stops tasks so that the service gets nearer to `desiredCount` healthy tasks of its PRIMARY deployment.
 *
 * - Each place among the desired count is held by a healthy task of the PRIMARY, or, until there is one, by an old task: first those of
 *   the last COMPLETED deployment (the baseline), which are replaced in kind when they end, then those of deployments that were
 *   superseded or failed, if they run and fail no check: one that was not judged yet may serve already. Every other old task is surplus.
 * - Tasks start as far as the maximum has room. Where it has none, old tasks make room: those that are not well first, then healthy
 *   ones as far as the minimum allows.
 * - A task that fails its health checks goes once its replacement was started, if enough healthy ones remain; else once its
 *   replacement is judged. Where the maximum has no room for a replacement, one at a time goes first.
 *
 * Source: Amazon ECS API, `DeploymentConfiguration`; Developer Guide, "Amazon ECS services"; the announcement of November 2025, "Amazon
 * ECS improves Service Availability during Rolling deployments".
 */
export function fitTasks(draft: Draft): void {
  const { desired, minimum, maximum } = boundsOf(draft.service);
  const primary = primaryOf(draft);
  const baseline = draft.deployments.findLast(({ status, rolloutState }) => status === "ACTIVE" && rolloutState === "COMPLETED");
  const stops = new Set<JudgedTask>();

  // What there is.
  const { unhealthy, well, oldUnhealthy, oldWell, surplus, leavers } = sortOut(draft, primary, baseline);
  const useful = keep(draft, well, desired, stops);
  const healthy = howMany(useful, isHealthy);

  // Old tasks that hold a place; all others are surplus.
  const heldByOld = desired - healthy;
  const oldUseful = keep(draft, oldWell, heldByOld, stops, (judged) => worthOfOld(judged, baseline));
  for (const judged of surplus) stops.add(judged);
  let healthyLeft = healthy + howMany(oldUseful, isHealthy);

  // Starts.
  const taken = well.length + unhealthy.length + oldWell.length + oldUnhealthy.length + surplus.length + leavers;
  const leaving = () => leavers + stops.size;
  const room = Math.max(0, maximum - taken);
  const wanted = primary.rolloutState === "FAILED" ? 0 : allowed(draft, primary, desired - useful.length);
  const wantedOld = baseline ? allowed(draft, baseline, heldByOld - oldUseful.length) : 0;
  // Below the minimum the baseline goes first, but only while the PRIMARY has a task on its way: what replaces a baseline that no longer
  // works must not be starved by its restarts.
  const isUnderWay = useful.some(not(isHealthy));
  const oldFirst = healthyLeft < minimum && isUnderWay && baseline !== undefined && isSound(baseline) && oldUnhealthy.length === 0;
  const startOld = Math.min(wantedOld, oldFirst ? room : Math.max(0, room - wanted));
  const start = Math.min(wanted, room - startOld);

  // Room for what could not be started.
  const shortOfRoom = () => wanted + startOld - (maximum - taken + leaving());
  if (start < wanted) {
    stopUpTo(draft, oldUnhealthy, shortOfRoom(), stops);
    const unjudged = oldUseful.filter((judged) => !isHealthy(judged) && judged.task.deploymentId !== baseline?.id);
    stopUpTo(draft, unjudged, shortOfRoom() - unhealthy.length, stops);
    const short = shortOfRoom() - unhealthy.length;
    if (healthyLeft >= minimum) {
      const starting = oldUseful.filter(not(isHealthy));
      stopUpTo(draft, starting, short, stops);
      const spare = Math.min(shortOfRoom() - unhealthy.length, healthyLeft - minimum);
      const spared = stopUpTo(draft, oldUseful.filter(isHealthy), spare, stops, (judged) => worthOfOld(judged, baseline));
      healthyLeft -= spared;
    }
  }

  // Tasks that fail their health checks.
  const enough = healthyLeft >= minimum;
  const awaited = primary.rolloutState === "FAILED" ? 0 : enough ? desired - useful.length - start : desired - healthyLeft;
  stopUpTo(draft, unhealthy, unhealthy.length - Math.max(0, awaited), stops, oldestFirst);
  const oldLeft = oldUseful.filter((judged) => !stops.has(judged));
  const oldAwaited = enough ? heldByOld - oldLeft.length - startOld : heldByOld - howMany(oldLeft, isHealthy);
  const oldFailing = oldUnhealthy.filter((judged) => !stops.has(judged));
  stopUpTo(draft, oldFailing, oldFailing.length - Math.max(0, oldAwaited), stops, oldestFirst);
  if (leaving() === 0) {
    if (start < wanted) stopUpTo(draft, unhealthy, 1, stops, oldestFirst);
    else if (startOld < wantedOld) stopUpTo(draft, oldFailing, 1, stops, oldestFirst);
  }

  if (wanted > 0 && start + startOld === 0 && leaving() === 0 && draft.tasks.every((judged) => !isLive(judged) || isHealthy(judged)))
    draft.tellable.set("stuck", events.unableToProgress(draft.service.name));
  // The rest is for the next plan: starts have room without the stops, and what stops may stop by itself.
  const startNow = Math.min(start, MOST_STEPS);
  startTasks(draft, primary, startNow, unhealthy.length, stops);
  if (baseline) startTasks(draft, baseline, Math.min(startOld, MOST_STEPS - startNow), oldUnhealthy.length, stops);
  if (stops.size > 0) stopTasks(draft, draft.tasks.filter((judged) => stops.has(judged)).slice(0, MOST_STEPS), primary.id);
  countDesired(draft, primary, desired);
}

/** The live tasks of the PRIMARY, and old ones: those of the baseline or that may serve beside it, and those that are surplus at once. */
interface SortedOut {
  readonly well: readonly JudgedTask[];
  readonly unhealthy: readonly JudgedTask[];
  readonly oldWell: readonly JudgedTask[];
  readonly oldUnhealthy: readonly JudgedTask[];
  readonly surplus: readonly JudgedTask[];
  /** How many more take up room, though they leave. */
  readonly leavers: number;
}

/** Looks once at each task: services have thousands. */
function sortOut(draft: Draft, primary: DeploymentView, baseline: DeploymentView | undefined): SortedOut {
  const ofPrimary = { well: [] as JudgedTask[], failing: [] as JudgedTask[] };
  const ofBaseline = { well: [] as JudgedTask[], failing: [] as JudgedTask[] };
  const ofOthers = { serving: [] as JudgedTask[], surplus: [] as JudgedTask[] };
  let leavers = 0;
  for (const [id, tasks] of draft.byDeployment) {
    const own = id === primary.id ? ofPrimary : id === baseline?.id ? ofBaseline : undefined;
    for (const judged of tasks) {
      if (!isLive(judged)) leavers += takesRoom(judged) ? 1 : 0;
      else if (own) own[isUnhealthy(judged) ? "failing" : "well"].push(judged);
      else ofOthers[mayServe(judged) ? "serving" : "surplus"].push(judged);
    }
  }
  return {
    well: ofPrimary.well,
    unhealthy: ofPrimary.failing,
    oldWell: [...ofBaseline.well, ...ofOthers.serving],
    oldUnhealthy: ofBaseline.failing,
    surplus: ofOthers.surplus,
    leavers,
  };
}

function howMany(tasks: readonly JudgedTask[], is: (judged: JudgedTask) => boolean): number {
  let found = 0;
  for (const judged of tasks) if (is(judged)) found += 1;
  return found;
}

const isHealthy = ({ condition }: JudgedTask): boolean => condition.is === "healthy";
const isUnhealthy = ({ condition }: JudgedTask): boolean => condition.is === "unhealthy";
/** Healthy, or running and not judged yet: requests may be on their way to it. */
const mayServe = ({ condition, task }: JudgedTask): boolean =>
  condition.is === "healthy" || (condition.is === "starting" && task.lastStatus === "RUNNING");
const not = (predicate: (judged: JudgedTask) => boolean) => (judged: JudgedTask) => !predicate(judged);
const byHealth = (judged: JudgedTask): number => (isHealthy(judged) ? 1 : 0);
const oldestFirst = ({ task }: JudgedTask): number => task.createdAt;
const isSound = ({ restarts }: DeploymentView): boolean => restarts.failedStarts === 0 && restarts.crashes === 0;

/** Of the old tasks, healthy ones of the baseline are worth most, then healthy ones of others, then those on their way up. */
function worthOfOld(judged: JudgedTask, baseline: DeploymentView | undefined): number {
  return isHealthy(judged) ? (judged.task.deploymentId === baseline?.id ? 2 : 1) : 0;
}

/** Keeps the best `count` of the tasks, and stops the others. */
function keep(
  draft: Draft,
  tasks: readonly JudgedTask[],
  count: number,
  stops: Set<JudgedTask>,
  worth: (judged: JudgedTask) => number = byHealth,
): readonly JudgedTask[] {
  stopUpTo(draft, tasks, tasks.length - count, stops, worth);
  return stops.size === 0 ? tasks : tasks.filter((judged) => !stops.has(judged));
}

/** Stops the `count` tasks of least worth among those that still stay; tells how many that were. */
function stopUpTo(
  draft: Draft,
  tasks: readonly JudgedTask[],
  count: number,
  stops: Set<JudgedTask>,
  worth: (judged: JudgedTask) => number = byHealth,
): number {
  if (count <= 0) return 0;
  const zones = new Map(draft.service.subnets.map((subnet) => [subnet.subnetId, subnet.zone]));
  const removable = tasks
    .filter((judged) => !stops.has(judged))
    .map((judged): Removable & { judged: JudgedTask } => ({
      arn: judged.task.arn,
      createdAt: judged.task.createdAt,
      zone: zones.get(judged.task.subnetId ?? "") ?? "",
      worth: worth(judged),
      judged,
    }));
  const chosen = chooseToRemove(removable, count);
  for (const { judged } of chosen) stops.add(judged);
  return chosen.length;
}

/** How many of the wanted tasks may be started now: none while restarts are throttled. */
function allowed(draft: Draft, deployment: DeploymentView, wanted: number): number {
  if (wanted <= 0) return 0;
  const at = restartAllowedAt(deployment.restarts);
  if (draft.now >= at) return wanted;
  draft.wakes.push(at);
  return 0;
}

function startTasks(draft: Draft, { id }: DeploymentView, count: number, unhealthy: number, stops: ReadonlySet<JudgedTask>): void {
  if (count <= 0) return;
  const subnets = new Map(draft.service.subnets.map((subnet) => [subnet.subnetId, { ...subnet, own: 0, all: 0 }]));
  const occupy = (subnetId: string | undefined, deploymentId: string): void => {
    const subnet = subnets.get(subnetId ?? "");
    if (!subnet) return;
    subnet.all += 1;
    if (deploymentId === id) subnet.own += 1;
  };
  for (const judged of draft.tasks) if (isLive(judged) && !stops.has(judged)) occupy(judged.task.subnetId, judged.task.deploymentId);
  for (let started = 0; started < count; started += 1) {
    const subnetId = subnetForNext([...subnets.values()]);
    occupy(subnetId, id);
    const hint = subnetId === undefined ? {} : { subnetId };
    draft.starts.push({ kind: "start-task", deploymentId: id, ...hint, replacesUnhealthy: started < unhealthy });
  }
}

/** What `DescribeServices` shows as the desired count of each deployment: an old one's are the tasks that it is left with. */
function countDesired(draft: Draft, primary: DeploymentView, desired: number): void {
  const stopped = new Set(draft.stops.map(({ taskArn }) => taskArn));
  for (const { id } of draft.deployments) {
    if (id === primary.id) {
      changeDeployment(draft, id, { desiredCount: desired });
      continue;
    }
    const kept = howMany(draft.byDeployment.get(id) ?? [], (judged) => isLive(judged) && !stopped.has(judged.task.arn));
    const started = draft.starts.filter((step) => step.kind === "start-task" && step.deploymentId === id).length;
    changeDeployment(draft, id, { desiredCount: kept + started });
  }
}
