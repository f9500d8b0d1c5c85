import type { EmptyValues } from "../empty-values.ts";

/** By the least lengths of ACM's model. */
export const emptyValues: EmptyValues = {
  text: "refused",
  members: { "Tag.Value": "value" },
};
