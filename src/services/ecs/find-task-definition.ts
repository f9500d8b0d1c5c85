import type { TaskDefinition } from "@aws-sdk/client-ecs";
import { ClientException, InvalidParameterException } from "@aws-sdk/client-ecs";
import { parseArn } from "../../domain/arn.ts";
import { keyInScope, type Scope } from "../../domain/scope.ts";
import { families, taskDefinitions, type TaskDefinitionRecord } from "../../state/ecs.ts";
import type { State } from "../../state/state.ts";
import { because, type OperationContext, type RequestScope } from "../operation.ts";
import { instant } from "./ecs-operation.ts";

/** A task definition as the API shows it. */
export function taskDefinitionView(record: TaskDefinitionRecord): TaskDefinition {
  return {
    ...record.definition,
    status: record.status,
    registeredAt: new Date(record.registeredAt),
    registeredBy: record.registeredBy,
    deregisteredAt: instant(record.deregisteredAt),
    deleteRequestedAt: instant(record.deleteRequestedAt),
  };
}

/** `family`, `family:revision` or an ARN of either kind. */
export function parseTaskDefinition(id: string): { readonly family: string; readonly revision?: number } | undefined {
  const name = id.startsWith("arn:") ? /^task-definition\/(.+)$/.exec(parseArn(id)?.resource ?? "")?.[1] : id;
  const match = /^([a-zA-Z0-9_-]{1,255})(?::(\d+))?$/.exec(name ?? "");
  if (!match) return undefined;
  const [, family = "", revision] = match;
  return revision === undefined ? { family } : { family, revision: Number(revision) };
}

/** For authorisation: the revision asked for, or all of the family. */
export function taskDefinitionArn(at: RequestScope, id: string | undefined): string {
  if (id === undefined) return at.arn("ecs", "task-definition/*");
  if (id.startsWith("arn:")) return id;
  return at.arn("ecs", `task-definition/${id.includes(":") ? id : `${id}:*`}`);
}

/** The revision asked for, or the newest ACTIVE one of the family; `undefined` where there is none. */
export function findTaskDefinition(id: string, at: RequestScope & { readonly state: State }): TaskDefinitionRecord | undefined {
  const asked = parseTaskDefinition(id);
  if (!asked) return undefined;
  const { family, revision } = asked;
  const scope = id.startsWith("arn:") ? (parseArn(id) ?? at) : at;
  if (scope.account !== at.account || scope.region !== at.region) return undefined;
  if (revision !== undefined) return at.state.table(taskDefinitions).get(at.arn("ecs", `task-definition/${family}:${revision}`));
  return latestActive(family, at);
}

/** Walks down from the family's last revision, so that a long history costs nothing. */
function latestActive(family: string, at: RequestScope & { readonly state: State }): TaskDefinitionRecord | undefined {
  const table = at.state.table(taskDefinitions);
  for (let revision = lastRevision(at.state, at, family); revision > 0; revision--) {
    const record = table.get(at.arn("ecs", `task-definition/${family}:${revision}`));
    if (record?.status === "ACTIVE") return record;
  }
  return undefined;
}

export function lastRevision(state: State, { account, region }: Scope, family: string): number {
  return state.table(families).get(keyInScope({ account, region }, family))?.lastRevision ?? 0;
}

/**
 * The definition that new tasks are made of. @throws ClientException where there is none, InvalidParameterException where it is no
 * longer ACTIVE
 */
export function requireActiveDefinition(id: string | undefined, context: OperationContext): TaskDefinitionRecord {
  if (!id) throw new ClientException(because("TaskDefinition can not be blank."));
  const found = findTaskDefinition(id, context);
  if (!found) throw new ClientException(because("TaskDefinition not found."));
  if (found.status !== "ACTIVE") throw new InvalidParameterException(because("TaskDefinition is inactive"));
  return found;
}
