import { MalformedPolicyDocumentException, type PolicyDescriptorType } from "@aws-sdk/client-sts";
import { awsManagedPolicy } from "../../authorization/aws-managed-policies.ts";
import { parsePolicy } from "../../decide/iam/parse-policy.ts";
import { parseArn } from "../../domain/arn.ts";
import type { SessionFacts } from "../../domain/principal.ts";
import { policies } from "../../state/iam.ts";
import type { State } from "../../state/state.ts";
import { AwsError } from "../aws-error.ts";
import { lengthWithin } from "../constraints.ts";
import { because } from "../operation.ts";
import { refuse } from "./sts-operation.ts";

const LONGEST_POLICY = 2048;
const MOST_POLICIES = 10;

interface SessionPolicyInput {
  readonly Policy?: string | undefined;
  readonly PolicyArns?: readonly PolicyDescriptorType[] | undefined;
}

/**
 * The policies that cut a session down.
 * @param account whose managed policies may be named, beside AWS's own: the account of the session
 * @throws AwsError ValidationError; MalformedPolicyDocumentException
 */
export function sessionPolicies(
  state: State,
  account: string,
  { Policy, PolicyArns = [] }: SessionPolicyInput,
): Pick<SessionFacts, "policy" | "policyArns" | "policyIds"> {
  refuse(lengthWithin("policy", Policy, 1, LONGEST_POLICY), lengthWithin("policyArns", PolicyArns, 0, MOST_POLICIES));
  if (Policy !== undefined) {
    const parsed = parsePolicy(Policy, "identity");
    if ("refusal" in parsed) throw new MalformedPolicyDocumentException(because(parsed.refusal));
  }
  const policyArns = PolicyArns.map(({ arn = "" }) => arn);
  const policyIds = policyArns.map((arn) => idOf(state, account, arn));
  return { ...(Policy === undefined ? {} : { policy: Policy }), policyArns, ...(policyIds.length === 0 ? {} : { policyIds }) };
}

function idOf(state: State, account: string, arn: string): string {
  const owner = parseArn(arn)?.account;
  const found = owner === "aws" ? awsManagedPolicy(arn) : owner === account ? state.table(policies).get(arn) : undefined;
  if (!found) throw new AwsError("ValidationError", `ARN ${arn} is not valid.`);
  return found.id;
}
