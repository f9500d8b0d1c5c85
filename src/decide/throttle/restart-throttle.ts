/** What restart throttling remembers of a deployment. */
export interface RestartState {
  /** Rounds of starts in a row in which a task did not come to RUNNING. */
  readonly failedStarts: number;
  /** Rounds in a row in which a task came to RUNNING, and ended by itself before it was healthy. */
  readonly crashes: number;
  /** When the last round of either kind was seen to fail, in milliseconds since the Unix epoch; 0 where none was. */
  readonly lastFailureAt: number;
}

export const NO_FAILURES: RestartState = { failedStarts: 0, crashes: 0, lastFailureAt: 0 };

/** The longest wait between starts. Source: Amazon ECS Developer Guide, "Amazon ECS service throttle logic". */
export const LONGEST_START_PAUSE = 27 * 60_000;
const FIRST_START_PAUSE = 10_000;

/**
 * AWS does not throttle tasks that came to RUNNING and then ended, but it needs tens of seconds to bring one up, which paces a crash
 * loop by itself. A task starts within a fraction of a second here, so a crash loop is paced by this much at most.
 */
export const LONGEST_CRASH_PAUSE = 10_000;
const FIRST_CRASH_PAUSE = 1_000;

/**
 * How long to wait after the last failure, in milliseconds. The first restart is immediate, then the pause doubles. AWS gives the
 * longest pause and that it grows step by step, not the steps: those are ours.
 */
export function restartPause(state: RestartState): number {
  return Math.max(
    doubling(state.failedStarts, FIRST_START_PAUSE, LONGEST_START_PAUSE),
    doubling(state.crashes, FIRST_CRASH_PAUSE, LONGEST_CRASH_PAUSE),
  );
}

/** The earliest time at which a task may be started. */
export function restartAllowedAt(state: RestartState): number {
  return state.lastFailureAt + restartPause(state);
}

/** True once starts are throttled because tasks do not come to RUNNING: when AWS says that it is unable to consistently start tasks. */
export function isImpaired(state: RestartState): boolean {
  return state.failedStarts >= 2;
}

/** A task's end that counts against its deployment. */
export interface FailedTask {
  readonly createdAt: number;
  readonly ran: boolean;
}

/**
 * The state after these failures were seen at `now`. Tasks started together that fail together are one round: only a task that was
 * started after the last failure makes the pause longer.
 */
export function afterFailures(state: RestartState, failures: readonly FailedTask[], now: number): RestartState {
  const fresh = failures.filter((task) => task.createdAt >= state.lastFailureAt);
  if (fresh.length === 0) return state;
  return {
    failedStarts: state.failedStarts + (fresh.some((task) => !task.ran) ? 1 : 0),
    crashes: state.crashes + (fresh.some((task) => task.ran) ? 1 : 0),
    lastFailureAt: now,
  };
}

/** The state after a task came to RUNNING at `startedAt`: only one that did so after the last failure tells that starts work again. */
export function afterStart(state: RestartState, startedAt: number): RestartState {
  return state.failedStarts > 0 && startedAt > state.lastFailureAt ? { ...state, failedStarts: 0 } : state;
}

/** The state after a task became healthy, or the deployment was chosen anew: no pause, and what was counted stays counted. */
export function afterRecovery(state: RestartState): RestartState {
  return { ...NO_FAILURES, lastFailureAt: state.lastFailureAt };
}

function doubling(rounds: number, first: number, longest: number): number {
  return rounds < 2 ? 0 : Math.min(longest, first * 2 ** Math.min(rounds - 2, 32));
}
