import { createHmac, timingSafeEqual } from "node:crypto";
import type { SecretBox } from "../ports/secret-box.ts";
import { tasks, type TaskRecord } from "./ecs.ts";
import type { State } from "./state.ts";

/** What a path of the endpoint for tasks opens: a task's credentials, or the metadata of one of its containers. */
export type TaskEndpointPurpose = { readonly kind: "credentials" } | { readonly kind: "metadata"; readonly container: string };

/** A task's id has 32 hexadecimal digits. */
const TASK_ID = 32;

/**
 * The last part of such a path. It cannot be guessed, is the same in every life of the control plane, and says nothing of what other paths
 * there are: who knows a container's metadata cannot tell the task's credentials.
 */
export function taskEndpointId(secrets: SecretBox, task: Pick<TaskRecord, "id" | "arn">, purpose: TaskEndpointPurpose): string {
  const text = JSON.stringify([task.arn, purpose.kind, purpose.kind === "metadata" ? purpose.container : ""]);
  return `${task.id}-${createHmac("sha256", secrets.derive("task-endpoint")).update(text).digest("hex").slice(0, 40)}`;
}

/** The task whose credentials an id opens. */
export function taskOfCredentialsId(state: State, secrets: SecretBox, id: string): TaskRecord | undefined {
  const task = taskNamedIn(state, id);
  return task && same(id, taskEndpointId(secrets, task, { kind: "credentials" })) ? task : undefined;
}

/** The task and the container that an id tells about. */
export function containerOfMetadataId(
  state: State,
  secrets: SecretBox,
  id: string,
): { readonly task: TaskRecord; readonly container: string } | undefined {
  const task = taskNamedIn(state, id);
  const found = task?.containers.find(({ name }) => same(id, taskEndpointId(secrets, task, { kind: "metadata", container: name })));
  return task && found && { task, container: found.name };
}

function taskNamedIn(state: State, id: string): TaskRecord | undefined {
  return state.table(tasks).by("id", id.slice(0, TASK_ID))[0];
}

function same(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
