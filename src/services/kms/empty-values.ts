import type { EmptyValues } from "../empty-values.ts";

/** By the least lengths of KMS's model. */
export const emptyValues: EmptyValues = {
  text: "refused",
  members: {
    Description: "value",
    "Tag.TagValue": "value",
    KeyMaterialDescription: "absent",
  },
};
