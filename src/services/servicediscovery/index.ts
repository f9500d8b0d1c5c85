import type { Operation } from "../operation.ts";
import { createHttpNamespace, createPrivateDnsNamespace, createPublicDnsNamespace } from "./create-namespace.ts";
import { discoverInstances, discoverInstancesRevision } from "./discover.ts";
import {
  deregisterInstance,
  getInstance,
  getInstancesHealthStatus,
  listInstances,
  registerInstance,
  updateInstanceCustomHealthStatus,
} from "./instances.ts";
import {
  deleteNamespace,
  getNamespace,
  listNamespaces,
  updateHttpNamespace,
  updatePrivateDnsNamespace,
  updatePublicDnsNamespace,
} from "./namespaces.ts";
import { getOperation, listOperations } from "./operations.ts";
import { deleteServiceAttributes, getServiceAttributes, updateServiceAttributes } from "./service-attributes.ts";
import { createService, deleteService, getService, listServices, updateService } from "./services.ts";
import { listTagsForResource, tagResource, untagResource } from "./tags.ts";

export { constraints } from "./constraints.ts";
export { emptyValues } from "./empty-values.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [
  createHttpNamespace,
  createPrivateDnsNamespace,
  createPublicDnsNamespace,
  getNamespace,
  listNamespaces,
  updateHttpNamespace,
  updatePrivateDnsNamespace,
  updatePublicDnsNamespace,
  deleteNamespace,
  createService,
  getService,
  listServices,
  updateService,
  deleteService,
  getServiceAttributes,
  updateServiceAttributes,
  deleteServiceAttributes,
  registerInstance,
  deregisterInstance,
  getInstance,
  listInstances,
  getInstancesHealthStatus,
  updateInstanceCustomHealthStatus,
  discoverInstances,
  discoverInstancesRevision,
  getOperation,
  listOperations,
  tagResource,
  untagResource,
  listTagsForResource,
];
