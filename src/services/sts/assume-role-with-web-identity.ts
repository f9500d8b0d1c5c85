import type { AssumeRoleWithWebIdentityCommandInput } from "@aws-sdk/client-sts";
import { decideWebIdentity } from "../../authorization/decide-web-identity.ts";
import { namedRole } from "../../authorization/named-role.ts";
import { parseArn } from "../../domain/arn.ts";
import type { RoleRecord } from "../../state/iam.ts";
import { AwsError } from "../aws-error.ts";
import type { ConditionContext, OperationContext } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { answerAssumedRole } from "./role-session.ts";
import { DEFAULT_ROLE_SECONDS, nameRules, refuseNoRole, roleArnRules, roleDuration, roleDurationRules } from "./session-input.ts";
import { sessionPolicies } from "./session-policies.ts";
import { askedTags, sessionTags, tagConditions, type AskedTags } from "./session-tags.ts";
import { accessDenied, invalidParameter, operation, refuse } from "./sts-operation.ts";
import { claimConditions, claimedSourceIdentity, claimedTags } from "./web-identity-claims.ts";
import { verifyWebIdentity, type WebIdentity } from "./web-identity-token.ts";

const NO_TAGS = askedTags(undefined, undefined);

export const assumeRoleWithWebIdentity = operation("AssumeRoleWithWebIdentity", {
  // Who has no credentials yet comes here for them: the token is the proof.
  access: "unsigned",
  authorize: ({ RoleArn }) => ({ action: "sts:AssumeRoleWithWebIdentity", resource: RoleArn ?? "*" }),
  async run(input, context) {
    refuseInput(input);
    const { RoleArn = "", RoleSessionName = "", WebIdentityToken = "" } = input;
    const identity = await verifyWebIdentity(WebIdentityToken, parseArn(RoleArn)?.account ?? "", {
      ...context,
      state: context.state.whole,
    });
    const asked = claimedTags(identity);
    const sourceIdentity = claimedSourceIdentity(identity);
    refuse(...nameRules("sourceIdentity", sourceIdentity, 64));
    const role = trustingRole(RoleArn, identity, asked, sourceIdentity, input, context);
    // Whom a role trusts is of its account from now on: its session policies are looked up there.
    context.state.open(role.arn);
    const durationSeconds = roleDuration(input.DurationSeconds, role, false);
    const tags = sessionTags(asked, NO_TAGS);
    const policies = sessionPolicies(context.state, role.account, input);
    const facts = { ...tags, ...policies, ...defined({ sourceIdentity }), context: sessionContext(identity) };
    return {
      ...answerAssumedRole(context, { role, sessionName: RoleSessionName, durationSeconds, facts }),
      SubjectFromWebIdentityToken: identity.subject,
      Provider: identity.provider.arn,
      Audience: identity.audience,
    };
  },
});

function refuseInput(input: AssumeRoleWithWebIdentityCommandInput): void {
  const { RoleArn = "", WebIdentityToken = "" } = input;
  refuse(...roleArnRules(RoleArn), ...nameRules("roleSessionName", input.RoleSessionName, 64), ...roleDurationRules(input.DurationSeconds));
  refuseLength(WebIdentityToken);
  refuseNoRole(RoleArn);
  if (input.ProviderId !== undefined)
    throw invalidParameter("ProviderId is of OAuth 2.0 access tokens, which are not supported: OpenID Connect tokens say who issued them.");
}

/** As any length is refused, but for the value: a token is a secret, which no message repeats. */
function refuseLength({ length }: string): void {
  if (length >= 4 && length <= 20_000) return;
  const bound = length < 4 ? "greater than or equal to 4" : "less than or equal to 20000";
  throw new AwsError(
    "ValidationError",
    `1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have length ${bound}`,
  );
}

/** The role, where its trust policy lets the identity in with all that it brings along. A role that is not there lets nobody in. */
function trustingRole(
  roleArn: string,
  identity: WebIdentity,
  tags: AskedTags,
  sourceIdentity: string | undefined,
  { RoleSessionName, DurationSeconds }: AssumeRoleWithWebIdentityCommandInput,
  { state, now, origin }: OperationContext,
): RoleRecord {
  // Who asks is of no account, so that a bare name is a role of none.
  const named = namedRole(state.whole, "", roleArn);
  if (named.kind !== "role") throw accessDenied("Not authorized to perform sts:AssumeRoleWithWebIdentity");
  const { role } = named;
  const context: ConditionContext = {
    ...claimConditions(identity),
    ...tagConditions(tags),
    "sts:RoleSessionName": RoleSessionName,
    "sts:SourceIdentity": sourceIdentity,
    "sts:DurationSeconds": String(DurationSeconds ?? DEFAULT_ROLE_SECONDS),
  };
  const actions = [
    "sts:AssumeRoleWithWebIdentity",
    ...(tags.tags.length > 0 ? ["sts:TagSession"] : []),
    ...(sourceIdentity === undefined ? [] : ["sts:SetSourceIdentity"]),
  ];
  for (const action of actions) {
    const { allowed } = decideWebIdentity({ state: state.whole, now, origin }, identity.provider.arn, role, { action, context });
    if (!allowed) throw accessDenied(`Not authorized to perform ${action}`);
  }
  return role;
}

/** What later requests of the session are asked for: its provider, and the claims of one value. */
function sessionContext(identity: WebIdentity): Readonly<Record<string, string>> {
  const claims = Object.entries(claimConditions(identity)).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return { "aws:FederatedProvider": identity.provider.arn, ...Object.fromEntries(claims) };
}
