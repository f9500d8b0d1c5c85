import type { EmptyValues } from "../empty-values.ts";

/** By the least lengths of Cloud Map's model; a description that is given empty is none. */
export const emptyValues: EmptyValues = {
  text: "absent",
  members: { "Tag.Value": "value", Description: "value", "TagResourceRequest.Tags": "value", "UntagResourceRequest.TagKeys": "value" },
};
