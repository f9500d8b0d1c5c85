import type { Operation } from "../operation.ts";
import { deleteParameter, deleteParameters } from "./delete-parameters.ts";
import { describeParameters, getParameter, getParameterHistory, getParameters, getParametersByPath } from "./get-parameters.ts";
import { putParameter } from "./put-parameter.ts";
import { addTagsToResource, listTagsForResource, removeTagsFromResource } from "./tags.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [
  putParameter,
  getParameter,
  getParameters,
  getParametersByPath,
  getParameterHistory,
  describeParameters,
  deleteParameter,
  deleteParameters,
  addTagsToResource,
  removeTagsFromResource,
  listTagsForResource,
];
