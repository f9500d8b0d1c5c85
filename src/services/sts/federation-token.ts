import { globalArn } from "../../domain/arn.ts";
import { issueCredentials, sessionTimes } from "../../authorization/temporary-credentials.ts";
import type { Permission } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { packedPolicySize, refuseHugeToken } from "./packed-policy-size.ts";
import { nameRules, userDuration, userDurationRules } from "./session-input.ts";
import { sessionPolicies } from "./session-policies.ts";
import { askedTags, sessionTags, tagConditions } from "./session-tags.ts";
import { accessDenied, credentialsView, operation, refuse } from "./sts-operation.ts";

const NO_TAGS = askedTags(undefined, undefined);

export const getFederationToken = operation("GetFederationToken", {
  authorize({ Name, DurationSeconds, Tags }, at): readonly Permission[] {
    const resource = globalArn("sts", at, `federated-user/${Name ?? "*"}`);
    const seconds = userDuration(DurationSeconds, at.principal.kind === "root");
    const context = { "sts:DurationSeconds": String(seconds), ...tagConditions(askedTags(Tags, undefined)) };
    return [
      { action: "sts:GetFederationToken", resource, context },
      ...(Tags?.length ? [{ action: "sts:TagSession", resource, context }] : []),
    ];
  },
  run(input, context) {
    const { principal, now, account, state } = context;
    const { Name = "", DurationSeconds } = input;
    refuse(...nameRules("name", Name, 32), ...userDurationRules(DurationSeconds));
    if (principal.session !== undefined || (principal.kind !== "root" && principal.kind !== "user"))
      throw accessDenied("Cannot call GetFederationToken with session credentials");
    const tags = sessionTags(askedTags(input.Tags, undefined), NO_TAGS);
    const policies = sessionPolicies(state, account, input);
    const PackedPolicySize = packedPolicySize({ ...tags, ...policies });
    const times = sessionTimes(now, userDuration(DurationSeconds, principal.kind === "root"));
    const session = { ...times, ...tags, ...policies, context: {} };
    const arn = globalArn("sts", context, `federated-user/${Name}`);
    const userId = `${account}:${Name}`;
    const from =
      principal.kind === "user"
        ? { userName: principal.userName, sponsorId: principal.userId }
        : defined({ sponsorId: principal.rootKeyId });
    const issued = issueCredentials(context, { kind: "federated-user", account, arn, userId, ...from, session });
    refuseHugeToken(issued);
    return {
      Credentials: credentialsView(issued, session.expiresAt),
      FederatedUser: { FederatedUserId: userId, Arn: arn },
      ...defined({ PackedPolicySize }),
    };
  },
});
