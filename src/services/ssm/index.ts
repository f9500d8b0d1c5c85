import type { Operation } from "../operation.ts";
import { deleteParameter, deleteParameters } from "./delete-parameters.ts";
import { getParameter, getParameters } from "./get-parameters.ts";
import { labelParameterVersion, unlabelParameterVersion } from "./labels.ts";
import { describeParameters, getParameterHistory, getParametersByPath } from "./list-parameters.ts";
import { putParameter } from "./put-parameter.ts";
import { deleteResourcePolicy, getResourcePolicies, putResourcePolicy } from "./resource-policies.ts";
import { resumeSession, terminateSession } from "./sessions.ts";
import { addTagsToResource, listTagsForResource, removeTagsFromResource } from "./tags.ts";

export { constraints } from "./constraints.ts";
export { emptyValues } from "./empty-values.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [
  putParameter,
  getParameter,
  getParameters,
  getParametersByPath,
  getParameterHistory,
  describeParameters,
  labelParameterVersion,
  unlabelParameterVersion,
  deleteParameter,
  deleteParameters,
  addTagsToResource,
  removeTagsFromResource,
  listTagsForResource,
  putResourcePolicy,
  getResourcePolicies,
  deleteResourcePolicy,
  resumeSession,
  terminateSession,
];
