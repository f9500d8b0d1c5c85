import { scopeKey } from "../../../domain/scope.ts";
import { vpcEndpoints, type VpcEndpointRecord } from "../../../state/ec2-endpoints.ts";
import { AwsError } from "../../aws-error.ts";
import { chosen, described, type FilterFields } from "../describe.ts";
import { onAny, operation } from "../ec2-operation.ts";
import { shownEndpoint } from "./endpoint-view.ts";

const FIELDS: FilterFields<VpcEndpointRecord> = {
  "ip-address-type": ({ type }) => (type === "Interface" ? "ipv4" : undefined),
  "service-name": ({ serviceName }) => serviceName,
  "service-region": ({ region }) => region,
  "vpc-id": ({ vpcId }) => vpcId,
  "vpc-endpoint-id": ({ id }) => id,
  "vpc-endpoint-state": ({ state }) => state,
  "vpc-endpoint-type": ({ type }) => type,
};

export function endpointNotFound(id: string): AwsError {
  return new AwsError("InvalidVpcEndpointId.NotFound", `The Vpc Endpoint Id '${id}' does not exist`);
}

export const describeVpcEndpoints = operation("DescribeVpcEndpoints", {
  authorize: onAny("DescribeVpcEndpoints"),
  run(input, context) {
    const all = context.state.table(vpcEndpoints).by("scope", scopeKey(context));
    const wanted = chosen(all, input.VpcEndpointIds, ({ id }) => id, endpointNotFound);
    const { items, ...more } = described(wanted, input, { id: ({ id }) => id, fields: FIELDS, tags: ({ tags }) => tags }, context);
    return { VpcEndpoints: items.map((record) => shownEndpoint(record, context)), ...more };
  },
});
