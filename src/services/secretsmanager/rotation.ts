import { InvalidParameterException, InvalidRequestException, type RotateSecretRequest } from "@aws-sdk/client-secrets-manager";
import type { RotationRun } from "../../decide/secret-rotation/plan-rotation.ts";
import { nextWindow, parseSchedule, type RotationRules, type RotationWindow } from "../../decide/secret-rotation/schedule.ts";
import { findRotationFunction } from "../../state/rotation-function.ts";
import { unfinishedVersion, withPendingVersion } from "../../state/secret-stages.ts";
import type { SecretRecord, SecretRotation } from "../../state/secrets.ts";
import { matches } from "../constraints.ts";
import { passTaskRoles } from "../ecs/pass-role.ts";
import { because, type AuthorizeScope, type Permission } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { keyText, onSecret, operation, putSecret, refuse, refuseToken, requirePrimary } from "./secret.ts";

const rotatePermission = onSecret("RotateSecret", (input: RotateSecretRequest) => ({
  "secretsmanager:RotationLambdaARN": input.RotationLambdaARN,
  "secretsmanager:ModifyRotationRules": keyText(input.RotationRules === undefined ? undefined : true),
  "secretsmanager:RotateImmediately": keyText(input.RotateImmediately ?? true),
}));

/**
 * Turns rotation on, and begins one unless it shall wait for its window; control does the rest. A secret whose last rotation did not come
 * to its end is not rotated anew: that one is tried again, and the caller told so.
 */
export const rotateSecret = operation("RotateSecret", {
  authorize: (input, at): readonly Permission[] => [
    rotatePermission(input, at),
    // Stands for lambda:InvokeFunction: who chooses what is run must be allowed to run it, and to hand it its roles, as RunTask asks.
    ...(input.RotationLambdaARN ? runPermissions(input.RotationLambdaARN, at) : []),
  ],
  run(input, context) {
    refuseToken(input.ClientRequestToken);
    const { now } = context;
    const secret = requirePrimary(context, input.SecretId ?? "");
    const known = secret.rotation;
    // A request that is repeated asks for what is there already, finished or not.
    if (secret.versions.some(({ id }) => id === input.ClientRequestToken))
      return { ARN: secret.arn, Name: secret.name, VersionId: input.ClientRequestToken };
    const functionArn = input.RotationLambdaARN || known?.functionArn;
    if (functionArn === undefined)
      throw new InvalidRequestException(because("No Lambda rotation function ARN is associated with this secret."));
    const rules = input.RotationRules ? rulesOf(input.RotationRules) : (known?.rules ?? {});
    const window = firstWindow(rules, input.RotationRules !== undefined, known?.lastRotatedAt, now);
    const found = findRotationFunction(context.state, secret, functionArn);
    if ("failure" in found) throw new InvalidParameterException(because(found.failure));
    refuseUnfinished(secret, known);

    const { window: _before, ...kept } = known ?? {};
    const configured: SecretRotation = { ...kept, enabled: true, functionArn, rules, ...(window ? { window } : {}) };
    const trial = input.RotateImmediately === false;
    const token = input.ClientRequestToken ?? context.ids.uuid();
    const run: RotationRun = { token, step: trial ? "testSecret" : "createSecret", trial, attempt: 1 };
    putSecret(context, { ...withPendingVersion(secret, token, now), rotation: { ...configured, run } });
    return { ARN: secret.arn, Name: secret.name, ...(trial ? {} : { VersionId: token }) };

    function refuseUnfinished(of: SecretRecord, rotation: SecretRotation | undefined): void {
      const unfinished = unfinishedVersion(of);
      if (!unfinished) return;
      if (rotation && !rotation.run) {
        const again: RotationRun = { token: unfinished.id, step: "createSecret", trial: false, attempt: 1 };
        putSecret(context, { ...of, rotation: { ...rotation, enabled: true, run: again } });
      }
      throw new InvalidRequestException(because("A previous rotation isn't complete. That rotation will be reattempted."));
    }
  },
});

/** Of a function without a revision: to run the one that there is now. */
function runPermissions(functionArn: string, at: AuthorizeScope): readonly Permission[] {
  const found = findRotationFunction(at.state, at, functionArn);
  if ("failure" in found) return [{ action: "ecs:RunTask", resource: functionArn }];
  const { definition, cluster } = found;
  return [
    { action: "ecs:RunTask", resource: definition.arn, context: { "ecs:cluster": cluster.arn } },
    ...passTaskRoles(at, definition.definition),
  ];
}

/** @throws InvalidParameterException */
function rulesOf(input: NonNullable<RotateSecretRequest["RotationRules"]>): RotationRules {
  refuse(
    matches(
      "rotationRules.scheduleExpression",
      input.ScheduleExpression,
      /^[0-9A-Za-z()#?*\-/, ]{1,256}$/,
      "[0-9A-Za-z\\(\\)#\\?\\*\\-\\/, ]+",
    ),
    matches("rotationRules.duration", input.Duration, /^[0-9]{1,2}h$/, "[0-9]+h"),
  );
  return defined({
    automaticallyAfterDays: input.AutomaticallyAfterDays,
    scheduleExpression: input.ScheduleExpression,
    duration: input.Duration,
  });
}

/** Without rules a secret rotates when it is asked to, and never by itself. @throws InvalidParameterException */
function firstWindow(rules: RotationRules, changed: boolean, last: number | undefined, now: number): RotationWindow | undefined {
  if (!changed && Object.keys(rules).length === 0) return undefined;
  const parsed = parseSchedule(rules);
  if ("refusal" in parsed) throw new InvalidParameterException(because(parsed.refusal));
  return nextWindow(parsed.schedule, last, now);
}

/** Turns rotation off. What a rotation under way has made so far stays as it is, with AWSPENDING on it. */
export const cancelRotateSecret = operation("CancelRotateSecret", {
  authorize: onSecret("CancelRotateSecret"),
  run({ SecretId = "" }, context) {
    const secret = requirePrimary(context, SecretId);
    const { rotation } = secret;
    if (!rotation)
      throw new InvalidRequestException(
        because(
          "You tried to enable rotation on a secret that doesn't already have a Lambda function ARN configured and you didn't include such an ARN as a parameter in this call.",
        ),
      );
    const { window: _never, ...rest } = rotation;
    // The loop that carries the rotation sees that nobody wants it any more, and stops its task.
    putSecret(context, { ...secret, rotation: { ...rest, enabled: false } });
    return { ARN: secret.arn, Name: secret.name, ...(rotation.run ? { VersionId: rotation.run.token } : {}) };
  },
});
