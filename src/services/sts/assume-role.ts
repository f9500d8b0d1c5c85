import type { AssumeRoleCommandInput } from "@aws-sdk/client-sts";
import { namedRole } from "../../authorization/named-role.ts";
import { denialText } from "../../decide/iam/denial.ts";
import type { Principal } from "../../domain/principal.ts";
import type { RoleRecord } from "../../state/iam.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext, Permission } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { answerAssumedRole } from "./role-session.ts";
import {
  DEFAULT_ROLE_SECONDS,
  externalIdRules,
  nameRules,
  refuseNoRole,
  roleArnRules,
  roleDuration,
  roleDurationRules,
} from "./session-input.ts";
import { sessionPolicies } from "./session-policies.ts";
import { askedTags, inheritedTags, sessionTags, tagConditions } from "./session-tags.ts";
import { accessDenied, invalidParameter, operation, refuse, refuseMultiFactor } from "./sts-operation.ts";

export const assumeRole = operation("AssumeRole", {
  authorize(input, { principal }) {
    if (principal.kind === "root") throw accessDenied("Roles may not be assumed by root accounts.");
    return permissions(input, principal);
  },
  run(input, context) {
    const { principal, state } = context;
    refuseInput(input);
    refuseMultiFactor(input);
    refuseOtherIdentity(input.SourceIdentity, principal.session);
    const role = findRole(input.RoleArn ?? "", context);
    const chained = principal.kind === "role-session";
    const durationSeconds = roleDuration(input.DurationSeconds, role, chained);
    const tags = sessionTags(askedTags(input.Tags, input.TransitiveTagKeys), inheritedTags(principal.session));
    const policies = sessionPolicies(state, role.account, input);
    const sourceIdentity = principal.session?.sourceIdentity ?? input.SourceIdentity;
    return answerAssumedRole(context, {
      role,
      sessionName: input.RoleSessionName ?? "",
      durationSeconds,
      facts: { ...tags, ...policies, ...defined({ sourceIdentity }), ...(chained ? { chained } : {}), context: {} },
    });
  },
});

function refuseInput(input: AssumeRoleCommandInput): void {
  refuse(
    ...roleArnRules(input.RoleArn),
    ...nameRules("roleSessionName", input.RoleSessionName, 64),
    ...roleDurationRules(input.DurationSeconds),
    ...externalIdRules(input.ExternalId),
    ...nameRules("sourceIdentity", input.SourceIdentity, 64),
  );
  refuseNoRole(input.RoleArn ?? "");
  // Contexts come from a trusted token issuer of IAM Identity Center, which is not here.
  if (input.ProvidedContexts?.length) throw invalidParameter("ProvidedContexts cannot be used: there is no trusted token issuer.");
}

/**
 * What the caller needs: to assume the role, and to bring along tags and a source identity, also inherited ones.
 * Source: Service Authorization Reference, "AWS Security Token Service"; IAM User Guide, "Pass session tags", "Monitor and control actions
 * taken with assumed roles".
 */
function permissions(input: AssumeRoleCommandInput, { session }: Principal): readonly Permission[] {
  const resource = input.RoleArn ?? "*";
  const asked = askedTags(input.Tags, input.TransitiveTagKeys);
  const context = {
    "sts:RoleSessionName": input.RoleSessionName,
    "sts:ExternalId": input.ExternalId,
    "sts:SourceIdentity": input.SourceIdentity,
    "sts:DurationSeconds": String(input.DurationSeconds ?? DEFAULT_ROLE_SECONDS),
    ...tagConditions(asked),
  };
  const tagged = asked.tags.length > 0 || inheritedTags(session).tags.length > 0;
  const identified = input.SourceIdentity !== undefined || session?.sourceIdentity !== undefined;
  return [
    { action: "sts:AssumeRole", resource, context },
    ...(tagged ? [{ action: "sts:TagSession", resource, context }] : []),
    ...(identified ? [{ action: "sts:SetSourceIdentity", resource, context }] : []),
  ];
}

function findRole(roleArn: string, { state, account, principal }: OperationContext): RoleRecord {
  const named = namedRole(state, account, roleArn);
  if (named.kind === "role" && named.role.arn === roleArn) return named.role;
  // Nobody is trusted by a role that is not there, so that this is not reached; if it were, it must not tell more.
  const decision = { allowed: false, explicit: false, by: "resource-based policy" } as const;
  throw accessDenied(denialText({ principalArn: principal.arn, action: "sts:AssumeRole", resource: roleArn, decision }));
}

/** A source identity goes along a whole chain and is never changed. */
function refuseOtherIdentity(asked: string | undefined, session: Principal["session"]): void {
  if (asked !== undefined && session?.sourceIdentity !== undefined && asked !== session.sourceIdentity)
    throw new AwsError("ValidationError", "The source identity of the calling session cannot be changed.");
}
