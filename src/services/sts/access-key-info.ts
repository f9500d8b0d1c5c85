import type { FoundCredentials } from "../../authorization/credentials.ts";
import { accountOfAccessKeyId } from "../../domain/access-key-id.ts";
import { accessKeys } from "../../state/iam.ts";
import { AwsError } from "../aws-error.ts";
import { lengthWithin, matches } from "../constraints.ts";
import { operation, refuse } from "./sts-operation.ts";

export const getAccessKeyInfo = operation("GetAccessKeyInfo", {
  authorize: () => ({ action: "sts:GetAccessKeyInfo", resource: "*" }),
  run({ AccessKeyId = "" }, { state, credentials, now }) {
    refuse(lengthWithin("accessKeyId", AccessKeyId, 16, 128), matches("accessKeyId", AccessKeyId, /^\w*$/, "[\\w]*"));
    // A key that is on record may be an operator's own, whose id carries nothing; one that is not may still have been issued here.
    const known = state.table(accessKeys).get(AccessKeyId)?.account ?? accountOfRoot(credentials.find(AccessKeyId, undefined, now));
    const Account = known ?? accountOfAccessKeyId(AccessKeyId);
    if (Account === undefined) throw new AwsError("ValidationError", `Access key id ${AccessKeyId} is not valid.`);
    return { Account };
  },
});

function accountOfRoot(found: FoundCredentials): string | undefined {
  return found.kind === "unknown" ? undefined : found.principal.account;
}
