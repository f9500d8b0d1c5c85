import { createHash } from "node:crypto";
import { arn } from "../domain/arn.ts";
import { keyInScope, scopeKey, type Scope } from "../domain/scope.ts";

// This host is the capacity of every launch type until container instances can be registered. EC2's APIs need a name for it.

/** The EC2 instance id that this host goes by in an account and region; the same at every start. */
export function localInstanceId(scope: Scope): string {
  return `i-${digest(`instance/${scopeKey(scope)}`).slice(0, 17)}`;
}

/** The container instance that this host is in a cluster. */
export function localContainerInstanceArn(scope: Scope, clusterName: string): string {
  const id = digest(`container-instance/${keyInScope(scope, clusterName)}`).slice(0, 32);
  return arn("ecs", scope, `container-instance/${clusterName}/${id}`);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
