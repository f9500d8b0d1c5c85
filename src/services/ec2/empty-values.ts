import type { EmptyValues } from "../empty-values.ts";

/** EC2 takes an empty parameter as one that is missing. */
export const emptyValues: EmptyValues = {
  text: "absent",
  members: {
    "Tag.Value": "value",
    "Filter.Values[]": "value",
  },
};
