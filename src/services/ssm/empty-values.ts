import type { EmptyValues } from "../empty-values.ts";

/** By the least lengths of Systems Manager's model. */
export const emptyValues: EmptyValues = {
  text: "refused",
  members: {
    Description: "value",
    "Tag.Value": "value",
    "PutParameterRequest.Value": "answered",
    AllowedPattern: "value",
    DataType: "absent",
    NextToken: "absent",
    PolicyId: "absent",
    PolicyHash: "absent",
  },
};
