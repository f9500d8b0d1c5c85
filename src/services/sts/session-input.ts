import type { RoleRecord } from "../../state/iam.ts";
import { AwsError } from "../aws-error.ts";
import { lengthWithin, matches, within, type Violation } from "../constraints.ts";

export const DEFAULT_ROLE_SECONDS = 3600;
const LEAST_SECONDS = 900;
const MOST_ROLE_SECONDS = 43_200;
/** Of sessions that roots and users take for themselves. */
const MOST_USER_SECONDS = 129_600;
const MOST_CHAINED_SECONDS = 3600;

/** Names of sessions, federated users and source identities have the same form. */
export function nameRules(member: string, name: string | undefined, most: number): readonly Violation[] {
  return [lengthWithin(member, name, 2, most), matches(member, name, /^[\w+=,.@-]*$/, "[\\w+=,.@-]*")];
}

export function externalIdRules(externalId: string | undefined): readonly Violation[] {
  return [lengthWithin("externalId", externalId, 2, 1224), matches("externalId", externalId, /^[\w+=,.@:/-]*$/, "[\\w+=,.@:\\/-]*")];
}

export function roleArnRules(roleArn: string | undefined): readonly Violation[] {
  return [lengthWithin("roleArn", roleArn, 20, 2048)];
}

/** @throws AwsError ValidationError for what is no ARN of a role */
export function refuseNoRole(roleArn: string): void {
  if (!/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/.test(roleArn)) throw new AwsError("ValidationError", `${roleArn} is invalid`);
}

export function roleDurationRules(seconds: number | undefined): readonly Violation[] {
  return [within("durationSeconds", seconds, LEAST_SECONDS, MOST_ROLE_SECONDS)];
}

/**
 * How long a role's session lasts, in seconds.
 * @throws AwsError ValidationError where the role, or chaining, allows less
 */
export function roleDuration(seconds: number | undefined, role: RoleRecord, chained: boolean): number {
  if (seconds !== undefined && seconds > role.maxSessionDuration)
    throw new AwsError("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  if (seconds !== undefined && chained && seconds > MOST_CHAINED_SECONDS)
    throw new AwsError(
      "ValidationError",
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    );
  return seconds ?? DEFAULT_ROLE_SECONDS;
}

export function userDurationRules(seconds: number | undefined): readonly Violation[] {
  return [within("durationSeconds", seconds, LEAST_SECONDS, MOST_USER_SECONDS)];
}

/** How long a session of a user or of root lasts, in seconds: root gets an hour, however much it asks for. */
export function userDuration(seconds: number | undefined, ofRoot: boolean): number {
  return ofRoot ? Math.min(seconds ?? 3600, 3600) : (seconds ?? 43_200);
}
