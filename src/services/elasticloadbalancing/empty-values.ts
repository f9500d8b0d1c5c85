import type { EmptyValues } from "../empty-values.ts";

/** Of the text of tags, attributes, redirects and fixed responses `""` is a value. */
export const emptyValues: EmptyValues = {
  text: "absent",
  members: {
    "RegisterTargetsInput.Targets": "answered",
    "DeregisterTargetsInput.Targets": "answered",
    "Tag.Value": "value",
    "LoadBalancerAttribute.Value": "value",
    "TargetGroupAttribute.Value": "value",
    "ListenerAttribute.Value": "value",
    "RedirectActionConfig.Query": "value",
    "FixedResponseActionConfig.MessageBody": "value",
  },
};
