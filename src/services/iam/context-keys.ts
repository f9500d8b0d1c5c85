import { contextKeys } from "./documents.ts";
import { onAccount, operation } from "./iam-operation.ts";
import { policiesOfSource, requireSource } from "./principal-source.ts";

/** Which condition keys a simulation of these policies would need values for. */
export const getContextKeysForCustomPolicy = operation("GetContextKeysForCustomPolicy", {
  authorize: onAccount("GetContextKeysForCustomPolicy"),
  run: ({ PolicyInputList = [] }) => ({ ContextKeyNames: [...contextKeys(PolicyInputList)] }),
});

export const getContextKeysForPrincipalPolicy = operation("GetContextKeysForPrincipalPolicy", {
  authorize: ({ PolicySourceArn = "*" }) => ({ action: "iam:GetContextKeysForPrincipalPolicy", resource: PolicySourceArn }),
  run({ PolicySourceArn = "", PolicyInputList = [] }, context) {
    const own = policiesOfSource(context, requireSource(context, PolicySourceArn)).map(({ document }) => document);
    return { ContextKeyNames: [...contextKeys([...own, ...PolicyInputList])] };
  },
});
