import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteSecurityGroupCommand,
  DeleteTagsCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  EC2Client,
  ModifySecurityGroupRulesCommand,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { permissionWorld, type Grant } from "../../testing/permission-world.ts";

const ec2 = (resource: string): string => `arn:aws:ec2:us-east-1:123456789012:${resource}`;
const may = (Action: string | string[], Resource: string | string[] = "*", Condition: Grant["Condition"] = {}): Grant => ({
  Action: [Action].flat().map((name) => `ec2:${name}`),
  Resource,
  Condition,
});
const equals = (key: string, value: string) => ({ StringEquals: { [key]: value } });
const Tags = [{ Key: "team", Value: "red" }];

/** The security group `web`, tagged `team=red`, in the default VPC. */
async function networkPermissions() {
  const world = await permissionWorld(EC2Client);
  const { Vpcs } = await world.root.send(new DescribeVpcsCommand({}));
  const { GroupId } = await world.root.send(
    new CreateSecurityGroupCommand({
      GroupName: "web",
      Description: "web",
      TagSpecifications: [{ ResourceType: "security-group", Tags }],
    }),
  );
  const { SecurityGroupRules } = await world.root.send(
    new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: [GroupId!] }] }),
  );
  return { ...world, vpc: Vpcs![0]!.VpcId!, group: GroupId!, rule: SecurityGroupRules![0]!.SecurityGroupRuleId! };
}

interface Ids {
  readonly vpc: string;
  readonly group: string;
  /** The only rule of the group. */
  readonly rule: string;
}
type Call = (ids: Ids) => unknown;
type Grants = (ids: Ids) => readonly Grant[];

async function verdict(call: Call, grants: Grants): Promise<string> {
  const world = await networkPermissions();
  await using _world = world;
  const outcome = await world.verdict(world.as(...grants(world)) as never, call(world));
  expect(world.api.defects).toEqual([]);
  return outcome;
}

const create = (more: object = {}) => new CreateSecurityGroupCommand({ GroupName: "api", Description: "api", ...more });
const tagged = { TagSpecifications: [{ ResourceType: "security-group", Tags }] };
const open = (more: object = {}) =>
  new AuthorizeSecurityGroupIngressCommand({ GroupName: "web", IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIp: "0.0.0.0/0", ...more });
const modify: Call = ({ group: GroupId, rule: SecurityGroupRuleId }) =>
  new ModifySecurityGroupRulesCommand({
    GroupId,
    SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule: { IpProtocol: "-1", CidrIpv4: "10.0.0.0/8" } }],
  });
const taggedRule = { TagSpecifications: [{ ResourceType: "security-group-rule", Tags }] };

test.each<[string, Call, Grants]>([
  ["a group in its VPC", () => create(), ({ vpc }) => [may("CreateSecurityGroup", [ec2(`vpc/${vpc}`), ec2("security-group/*")])]],
  [
    "a group with tags",
    () => create(tagged),
    () => [may("CreateSecurityGroup"), may("CreateTags", ec2("security-group/*"), equals("ec2:CreateAction", "CreateSecurityGroup"))],
  ],
  ["rules of a group that it names", () => open(), ({ group }) => [may("AuthorizeSecurityGroupIngress", ec2(`security-group/${group}`))]],
  ["rules of groups with a tag", () => open(), () => [may("AuthorizeSecurityGroupIngress", "*", equals("ec2:ResourceTag/team", "red"))]],
  [
    "rules with tags",
    () => open(taggedRule),
    () => [may("AuthorizeSecurityGroupIngress"), may("CreateTags", ec2("security-group-rule/*"))],
  ],
  [
    "rules changed, of groups with a tag",
    modify,
    ({ rule }) => [
      may("ModifySecurityGroupRules", ec2("security-group/*"), equals("aws:ResourceTag/team", "red")),
      may("ModifySecurityGroupRules", ec2(`security-group-rule/${rule}`)),
    ],
  ],
  [
    "groups of a VPC gone",
    ({ group: GroupId }) => new DeleteSecurityGroupCommand({ GroupId }),
    ({ vpc }) => [may("DeleteSecurityGroup", "*", { ArnEquals: { "ec2:Vpc": ec2(`vpc/${vpc}`) } })],
  ],
  [
    "tags of one resource",
    ({ group }) => new CreateTagsCommand({ Resources: [group], Tags }),
    ({ group }) => [may("CreateTags", ec2(`security-group/${group}`), equals("aws:RequestTag/team", "red"))],
  ],
  [
    "descriptions in its region",
    () => new DescribeSecurityGroupsCommand({}),
    () => [may("DescribeSecurityGroups", "*", equals("ec2:Region", "us-east-1"))],
  ],
  [
    "an attribute of one VPC",
    ({ vpc: VpcId }) => new DescribeVpcAttributeCommand({ VpcId, Attribute: "enableDnsSupport" }),
    ({ vpc }) => [may("DescribeVpcAttribute", ec2(`vpc/${vpc}`))],
  ],
])("who may have %s has it", async (_what, call, grants) => {
  expect(await verdict(call, grants)).toBe("allowed");
});

test.each<[string, Call, string, Grants]>([
  [
    "a group in another VPC",
    () => create(),
    "ec2:CreateSecurityGroup on resource: arn:aws:ec2:us-east-1:123456789012:vpc/vpc-",
    () => [may("CreateSecurityGroup", [ec2("vpc/vpc-0"), ec2("security-group/*")])],
  ],
  [
    "a group with tags, without leave to tag",
    () => create(tagged),
    `ec2:CreateTags on resource: ${ec2("security-group/*")}`,
    () => [may("CreateSecurityGroup")],
  ],
  [
    "tags on what is there already",
    ({ group }) => new CreateTagsCommand({ Resources: [group], Tags }),
    "ec2:CreateTags",
    () => [may("CreateTags", "*", equals("ec2:CreateAction", "CreateSecurityGroup"))],
  ],
  [
    "tags of one of two resources",
    ({ group, vpc }) => new CreateTagsCommand({ Resources: [group, vpc], Tags }),
    "ec2:CreateTags on resource: arn:aws:ec2:us-east-1:123456789012:vpc/vpc-",
    ({ group }) => [may("CreateTags", ec2(`security-group/${group}`))],
  ],
  [
    "other tags gone",
    ({ group }) => new DeleteTagsCommand({ Resources: [group], Tags }),
    "ec2:DeleteTags",
    () => [may("DeleteTags", "*", { "ForAllValues:StringEquals": { "aws:TagKeys": "owner" } })],
  ],
  [
    "rules changed, with leave for the group alone",
    modify,
    "ec2:ModifySecurityGroupRules on resource: arn:aws:ec2:us-east-1:123456789012:security-group-rule/sgr-",
    ({ group }) => [may("ModifySecurityGroupRules", ec2(`security-group/${group}`))],
  ],
  [
    "rules of another group",
    () => open(),
    "ec2:AuthorizeSecurityGroupIngress",
    () => [may("AuthorizeSecurityGroupIngress", ec2("security-group/sg-0"))],
  ],
  [
    "a group with another tag gone",
    ({ group: GroupId }) => new DeleteSecurityGroupCommand({ GroupId, DryRun: true }),
    "ec2:DeleteSecurityGroup",
    () => [may("DeleteSecurityGroup", "*", equals("aws:ResourceTag/team", "blue"))],
  ],
  [
    "descriptions of some",
    () => new DescribeSecurityGroupsCommand({}),
    "ec2:DescribeSecurityGroups because no identity-based policy allows",
    () => [may("DescribeSecurityGroups", ec2("security-group/*"))],
  ],
])("who may not have %s is refused", async (_what, call, text, grants) => {
  const told = await verdict(call, grants);
  expect(told).toContain("You are not authorized to perform this operation.");
  expect(told).toContain(text);
});
