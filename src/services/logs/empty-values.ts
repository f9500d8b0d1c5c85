import type { EmptyValues } from "../empty-values.ts";

/** By the least lengths of CloudWatch Logs' model. */
export const emptyValues: EmptyValues = {
  text: "refused",
  members: {
    filterPattern: "value",
    "InputLogEvent.message": "answered",
    logGroupNamePattern: "absent",
    "UntagResourceRequest.tagKeys": "value",
  },
};
