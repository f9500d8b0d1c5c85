import type { CreateVpcEndpointCommandInput, ModifyVpcEndpointCommandInput } from "@aws-sdk/client-ec2";
import type { AuthorizeScope, Permission } from "../../operation.ts";
import { onOne, tagAtCreation, tagKeys } from "../ec2-operation.ts";

// Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2".

/** An endpoint is made in a VPC, with tables, subnets and groups: each is asked for. */
export function onNewEndpoint(input: CreateVpcEndpointCommandInput, at: AuthorizeScope): readonly Permission[] {
  const action = "CreateVpcEndpoint";
  const resource = at.arn("ec2", "vpc-endpoint/*");
  const tags = (input.TagSpecifications ?? []).flatMap(({ Tags = [] }) => Tags);
  const context = { ...tagKeys(tags), "ec2:VpceServiceName": input.ServiceName, "ec2:VpceServiceOwner": "amazon" };
  return [
    { action: `ec2:${action}`, resource, context },
    onOne(action, "vpc", input.VpcId, at),
    ...partsOf(action, { tables: input.RouteTableIds, subnets: input.SubnetIds, groups: input.SecurityGroupIds }, at),
    ...tagAtCreation(resource, action, input.TagSpecifications),
  ];
}

export function onChangedEndpoint(input: ModifyVpcEndpointCommandInput, at: AuthorizeScope): readonly Permission[] {
  const action = "ModifyVpcEndpoint";
  const both = (added: readonly string[] = [], removed: readonly string[] = []): readonly string[] => [...added, ...removed];
  return [
    onOne(action, "vpc-endpoint", input.VpcEndpointId, at),
    ...partsOf(
      action,
      {
        tables: both(input.AddRouteTableIds, input.RemoveRouteTableIds),
        subnets: both(input.AddSubnetIds, input.RemoveSubnetIds),
        groups: both(input.AddSecurityGroupIds, input.RemoveSecurityGroupIds),
      },
      at,
    ),
  ];
}

interface Parts {
  readonly tables: readonly string[] | undefined;
  readonly subnets: readonly string[] | undefined;
  readonly groups: readonly string[] | undefined;
}

function partsOf(action: string, { tables = [], subnets = [], groups = [] }: Parts, at: AuthorizeScope): readonly Permission[] {
  return [
    ...tables.map((id) => onOne(action, "route-table", id, at)),
    ...subnets.map((id) => onOne(action, "subnet", id, at)),
    ...groups.map((id) => onOne(action, "security-group", id, at)),
  ];
}
