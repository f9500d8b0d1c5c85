import type { InternetGateway } from "@aws-sdk/client-ec2";
import { scopeKey } from "../../domain/scope.ts";
import { internetGateways, type InternetGatewayRecord } from "../../state/ec2-gateways.ts";
import { AwsError } from "../aws-error.ts";
import { chosen, described, type FilterFields } from "./describe.ts";
import { onAny, operation } from "./ec2-operation.ts";

export function internetGatewayNotFound(id: string): AwsError {
  return new AwsError("InvalidInternetGatewayID.NotFound", `The internetGateway ID '${id}' does not exist`);
}

const FIELDS: FilterFields<InternetGatewayRecord> = {
  "internet-gateway-id": ({ id }) => id,
  "attachment.vpc-id": ({ vpcId }) => vpcId,
  "attachment.state": ({ vpcId }) => (vpcId === undefined ? undefined : "available"),
  "owner-id": ({ account }) => account,
};

export const describeInternetGateways = operation("DescribeInternetGateways", {
  authorize: onAny("DescribeInternetGateways"),
  run(input, context) {
    const all = context.state.table(internetGateways).by("scope", scopeKey(context));
    const wanted = chosen(all, input.InternetGatewayIds, ({ id }) => id, internetGatewayNotFound);
    const { items, ...more } = described(wanted, input, { id: ({ id }) => id, tags: ({ tags }) => tags, fields: FIELDS }, context);
    return { InternetGateways: items.map(shownGateway), ...more };
  },
});

export function shownGateway({ id, vpcId, account, tags }: InternetGatewayRecord): InternetGateway {
  return {
    // Not an AttachmentStatus of the SDK's, but what AWS answers for a gateway.
    Attachments: vpcId === undefined ? [] : [{ State: "available" as never, VpcId: vpcId }],
    InternetGatewayId: id,
    OwnerId: account,
    Tags: [...tags],
  };
}
