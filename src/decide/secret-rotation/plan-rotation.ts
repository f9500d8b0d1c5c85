import { nextWindow, parseSchedule, type RotationRules, type RotationWindow } from "./schedule.ts";

// Instants are milliseconds since the Unix epoch.
const MINUTE = 60_000;

/** The steps that a rotation function is called for, in their order. Source: Secrets Manager User Guide, "Rotation functions". */
export const ROTATION_STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
export type RotationStep = (typeof ROTATION_STEPS)[number];

/** How long one step may take: the limit of a Lambda function, which does this on AWS. */
export const STEP_LIMIT_MS = 15 * MINUTE;
/** The pauses before a rotation that failed is tried again from its first step. */
const RETRY_PAUSES_MS = [MINUTE, 5 * MINUTE] as const;

/** A rotation under way. */
export interface RotationRun {
  /** The id of the version that it makes. */
  readonly token: string;
  readonly step: RotationStep;
  /** Whether `testSecret` is all of it: RotateSecret that shall not rotate immediately. */
  readonly trial: boolean;
  /** From 1. */
  readonly attempt: number;
  /** When the step's task was asked for, and which one it is. */
  readonly startedAt?: number;
  readonly taskArn?: string;
  /** An attempt after a failure waits until then. */
  readonly notBefore?: number;
}

export interface RotationView {
  readonly now: number;
  /** Whether the secret waits for its deletion, or is gone. */
  readonly deleted: boolean;
  readonly enabled: boolean;
  readonly rules: RotationRules;
  readonly window?: RotationWindow;
  readonly run?: RotationRun;
  /** The version with AWSPENDING, where AWSCURRENT is not on it too. */
  readonly unfinished?: string;
  readonly current?: string;
  /** The run's task; `lost` where there is no record of it any more. */
  readonly task?: RotationTask | "lost";
}

export interface RotationTask {
  readonly stopped: boolean;
  readonly stoppedReason?: string;
  readonly containers: readonly {
    readonly name: string;
    readonly essential: boolean;
    readonly exitCode?: number;
    readonly reason?: string;
  }[];
}

export type RotationPlan =
  | { readonly kind: "rest" }
  | { readonly kind: "wait"; readonly until: number }
  /** A new rotation; it goes on with the version `token` where an earlier one was not finished. */
  | { readonly kind: "begin"; readonly token?: string }
  /** No rotation now: its window went by. */
  | { readonly kind: "skip" }
  | { readonly kind: "start-task" }
  | { readonly kind: "next-step"; readonly step: RotationStep }
  | { readonly kind: "succeed" }
  | { readonly kind: "fail"; readonly reason: string; readonly retryAt?: number }
  /** The run ends without a word: nobody wants it any more. */
  | { readonly kind: "drop" };

/** What is to be done next for one secret. Equal views give equal plans. */
export function planRotation(view: RotationView): RotationPlan {
  const { run, deleted, enabled } = view;
  if (run) return deleted || !enabled ? { kind: "drop" } : planRun(view, run);
  if (deleted || !enabled || !view.window) return { kind: "rest" };
  return planWindow(view, view.window);
}

function planWindow({ now, rules, unfinished }: RotationView, window: RotationWindow): RotationPlan {
  if (now < window.start) return { kind: "wait", until: window.start };
  // Whoever names the hours of a window wants no rotation at others; whoever names days only wants none left out.
  if (now >= window.end && rules.duration !== undefined) return { kind: "skip" };
  return { kind: "begin", ...(unfinished === undefined ? {} : { token: unfinished }) };
}

function planRun(view: RotationView, run: RotationRun): RotationPlan {
  const { now, task } = view;
  if (run.taskArn === undefined)
    return run.notBefore !== undefined && now < run.notBefore ? { kind: "wait", until: run.notBefore } : { kind: "start-task" };
  if (task === undefined || task === "lost") return failed(view, run, "the task is not known any more");
  if (!task.stopped) {
    const limit = (run.startedAt ?? now) + STEP_LIMIT_MS;
    return now < limit ? { kind: "wait", until: limit } : failed(view, run, `the step took more than ${STEP_LIMIT_MS / MINUTE} minutes`);
  }
  const why = failureOf(task);
  if (why !== undefined) return failed(view, run, why);
  const next = ROTATION_STEPS[ROTATION_STEPS.indexOf(run.step) + 1];
  if (run.trial) return { kind: "succeed" };
  if (next) return { kind: "next-step", step: next };
  if (view.current === run.token) return { kind: "succeed" };
  return failed(view, run, "the function ended well but did not move AWSCURRENT to the new version");
}

/** Why a task that ended did not do its step; nothing where all its containers that matter ended with 0. */
function failureOf({ containers, stoppedReason }: RotationTask): string | undefined {
  const essential = containers.filter((container) => container.essential);
  if (essential.every(({ exitCode }) => exitCode === 0)) return undefined;
  const code = essential.find(({ exitCode }) => exitCode !== undefined && exitCode !== 0);
  if (code) return `the container ${code.name} ended with exit code ${code.exitCode}`;
  return essential.find(({ reason }) => reason !== undefined)?.reason ?? stoppedReason ?? "the task ended before its containers did";
}

/** What an unsuccessful attempt leads to: another one after a pause, until there were enough. */
export function failed(view: Pick<RotationView, "now">, run: RotationRun, reason: string): RotationPlan {
  const pause = run.trial ? undefined : RETRY_PAUSES_MS[run.attempt - 1];
  return { kind: "fail", reason, ...(pause === undefined ? {} : { retryAt: view.now + pause }) };
}

/** When a secret with these rules rotates next; rules that were stored are good ones. */
export function windowAfter(rules: RotationRules, last: number | undefined, now: number): RotationWindow | undefined {
  const parsed = parseSchedule(rules);
  return "refusal" in parsed ? undefined : nextWindow(parsed.schedule, last, now);
}
