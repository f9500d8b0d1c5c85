import { failed, windowAfter, type RotationPlan, type RotationRun } from "../../decide/secret-rotation/plan-rotation.ts";
import type { Ids } from "../../ports/ids.ts";
import type { SecretBox } from "../../ports/secret-box.ts";
import { writeSecret } from "../../state/secret-replicas.ts";
import { moveStage, withPendingVersion } from "../../state/secret-stages.ts";
import type { SecretRecord, SecretRotation } from "../../state/secrets.ts";
import type { WholeState } from "../../state/state.ts";
import { startRotationTask, stopRotationTask } from "./rotation-task.ts";

export interface CarryOutParts {
  readonly state: WholeState;
  readonly secrets: SecretBox;
  readonly ids: Ids;
}

const DAY = 86_400_000;

/** Writes one planned step into the records. Inside of a commit. Gives why the rotation failed, where this is what it came to. */
export function carryOut(
  parts: CarryOutParts,
  secret: SecretRecord,
  rotation: SecretRotation,
  plan: RotationPlan,
  now: number,
): string | undefined {
  const put = (changed: SecretRotation, of = secret): void => void writeSecret(parts, { ...of, rotation: changed }, now);
  const { run, ...atRest } = rotation;
  switch (plan.kind) {
    case "rest":
    case "wait":
      return undefined;
    case "begin": {
      const token = plan.token ?? parts.ids.uuid();
      const begun: RotationRun = { token, step: "createSecret", trial: false, attempt: 1 };
      put({ ...atRest, run: begun }, withPendingVersion(secret, token, now));
      return undefined;
    }
    case "skip":
      put(rescheduled(atRest, rotation.lastRotatedAt, now));
      return undefined;
    case "start-task": {
      if (!run) return undefined;
      const task = startRotationTask(parts.state, parts.ids, secret, run, now);
      if ("failure" in task) {
        const failure = failed({ now }, run, task.failure);
        return carryOut(parts, secret, rotation, failure, now);
      }
      const { notBefore: _over, ...started } = run;
      put({ ...rotation, run: { ...started, taskArn: task.arn, startedAt: now } });
      return undefined;
    }
    case "next-step":
      if (run) put({ ...rotation, run: fresh(run, { step: plan.step }) });
      return undefined;
    case "succeed": {
      if (run?.trial) put(atRest, withoutTrial(secret, run.token));
      else {
        const { failure: _earlier, ...whole } = atRest;
        put(withInterval({ ...rescheduled(whole, now, now), lastRotatedAt: now }, now));
      }
      return undefined;
    }
    case "fail": {
      if (!run) return plan.reason;
      if (run.taskArn !== undefined) stopRotationTask(parts.state, run.taskArn, `Rotation failed: ${plan.reason}`, now);
      const failure = { at: now, step: run.step, reason: plan.reason };
      if (plan.retryAt !== undefined)
        put({
          ...rotation,
          failure,
          run: { ...fresh(run, { step: "createSecret" }), attempt: run.attempt + 1, notBefore: plan.retryAt },
        });
      else if (run.trial) put({ ...atRest, failure }, withoutTrial(secret, run.token));
      else put({ ...rescheduled(atRest, rotation.lastRotatedAt, now), failure });
      return plan.reason;
    }
    case "drop":
      if (run?.taskArn !== undefined) stopRotationTask(parts.state, run.taskArn, "Rotation cancelled", now);
      put(atRest, run?.trial ? withoutTrial(secret, run.token) : secret);
      return undefined;
  }
}

/** The same run before a task of its own. */
function fresh(run: RotationRun, changes: Pick<RotationRun, "step">): RotationRun {
  const { taskArn: _task, startedAt: _since, notBefore: _wait, ...rest } = run;
  return { ...rest, ...changes };
}

function rescheduled(rotation: SecretRotation, last: number | undefined, now: number): SecretRotation {
  const { window: _over, ...rest } = rotation;
  const window = windowAfter(rotation.rules, last, now);
  return window ? { ...rest, window } : rest;
}

/** A schedule shows its interval in days too, calculated after each rotation that succeeded. Source: API, RotationRulesType. */
function withInterval(rotation: SecretRotation, now: number): SecretRotation {
  if (rotation.rules.scheduleExpression === undefined || !rotation.window) return rotation;
  return { ...rotation, intervalDays: Math.max(1, Math.round((rotation.window.end - now) / DAY)) };
}

/** A trial leaves nothing of the version that it was made with, unless somebody gave that a value. */
function withoutTrial(secret: SecretRecord, token: string): SecretRecord {
  const versions = moveStage(secret.versions, "AWSPENDING", undefined).filter(({ id, kind }) => id !== token || kind !== "empty");
  return { ...secret, versions };
}
