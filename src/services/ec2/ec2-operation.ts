import { defaultNetwork, NoBlockLeftError, NoDefaultVpcError, type DefaultNetwork } from "../../state/default-vpc.ts";
import { AwsError } from "../aws-error.ts";
import {
  operationsOf,
  type AuthorizeScope,
  requestTagList,
  type ConditionContext,
  type OperationBody,
  type OperationContext,
  type Permission,
  type RequestScope,
} from "../operation.ts";
import type { Tag, TagSpecification } from "@aws-sdk/client-ec2";

const plain = operationsOf<typeof import("@aws-sdk/client-ec2")>();

/** An operation of EC2. Every one of them takes DryRun, which tells whether the request would have been allowed. */
export const operation: typeof plain = (name, body) => {
  const { authorize, run } = body as OperationBody<{ DryRun?: boolean }, unknown>;
  const wrapped: OperationBody<{ DryRun?: boolean }, unknown> = {
    authorize: (input, at) =>
      [authorize(input, at)].flat().map((asked) => ({ ...asked, context: { "ec2:Region": at.region, ...asked.context } })),
    run(input, context) {
      if (input.DryRun) throw new AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
      madeDefaultNetwork(context);
      return run(input, context);
    },
  };
  return plain(name, wrapped as unknown as typeof body);
};

/**
 * The default VPC of the caller's account and region, with all that belongs to it.
 * @throws VpcLimitExceeded where no addresses are left for one
 * @throws VPCIdNotSpecified where somebody has deleted it
 */
export function defaultNetworkOf(context: OperationContext): DefaultNetwork {
  const found = madeDefaultNetwork(context);
  if (!found) throw new AwsError("VPCIdNotSpecified", "No default VPC for this user");
  return found;
}

/** A region has its default VPC from the first look on; `undefined` where somebody has deleted it. */
function madeDefaultNetwork(context: OperationContext): DefaultNetwork | undefined {
  try {
    return defaultNetwork(context.state.whole, context.ids, context, context.now);
  } catch (cause) {
    if (cause instanceof NoDefaultVpcError) return undefined;
    if (!(cause instanceof NoBlockLeftError)) throw cause;
    throw new AwsError("VpcLimitExceeded", `The maximum number of VPCs has been reached: ${cause.message}.`);
  }
}

/** Most of EC2's Describe operations have no resources in IAM. */
export const onAny = (action: string) => () => ({ action: `ec2:${action}`, resource: "*" });

export function tagKeys(tags: readonly Tag[]): ConditionContext {
  return requestTagList(tags);
}

/** Who creates something with tags must be allowed to tag it, too. Source: Amazon EC2 User Guide, "Grant permission to tag resources during creation". */
export function tagAtCreation(
  resource: string,
  createAction: string,
  specifications: readonly TagSpecification[] = [],
): readonly Permission[] {
  const tags = specifications.flatMap(({ Tags = [] }) => Tags);
  if (tags.length === 0) return [];
  return [{ action: "ec2:CreateTags", resource, context: { ...tagKeys(tags), "ec2:CreateAction": createAction } }];
}

export function invalidValue(message: string): AwsError {
  return new AwsError("InvalidParameterValue", message);
}

/** What is asked for where an operation makes a resource of a kind: the right to make it with these tags, and to tag it. */
export const onNew =
  (action: string, kind: string) =>
  (
    { TagSpecifications }: { readonly TagSpecifications?: readonly TagSpecification[] | undefined },
    at: AuthorizeScope,
  ): readonly Permission[] => {
    const resource = at.arn("ec2", `${kind}/*`);
    const tags = (TagSpecifications ?? []).flatMap(({ Tags = [] }) => Tags);
    return [{ action: `ec2:${action}`, resource, context: tagKeys(tags) }, ...tagAtCreation(resource, action, TagSpecifications)];
  };

/** The permission for an action on one resource that is there. A missing id is any: the operation will say so. */
export function onOne(action: string, kind: string, id: string | undefined, at: RequestScope): Permission {
  return { action: `ec2:${action}`, resource: at.arn("ec2", `${kind}/${id ?? "*"}`) };
}

/** @throws UnsupportedOperation that names what cannot be done here */
export function unsupported(message: string): AwsError {
  return new AwsError("UnsupportedOperation", message);
}
