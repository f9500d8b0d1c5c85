import type { EmptyValues } from "../empty-values.ts";

export const emptyValues: EmptyValues = {
  text: "absent",
  members: {
    "Tag.Value": "value",
  },
};
