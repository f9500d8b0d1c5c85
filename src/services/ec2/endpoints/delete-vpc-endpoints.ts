import type { UnsuccessfulItem } from "@aws-sdk/client-ec2";
import { releaseEndpoint } from "../../../state/new-endpoint.ts";
import { AwsError } from "../../aws-error.ts";
import type { OperationContext } from "../../operation.ts";
import { onOne, operation } from "../ec2-operation.ts";
import { requireEndpoint } from "./modify-vpc-endpoint.ts";

/** Each by itself: what cannot be deleted is told in the answer, and does not keep the others. */
export const deleteVpcEndpoints = operation("DeleteVpcEndpoints", {
  authorize: ({ VpcEndpointIds = [] }, at) => VpcEndpointIds.map((id) => onOne("DeleteVpcEndpoints", "vpc-endpoint", id, at)),
  run({ VpcEndpointIds = [] }, context) {
    const Unsuccessful = [...new Set(VpcEndpointIds)].flatMap((id) => remove(context, id) ?? []);
    return { Unsuccessful };
  },
});

function remove(context: OperationContext, id: string): UnsuccessfulItem | undefined {
  const { state } = context;
  try {
    const found = requireEndpoint(context, id);
    state.commit(() => releaseEndpoint(state, found));
    return undefined;
  } catch (cause) {
    if (!(cause instanceof AwsError)) throw cause;
    return { ResourceId: id, Error: { Code: cause.code, Message: cause.message } };
  }
}
