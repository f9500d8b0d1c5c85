import { expect, test } from "vitest";
import { planRotation, STEP_LIMIT_MS, type RotationPlan, type RotationRun, type RotationTask, type RotationView } from "./plan-rotation.ts";

const NOW = 1_700_000_000_000;
const MINUTE = 60_000;
const base: RotationView = { now: NOW, deleted: false, enabled: true, rules: { automaticallyAfterDays: 1 } };
const window = (from: number, to: number) => ({ start: NOW + from, end: NOW + to });
const run = (changes: Partial<RotationRun> = {}): RotationRun => ({
  token: "t",
  step: "createSecret",
  trial: false,
  attempt: 1,
  ...changes,
});
const under = (changes: Partial<RotationRun> = {}): RotationRun => run({ taskArn: "task", startedAt: NOW - MINUTE, ...changes });
const ended = (exitCode?: number, more: Partial<RotationTask> = {}): RotationTask => ({
  stopped: true,
  containers: [{ name: "rotate", essential: true, ...(exitCode === undefined ? {} : { exitCode }) }],
  ...more,
});
const going: RotationTask = { ...ended(), stopped: false };

test.each<[string, Partial<RotationView>, RotationPlan]>([
  ["without a schedule nothing happens by itself", {}, { kind: "rest" }],
  ["nothing happens where rotation is off", { enabled: false, window: window(-1, 1) }, { kind: "rest" }],
  ["a deleted secret does not rotate", { deleted: true, window: window(-1, 1) }, { kind: "rest" }],
  ["before its window a secret waits for it", { window: window(MINUTE, 2 * MINUTE) }, { kind: "wait", until: NOW + MINUTE }],
  ["in its window a rotation begins", { window: window(-MINUTE, MINUTE) }, { kind: "begin" }],
  ["it goes on with the version that an earlier one left", { window: window(-1, 1), unfinished: "v" }, { kind: "begin", token: "v" }],
  ["days that were missed are made up for", { window: window(-2 * MINUTE, -MINUTE) }, { kind: "begin" }],
  [
    "hours that were missed are not",
    { window: window(-2 * MINUTE, -MINUTE), rules: { scheduleExpression: "rate(1 day)", duration: "1h" } },
    { kind: "skip" },
  ],
  ["a step begins with its task", { run: run() }, { kind: "start-task" }],
  ["another attempt waits", { run: run({ notBefore: NOW + 1 }) }, { kind: "wait", until: NOW + 1 }],
  ["and then begins", { run: run({ notBefore: NOW }) }, { kind: "start-task" }],
  ["while the task runs there is only its limit", { run: under(), task: going }, { kind: "wait", until: NOW - MINUTE + STEP_LIMIT_MS }],
  ["a step that did well leads to the next one", { run: under(), task: ended(0) }, { kind: "next-step", step: "setSecret" }],
  ["setSecret is followed by testSecret", { run: under({ step: "setSecret" }), task: ended(0) }, { kind: "next-step", step: "testSecret" }],
  [
    "a container that does not matter may end as it likes",
    {
      run: under(),
      task: {
        stopped: true,
        containers: [
          { name: "a", essential: true, exitCode: 0 },
          { name: "b", essential: false, exitCode: 137 },
        ],
      },
    },
    { kind: "next-step", step: "setSecret" },
  ],
  [
    "the last step with AWSCURRENT moved is success",
    { run: under({ step: "finishSecret" }), task: ended(0), current: "t" },
    { kind: "succeed" },
  ],
  [
    "the last step without it is not",
    { run: under({ step: "finishSecret" }), task: ended(0), current: "other" },
    {
      kind: "fail",
      reason: "the function ended well but did not move AWSCURRENT to the new version",
      retryAt: NOW + MINUTE,
    },
  ],
  ["a trial is one step", { run: under({ step: "testSecret", trial: true }), task: ended(0) }, { kind: "succeed" }],
  [
    "a trial that fails is not repeated",
    { run: under({ step: "testSecret", trial: true }), task: ended(1) },
    { kind: "fail", reason: "the container rotate ended with exit code 1" },
  ],
  [
    "an exit code other than 0 is a failure, tried again in a minute",
    { run: under(), task: ended(3) },
    { kind: "fail", reason: "the container rotate ended with exit code 3", retryAt: NOW + MINUTE },
  ],
  [
    "the second failure is tried again in five",
    { run: under({ attempt: 2 }), task: ended(3) },
    { kind: "fail", reason: "the container rotate ended with exit code 3", retryAt: NOW + 5 * MINUTE },
  ],
  [
    "the third one is the last",
    { run: under({ attempt: 3 }), task: ended(3) },
    { kind: "fail", reason: "the container rotate ended with exit code 3" },
  ],
  [
    "a task that could not start tells why",
    { run: under({ attempt: 3 }), task: ended(undefined, { stoppedReason: "CannotPullContainerError: …" }) },
    { kind: "fail", reason: "CannotPullContainerError: …" },
  ],
  [
    "a task that is not known any more is a failure",
    { run: under({ attempt: 3 }), task: "lost" },
    { kind: "fail", reason: "the task is not known any more" },
  ],
  [
    "a step that takes too long is a failure",
    { run: under({ attempt: 3, startedAt: NOW - STEP_LIMIT_MS }), task: going },
    { kind: "fail", reason: "the step took more than 15 minutes" },
  ],
  ["who cancels wants the run no more", { enabled: false, run: under(), task: going }, { kind: "drop" }],
  ["nor does who deletes the secret", { deleted: true, run: under(), task: ended(0) }, { kind: "drop" }],
])("%s", (_what, view, plan) => {
  expect(planRotation({ ...base, ...view })).toEqual(plan);
});
