import { arn } from "../../domain/arn.ts";
import { type Scope, scopeKey } from "../../domain/scope.ts";
import { securityGroups, subnets, vpcs } from "../../state/ec2.ts";
import type { WholeState } from "../../state/state.ts";
import { tagFacts, type FactsOf, type ResourceFacts } from "./resource-facts.ts";

/** Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2". */
export const ec2Facts: FactsOf = (state, { account, region, resource }) => {
  const [kind, id = ""] = resource.split("/");
  const found = kindOf(state, kind, id, scopeKey({ account, region }));
  // Ids are unique among accounts, but an ARN tells whose it is.
  return found?.owner.account === account && found.owner.region === region ? found.facts : undefined;
};

interface Found {
  readonly owner: Scope;
  readonly facts: ResourceFacts;
}

function kindOf(state: WholeState, kind: string | undefined, id: string, scope: string): Found | undefined {
  switch (kind) {
    case "vpc": {
      const vpc = state.table(vpcs).get(id);
      return vpc && { owner: vpc, facts: { tags: tagFacts(vpc.tags), context: { "ec2:VpcID": id, "ec2:Vpc": inVpc(vpc, id) } } };
    }
    case "subnet": {
      const subnet = state.table(subnets).get(id);
      if (!subnet) return undefined;
      const context = { "ec2:SubnetID": id, "ec2:Vpc": inVpc(subnet, subnet.vpcId), "ec2:AvailabilityZone": subnet.availabilityZone };
      return { owner: subnet, facts: { tags: tagFacts(subnet.tags), context } };
    }
    case "security-group": {
      const group = state.table(securityGroups).get(id);
      const context = group && { "ec2:SecurityGroupID": id, "ec2:Vpc": inVpc(group, group.vpcId) };
      return group && { owner: group, facts: { tags: tagFacts(group.tags), ...(context ? { context } : {}) } };
    }
    case "security-group-rule": {
      const group = state
        .table(securityGroups)
        .by("scope", scope)
        .find(({ rules }) => rules.some((rule) => rule.id === id));
      const rule = group?.rules.find((candidate) => candidate.id === id);
      return group && rule && { owner: group, facts: { tags: tagFacts(rule.tags) } };
    }
    default:
      return undefined;
  }
}

function inVpc(scope: Scope, vpcId: string): string {
  return arn("ec2", { account: scope.account, region: scope.region }, `vpc/${vpcId}`);
}
