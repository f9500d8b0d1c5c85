import type { Operation } from "../operation.ts";
import { describeCapacityProviders, putClusterCapacityProviders } from "./capacity-providers.ts";
import { createCluster, deleteCluster, describeClusters, listClusters, updateCluster, updateClusterSettings } from "./clusters.ts";
import { describeTasks } from "./describe-tasks.ts";
import { executeCommand } from "./execute-command.ts";
import { listTasks } from "./list-tasks.ts";
import { runTask } from "./run-task.ts";
import { stopTask } from "./stop-task.ts";
import { listTaskDefinitionFamilies, listTaskDefinitions } from "./task-definition-lists.ts";
import { deleteTaskDefinitions, deregisterTaskDefinition, describeTaskDefinition, registerTaskDefinition } from "./task-definitions.ts";
import { createService } from "./create-service.ts";
import { deleteService, describeServices, listServices } from "./services.ts";
import { listServicesByNamespace } from "./services-in-namespace.ts";
import { updateService } from "./update-service.ts";
import { deleteAccountSetting, listAccountSettings, putAccountSetting, putAccountSettingDefault } from "./account-settings.ts";
import { describeContainerInstances, listAttributes, listContainerInstances } from "./container-instances.ts";
import { listTagsForResource, tagResource, untagResource } from "./resource-tags.ts";
import { describeServiceDeployments, describeServiceRevisions, listServiceDeployments } from "./service-deployments.ts";

export { constraints } from "./constraints.ts";
export { emptyValues } from "./empty-values.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [
  createCluster,
  describeClusters,
  listClusters,
  deleteCluster,
  updateCluster,
  updateClusterSettings,
  putClusterCapacityProviders,
  describeCapacityProviders,
  registerTaskDefinition,
  describeTaskDefinition,
  listTaskDefinitions,
  listTaskDefinitionFamilies,
  deregisterTaskDefinition,
  deleteTaskDefinitions,
  runTask,
  stopTask,
  executeCommand,
  describeTasks,
  listTasks,
  createService,
  updateService,
  describeServices,
  listServices,
  listServicesByNamespace,
  deleteService,
  listServiceDeployments,
  describeServiceDeployments,
  describeServiceRevisions,
  tagResource,
  untagResource,
  listTagsForResource,
  listAccountSettings,
  putAccountSetting,
  putAccountSettingDefault,
  deleteAccountSetting,
  listContainerInstances,
  describeContainerInstances,
  listAttributes,
];
