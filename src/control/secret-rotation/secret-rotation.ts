import { planRotation, type RotationView } from "../../decide/secret-rotation/plan-rotation.ts";
import { tasks } from "../../state/ecs.ts";
import { holderOf, unfinishedVersion } from "../../state/secret-stages.ts";
import { secrets as secretsTable, type SecretRecord, type SecretRotation } from "../../state/secrets.ts";
import type { WholeState } from "../../state/state.ts";
import { changes, loop, records, type Needs, type Waking } from "../loop.ts";
import { carryOut } from "./carry-out.ts";
import { rotationTask } from "./rotation-task.ts";

/** Rotates secrets when their window begins, and when somebody asks for it, until disposed of. */
export const secretRotation = loop("secret rotation", ({ state, clock, ids, secrets, logger }: Needs<"ids" | "secrets">) => {
  const parts = { state, secrets, ids };

  function step(arn: string, { wakeAt }: Waking): void {
    const secret = state.table(secretsTable).get(arn);
    if (!secret?.rotation) return;
    const { rotation } = secret;
    const now = clock.now();
    const plan = planRotation(viewOf(state, secret, rotation, now));
    // Each change of the record wakes this again, for the step after it.
    const failure = state.commit(() => carryOut(parts, secret, rotation, plan, now));
    if (failure !== undefined)
      logger.warn("a secret was not rotated", { secret: secret.name, step: rotation.run?.step, attempt: rotation.run?.attempt, failure });
    if (plan.kind === "wait") wakeAt(arn, plan.until);
  }

  return {
    watches: [
      records(secretsTable, ({ before, after }) => (before?.rotation ?? after?.rotation) !== undefined),
      changes(tasks, ({ key }, { wake }) => {
        for (const { arn } of state.table(secretsTable).by("rotationTask", key)) wake(arn);
      }),
    ],
    step,
  };
});

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
