import { scopeKey } from "../../domain/scope.ts";
import type { CreateSecurityGroupCommandInput, TagSpecification } from "@aws-sdk/client-ec2";
import { securityGroups, vpcs } from "../../state/ec2.ts";
import type { AuthorizeScope, Permission } from "../operation.ts";
import { tagAtCreation, tagKeys } from "./ec2-operation.ts";

// Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2".

interface NamesGroup {
  readonly GroupId?: string | undefined;
  readonly GroupName?: string | undefined;
}

export const onGroup =
  (action: string) =>
  (
    input: NamesGroup & { readonly TagSpecifications?: readonly TagSpecification[] | undefined },
    at: AuthorizeScope,
  ): readonly Permission[] => [
    { action: `ec2:${action}`, resource: groupArn(input, at) },
    ...tagAtCreation(at.arn("ec2", "security-group-rule/*"), action, input.TagSpecifications),
  ];

/** Rules that are there are resources of their own beside their group. Source: IAM User Guide, the example for security groups by tag. */
export function onRulesOfGroup(
  input: NamesGroup & { readonly SecurityGroupRules?: readonly { readonly SecurityGroupRuleId?: string | undefined }[] | undefined },
  at: AuthorizeScope,
): readonly Permission[] {
  const action = "ec2:ModifySecurityGroupRules";
  const ids = (input.SecurityGroupRules ?? []).map(({ SecurityGroupRuleId = "*" }) => SecurityGroupRuleId);
  return [
    { action, resource: groupArn(input, at) },
    ...ids.map((id) => ({ action, resource: at.arn("ec2", `security-group-rule/${id}`) })),
  ];
}

/** A name counts in the default VPC; one that is not there is any group, since the operation will say so. */
function groupArn({ GroupId, GroupName }: NamesGroup, at: AuthorizeScope): string {
  const vpc = defaultVpc(at);
  const named = at.state
    .table(securityGroups)
    .by("vpc", vpc?.id ?? "")
    .find(({ name }) => name === GroupName);
  return at.arn("ec2", `security-group/${GroupId ?? named?.id ?? "*"}`);
}

function defaultVpc({ state, account, region }: AuthorizeScope) {
  return state
    .table(vpcs)
    .by("scope", scopeKey({ account, region }))
    .find(({ isDefault }) => isDefault);
}

/** A group is made in a VPC: both are asked for. */
export function onNewGroup(
  { VpcId, TagSpecifications: specifications = [] }: CreateSecurityGroupCommandInput,
  at: AuthorizeScope,
): readonly Permission[] {
  const created = at.arn("ec2", "security-group/*");
  const vpc = at.arn("ec2", `vpc/${VpcId ?? defaultVpc(at)?.id ?? "*"}`);
  const given = tagKeys(specifications.flatMap(({ Tags = [] }) => Tags));
  return [
    { action: "ec2:CreateSecurityGroup", resource: created, context: { ...given, "ec2:Vpc": vpc } },
    { action: "ec2:CreateSecurityGroup", resource: vpc },
    ...tagAtCreation(created, "CreateSecurityGroup", specifications),
  ];
}
