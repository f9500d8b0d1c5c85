import { plainSession } from "../../authorization/role-session.ts";
import { roleForTasks, taskRoles } from "../../authorization/task-roles.ts";
import { issueCredentials, roleSession } from "../../authorization/temporary-credentials.ts";
import type { Platform } from "../../services/platform.ts";
import { taskDefinitions, tasks, type TaskRecord } from "../../state/ecs.ts";

/** What SDKs read. Source: ECS Developer Guide, "Task IAM role". */
export interface CredentialsAnswer {
  readonly RoleArn: string;
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
  readonly Expiration: string;
}

const LIFETIME_SECONDS = 6 * 3600;
/** SDKs begin to ask again some minutes before the end. */
const RENEW_BEFORE_MS = 3600_000;

/** The credentials of tasks' roles. Issued when they are asked for, kept while they are fresh, forgotten with the task. */
export class TaskCredentials {
  readonly #platform: Pick<Platform, "state" | "secrets" | "clock" | "ids">;
  readonly #issued = new Map<string, { readonly roleId: string; readonly expiresAt: number; readonly answer: CredentialsAnswer }>();

  constructor(platform: Pick<Platform, "state" | "secrets" | "clock" | "ids">) {
    this.#platform = platform;
    platform.state.watch(tasks, ({ key, after }) => {
      if (!after || after.lastStatus === "STOPPED") this.#issued.delete(key);
    });
  }

  /** `undefined` where the task has no role, or one that ECS cannot assume any more. */
  of(task: TaskRecord): CredentialsAnswer | undefined {
    const { state, secrets, clock, ids } = this.#platform;
    const now = clock.now();
    const { taskRoleArn: named } = taskRoles(task.overrides, state.table(taskDefinitions).get(task.taskDefinitionArn)?.definition);
    if (named === undefined) return undefined;
    const found = roleForTasks({ state, now }, named, task);
    if ("failure" in found) return undefined;
    const { role } = found;
    const known = this.#issued.get(task.arn);
    // A role that was made anew is another role: credentials of the old one are good for nothing.
    if (known?.roleId === role.id && known.expiresAt - now > RENEW_BEFORE_MS) return known.answer;
    const session = plainSession(now, LIFETIME_SECONDS);
    const { accessKeyId, secretAccessKey, sessionToken } = issueCredentials({ secrets, ids }, roleSession(role, task.id, session));
    const answer: CredentialsAnswer = {
      RoleArn: role.arn,
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      Token: sessionToken,
      Expiration: new Date(session.expiresAt).toISOString().replace(/\.\d+Z$/, "Z"),
    };
    this.#issued.set(task.arn, { roleId: role.id, expiresAt: session.expiresAt, answer });
    return answer;
  }
}
