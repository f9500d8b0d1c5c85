import { inCluster } from "./condition-keys.ts";
import { invalid, mustBeOneOf, operation } from "./ecs-operation.ts";
import { arnInCluster, clusterArn, requireArnIn, requireCluster } from "./find-cluster.ts";

// This host is the capacity of every cluster; it is registered with none, and no other can register yet.

export const listContainerInstances = operation("ListContainerInstances", {
  authorize: ({ cluster }, at) => ({ action: "ecs:ListContainerInstances", resource: clusterArn(at, cluster) }),
  run({ cluster, status }, context) {
    requireCluster(cluster, context);
    mustBeOneOf("status", status, ["ACTIVE", "DRAINING", "REGISTERING", "DEREGISTERING", "REGISTRATION_FAILED"]);
    return { containerInstanceArns: [] };
  },
});

export const describeContainerInstances = operation("DescribeContainerInstances", {
  authorize: ({ cluster, containerInstances = [] }, at) => ({
    action: "ecs:DescribeContainerInstances",
    resource: containerInstances.map((id) => arnInCluster(at, "container-instance", cluster, id)),
    context: inCluster(at, cluster),
  }),
  run({ cluster: id, containerInstances = [] }, context) {
    const cluster = requireCluster(id, context);
    if (containerInstances.length === 0) throw invalid("Container instances cannot be empty.");
    if (containerInstances.length > 100) throw invalid("instanceIds can have at most 100 items.");
    const arnOf = (instance: string): string => requireArnIn(cluster, "container-instance", instance, context);
    return { containerInstances: [], failures: containerInstances.map((instance) => ({ arn: arnOf(instance), reason: "MISSING" })) };
  },
});

export const listAttributes = operation("ListAttributes", {
  authorize: ({ cluster }, at) => ({ action: "ecs:ListAttributes", resource: clusterArn(at, cluster) }),
  run({ cluster, targetType }, context) {
    requireCluster(cluster, context);
    mustBeOneOf("targetType", targetType, ["container-instance"]);
    return { attributes: [] };
  },
});
