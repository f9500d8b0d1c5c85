import { defaultNetwork } from "../../state/default-vpc.ts";
import { AwsError } from "../aws-error.ts";
import { operationsOf, type OperationBody, type OperationContext } from "../operation.ts";

const plain = operationsOf<typeof import("@aws-sdk/client-ec2")>();

/** An operation of EC2. Every one of them takes DryRun, which tells whether the request would have been allowed. */
export const operation: typeof plain = (name, body) => {
  const { authorize, run } = body as OperationBody<{ DryRun?: boolean }, unknown>;
  const wrapped: OperationBody<{ DryRun?: boolean }, unknown> = {
    authorize,
    run(input, context) {
      if (input.DryRun) throw new AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
      // A region has its default VPC from the first look on.
      defaultNetwork(context.state, context.ids, context);
      return run(input, context);
    },
  };
  return plain(name, wrapped as unknown as typeof body);
};

/** Most of EC2's Describe operations have no resources in IAM. */
export const onAny = (action: string) => () => ({ action: `ec2:${action}`, resource: "*" });

export function scopeOf({ account, region }: OperationContext): string {
  return `${account}/${region}`;
}

export function invalidValue(message: string): AwsError {
  return new AwsError("InvalidParameterValue", message);
}
