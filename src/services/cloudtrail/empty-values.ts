import type { EmptyValues } from "../empty-values.ts";

/** By the least lengths of CloudTrail's model. */
export const emptyValues: EmptyValues = {
  text: "refused",
  members: {
    "LookupAttribute.AttributeValue": "answered",
    NextToken: "absent",
  },
};
