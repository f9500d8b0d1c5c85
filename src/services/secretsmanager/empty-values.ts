import type { EmptyValues } from "../empty-values.ts";

/** By the least lengths of Secrets Manager's model. */
export const emptyValues: EmptyValues = {
  text: "refused",
  members: {
    Description: "value",
    "Tag.Value": "value",
    KmsKeyId: "absent",
    Type: "absent",
    RotationLambdaARN: "absent",
    ExcludeCharacters: "value",
    SecretString: "answered",
    "Filter.Values[]": "value",
  },
};
