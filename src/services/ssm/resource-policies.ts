import {
  MalformedResourcePolicyDocumentException,
  ResourceNotFoundException,
  ResourcePolicyConflictException,
  ResourcePolicyInvalidParameterException,
  ResourcePolicyLimitExceededException,
  ResourcePolicyNotFoundException,
} from "@aws-sdk/client-ssm";
import { createHash } from "node:crypto";
import { parsePolicy } from "../../decide/iam/parse-policy.ts";
import { parseArn } from "../../domain/arn.ts";
import {
  findParameter,
  latest,
  parameterReference,
  parameters,
  type ParameterRecord,
  type ParameterSharingRecord,
} from "../../state/parameters.ts";
import { within } from "../constraints.ts";
import { because, type OperationContext, type RequestScope } from "../operation.ts";
import { operation, refuse } from "./parameter.ts";

// What shares a parameter with other accounts. A parameter has one such policy. Source: Systems Manager API, PutResourcePolicy.

/** Bytes. */
const LONGEST_POLICY = 1024;
const MOST_POLICIES = 1;

const onArn =
  (action: string) =>
  ({ ResourceArn = "" }: { ResourceArn?: string | undefined }, _at: RequestScope) => ({ action: `ssm:${action}`, resource: ResourceArn });

export const putResourcePolicy = operation("PutResourcePolicy", {
  authorize: onArn("PutResourcePolicy"),
  run({ ResourceArn = "", Policy = "", PolicyId, PolicyHash }, context) {
    const parameter = requireShareable(ResourceArn, context);
    if (Buffer.byteLength(Policy) > LONGEST_POLICY)
      throw limit(LONGEST_POLICY, "SIZE", `A policy can't be greater than ${LONGEST_POLICY} bytes in size.`);
    const parsed = parsePolicy(Policy, "resource");
    if ("refusal" in parsed) throw new MalformedResourcePolicyDocumentException(because(parsed.refusal));
    if (latest(parameter).tier !== "Advanced")
      throw invalidParameter("Only parameters of the advanced-parameter tier can be shared.", "ResourceArn");
    if (PolicyId !== undefined) sameOrRefused(parameter, PolicyId, PolicyHash);
    else if (parameter.sharing) throw limit(MOST_POLICIES, "NUMBER", "Only one policy can be attached to a parameter.");
    const sharing = {
      id: PolicyId ?? context.ids.uuid(),
      hash: createHash("sha256").update(Policy).digest("hex"),
      document: Policy,
    };
    context.state.commit(() => context.state.table(parameters).put({ ...parameter, sharing }));
    return { PolicyId: sharing.id, PolicyHash: sharing.hash };
  },
});

export const getResourcePolicies = operation("GetResourcePolicies", {
  authorize: onArn("GetResourcePolicies"),
  run({ ResourceArn = "", MaxResults }, context) {
    refuse(within("maxResults", MaxResults, 1, 50));
    const { sharing } = requireShareable(ResourceArn, context);
    return { Policies: sharing ? [{ PolicyId: sharing.id, PolicyHash: sharing.hash, Policy: sharing.document }] : [] };
  },
});

export const deleteResourcePolicy = operation("DeleteResourcePolicy", {
  authorize: onArn("DeleteResourcePolicy"),
  run({ ResourceArn = "", PolicyId = "", PolicyHash }, context) {
    const parameter = requireShareable(ResourceArn, context);
    sameOrRefused(parameter, PolicyId, PolicyHash);
    const { sharing: _gone, ...unshared } = parameter;
    context.state.commit(() => context.state.table(parameters).put(unshared));
    return {};
  },
});

function requireShareable(resourceArn: string, context: OperationContext): ParameterRecord {
  const arn = parseArn(resourceArn);
  if (arn?.service !== "ssm" || !arn.resource.startsWith("parameter/"))
    throw invalidParameter("The resource is not valid: here only parameters, named by their ARN, have policies.", "ResourceArn");
  const { parameter } = findParameter(context.state, parameterReference(context, resourceArn));
  if (!parameter || parameter.account !== context.account || parameter.region !== context.region)
    throw new ResourceNotFoundException(because(`The specified parameter to be shared could not be found: ${resourceArn}`));
  return parameter;
}

function sameOrRefused({ sharing }: ParameterRecord, id: string, hash: string | undefined): ParameterSharingRecord {
  if (sharing?.id !== id)
    throw new ResourcePolicyNotFoundException(because("No policies with the specified policy ID and hash could be found."));
  if (sharing.hash !== hash)
    throw new ResourcePolicyConflictException(
      because(
        "The hash provided in the call doesn't match the stored hash. Another request changed the policy; get it anew, and try again.",
      ),
    );
  return sharing;
}

function invalidParameter(message: string, ...names: string[]): ResourcePolicyInvalidParameterException {
  return new ResourcePolicyInvalidParameterException({ ...because(message), Message: message, ParameterNames: names });
}

function limit(most: number, type: string, message: string): ResourcePolicyLimitExceededException {
  return new ResourcePolicyLimitExceededException({ ...because(message), Message: message, Limit: most, LimitType: type });
}
