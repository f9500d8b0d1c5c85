import type { EmptyValues } from "../empty-values.ts";

/** By the least lengths of IAM's model. */
export const emptyValues: EmptyValues = {
  text: "refused",
  members: {
    Description: "value",
    "Tag.Value": "value",
    "ContextEntry.ContextKeyValues[]": "value",
  },
};
