import type { TaskDefinition } from "@aws-sdk/client-ecs";
import { hostRefusal } from "../../decide/host-rights/host-refusal.ts";
import { NO_HOST_GRANTS } from "../../domain/host-grants.ts";
import type { OperationContext } from "../operation.ts";
import { refusal } from "./task-definition/refusal.ts";

/** Refuses a definition whose tasks would reach the host where the operator did not allow it. @throws ClientException that says how to allow it */
export function checkHostRights(
  definition: Pick<TaskDefinition, "networkMode" | "pidMode" | "ipcMode" | "containerDefinitions" | "volumes">,
  { account, hostGrants = NO_HOST_GRANTS }: Pick<OperationContext, "account" | "hostGrants">,
): void {
  const refused = hostRefusal(definition, account, hostGrants);
  if (refused !== undefined) throw refusal(refused);
}
