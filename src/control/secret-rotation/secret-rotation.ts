import { planRotation, type RotationView } from "../../decide/secret-rotation/plan-rotation.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Ids } from "../../ports/ids.ts";
import type { Logger } from "../../ports/logger.ts";
import type { SecretBox } from "../../ports/secret-box.ts";
import { tasks } from "../../state/ecs.ts";
import { holderOf, unfinishedVersion } from "../../state/secret-stages.ts";
import { secrets as secretsTable, type SecretRecord, type SecretRotation } from "../../state/secrets.ts";
import type { WholeState } from "../../state/state.ts";
import { keyedWorker } from "../keyed-worker.ts";
import { carryOut } from "./carry-out.ts";
import { rotationTask } from "./rotation-task.ts";

export interface SecretRotationParts {
  readonly state: WholeState;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly secrets: SecretBox;
  readonly logger: Logger;
}

/** Rotates secrets when their window begins, and when somebody asks for it, until disposed of. */
export function secretRotation({ state, clock, ids, secrets, logger }: SecretRotationParts): AsyncDisposable {
  const worker = keyedWorker("secret rotation", step, clock, logger);
  const parts = { state, secrets, ids };

  function step(arn: string): Promise<void> {
    const secret = state.table(secretsTable).get(arn);
    if (!secret?.rotation) return Promise.resolve();
    const { rotation } = secret;
    const now = clock.now();
    const plan = planRotation(viewOf(state, secret, rotation, now));
    // Each change of the record wakes this again, for the step after it.
    const failure = state.commit(() => carryOut(parts, secret, rotation, plan, now));
    if (failure !== undefined)
      logger.warn("a secret was not rotated", { secret: secret.name, step: rotation.run?.step, attempt: rotation.run?.attempt, failure });
    if (plan.kind === "wait") worker.wakeAt(arn, plan.until);
    return Promise.resolve();
  }

  const subscriptions = [
    state.watch(secretsTable, ({ key, before, after }) => {
      if (before?.rotation ?? after?.rotation) worker.wake(key);
    }),
    state.watch(tasks, ({ key }) => {
      for (const { arn } of state.table(secretsTable).by("rotationTask", key)) worker.wake(arn);
    }),
  ];
  for (const secret of state.table(secretsTable).values()) if (secret.rotation) worker.wake(secret.arn);
  return {
    async [Symbol.asyncDispose]() {
      for (const subscription of subscriptions) subscription[Symbol.dispose]();
      await worker[Symbol.asyncDispose]();
    },
  };
}

function viewOf(state: WholeState, secret: SecretRecord, { enabled, rules, window, run }: SecretRotation, now: number): RotationView {
  const unfinished = unfinishedVersion(secret);
  const current = holderOf(secret, "AWSCURRENT");
  return {
    now,
    deleted: secret.deletionDate !== undefined,
    enabled,
    rules,
    ...(window ? { window } : {}),
    ...(run ? { run } : {}),
    ...(unfinished ? { unfinished: unfinished.id } : {}),
    ...(current ? { current: current.id } : {}),
    ...(run?.taskArn === undefined ? {} : { task: rotationTask(state, run.taskArn) }),
  };
}
