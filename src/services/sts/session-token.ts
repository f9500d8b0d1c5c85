import { issueCredentials, sessionTimes } from "../../authorization/temporary-credentials.ts";
import { userDuration, userDurationRules } from "./session-input.ts";
import { accessDenied, credentialsView, operation, refuse, refuseMultiFactor } from "./sts-operation.ts";

export const getSessionToken = operation("GetSessionToken", {
  // It proves nothing but who somebody is, which no policy can forbid. Source: IAM User Guide, "Permissions for GetSessionToken".
  access: "ungoverned",
  authorize: () => ({ action: "sts:GetSessionToken", resource: "*" }),
  run(input, context) {
    const { principal, now } = context;
    refuse(...userDurationRules(input.DurationSeconds));
    if (principal.session !== undefined || (principal.kind !== "root" && principal.kind !== "user"))
      throw accessDenied("Cannot call GetSessionToken with session credentials");
    refuseMultiFactor(input);
    const { accessKeyId: _own, ...caller } = principal;
    const times = sessionTimes(now, userDuration(input.DurationSeconds, principal.kind === "root"));
    const session = { ...times, policyArns: [], tags: [], transitiveTagKeys: [], context: {} };
    return { Credentials: credentialsView(issueCredentials(context, { ...caller, session }), session.expiresAt) };
  },
});
