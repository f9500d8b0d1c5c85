import { arn, parseArn } from "../../../domain/arn.ts";
import type { Scope } from "../../../domain/scope.ts";
import { imageScans } from "../../../state/ecr-scans.ts";
import { images, repositories, repositoryNameOf } from "../../../state/ecr.ts";
import { serviceDeployments } from "../../../state/ecs-service-deployments.ts";
import { clusters, services, taskDefinitions, tasks } from "../../../state/ecs.ts";
import { securityGroups, subnets, vpcs } from "../../../state/ec2.ts";
import { accessKeys, roleKey, users } from "../../../state/iam.ts";
import { listeners, loadBalancers, rules, targetGroups, targets } from "../../../state/elb.ts";
import { logGroups } from "../../../state/logs.ts";
import type { AskedPermission } from "../../../authorization/authorize.ts";
import type { WholeState } from "../../../state/state.ts";
import type { TableDefinition } from "../../../state/table.ts";

/** What a console hears of a change: which resource, and nothing of it. */
export interface ToldChange {
  /** Such as `ecs:task`: the prefix of the service's actions, and the resource type. */
  readonly kind: string;
  readonly arn: string;
}

/** One record's resource, and what somebody needs to see it. */
export interface ChangedResource extends ToldChange {
  /** As the operation that shows it asks. */
  readonly read: AskedPermission;
}

/** A table whose changes consoles hear of. */
export interface WatchedTable {
  readonly definition: TableDefinition<object, string>;
  /** `undefined` for a record that no page shows. */
  readonly resource: (record: object, state: WholeState) => ChangedResource | undefined;
  /** Whether a change is one that pages show. */
  readonly isTold: (before: object | undefined, after: object | undefined) => boolean;
}

/**
 * The kinds of resources that consoles hear of, and the permission of the operation that shows each: whoever may not call that, is told nothing. One line
 * a table; what belongs to another resource (an image, a target) is told as a change of that.
 * Source of the actions' resources: Service Authorization Reference.
 */
export const WATCHED: readonly WatchedTable[] = [
  watched(repositories, ({ arn: named }) => told("ecr:repository", named, "ecr:DescribeRepositories")),
  watched(images, ({ repository }) => told("ecr:image", repositoryArn(repository), "ecr:DescribeImages")),
  watched(imageScans, ({ repository }) => told("ecr:image", repositoryArn(repository), "ecr:DescribeImages")),
  watched(clusters, ({ arn: named }) => told("ecs:cluster", named, "ecs:DescribeClusters")),
  watched(services, (service) => inCluster(told("ecs:service", service.arn, "ecs:DescribeServices"), service.clusterArn)),
  watched(serviceDeployments, ({ serviceArn }) => told("ecs:service-deployment", serviceArn, "ecs:ListServiceDeployments")),
  watched(tasks, (task) => inCluster(told("ecs:task", task.arn, "ecs:DescribeTasks"), task.clusterArn)),
  watched(taskDefinitions, ({ arn: named }) => told("ecs:task-definition", named, "ecs:DescribeTaskDefinition", "*")),
  watched(loadBalancers, ({ arn: named }) => balancing("load-balancer", named, "DescribeLoadBalancers")),
  watched(listeners, ({ arn: named }) => balancing("listener", named, "DescribeListeners")),
  watched(rules, ({ arn: named }) => balancing("listener-rule", named, "DescribeRules")),
  watched(targetGroups, ({ arn: named }) => balancing("target-group", named, "DescribeTargetGroups")),
  watched(targets, ({ targetGroupArn }) => balancing("target-health", targetGroupArn, "DescribeTargetHealth")),
  watched(securityGroups, (group) => ofNetwork("security-group", group, group.id, "DescribeSecurityGroups")),
  watched(vpcs, (vpc) => ofNetwork("vpc", vpc, vpc.id, "DescribeVpcs")),
  watched(subnets, (subnet) => ofNetwork("subnet", subnet, subnet.id, "DescribeSubnets")),
  watched(logGroups, (group) =>
    told(
      "logs:log-group",
      arn("logs", group, `log-group:${group.name}`),
      "logs:DescribeLogGroups",
      arn("logs", group, "log-group::log-stream:"),
    ),
  ),
  watched(users, ({ arn: named }) => told("iam:user", named, "iam:GetUser")),
  // Those of root are on no page: nobody but the operator has them. When one was last used changes with each use, and is on none either.
  watched(
    accessKeys,
    ({ account, userName }, state) => {
      const user = userName === undefined ? undefined : state.table(users).get(roleKey(account, userName));
      return user && told("iam:access-key", user.arn, "iam:ListAccessKeys");
    },
    (before, after) => before?.status !== after?.status,
  ),
];

/** Where a resource lives, by its ARN: without a region where it is in all of them. */
export function scopeOf({ arn: named }: ToldChange): Scope | undefined {
  return parseArn(named);
}

function watched<R extends object, I extends string>(
  definition: TableDefinition<R, I>,
  resource: (record: R, state: WholeState) => ChangedResource | undefined,
  isTold: (before: R | undefined, after: R | undefined) => boolean = () => true,
): WatchedTable {
  // A table's records are its own: nothing else is ever handed to these.
  return { definition, resource, isTold } as unknown as WatchedTable;
}

function told(kind: string, named: string, action: string, resource = named): ChangedResource {
  return { kind, arn: named, read: { action, resource } };
}

function inCluster(change: ChangedResource, cluster: string): ChangedResource {
  return { ...change, read: { ...change.read, context: { "ecs:cluster": cluster } } };
}

function balancing(type: string, named: string, action: string): ChangedResource {
  return told(`elasticloadbalancing:${type}`, named, `elasticloadbalancing:${action}`, "*");
}

function ofNetwork(type: string, scope: Scope, id: string, action: string): ChangedResource {
  return told(`ec2:${type}`, arn("ec2", scope, `${type}/${id}`), `ec2:${action}`, "*");
}

/** @param key its `repositoryKey` */
function repositoryArn(key: string): string {
  const [account = "", region = ""] = key.split("/");
  return arn("ecr", { account, region }, `repository/${repositoryNameOf(key)}`);
}
