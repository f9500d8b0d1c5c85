import { ResourceInUseException, type CapacityProvider, type Failure } from "@aws-sdk/client-ecs";
import { clusters, services, type ClusterRecord } from "../../state/ecs.ts";
import { because } from "../operation.ts";
import { AWS_PROVIDERS, capacityProviderArn, capacityProviderName, checkProviders, checkStrategy } from "./capacity-provider-strategy.ts";
import { clusterView } from "./cluster-view.ts";
import { capacityProviderKeys } from "./condition-keys.ts";
import { operation } from "./ecs-operation.ts";
import { clusterArn, requireCluster } from "./find-cluster.ts";

export const putClusterCapacityProviders = operation("PutClusterCapacityProviders", {
  authorize: ({ cluster, capacityProviders }, at) => ({
    action: "ecs:PutClusterCapacityProviders",
    resource: clusterArn(at, cluster),
    context: capacityProviderKeys(at, capacityProviders),
  }),
  run(input, context) {
    const { state } = context;
    const cluster = requireCluster(input.cluster, context);
    const capacityProviders = checkProviders(input.capacityProviders ?? [], context);
    const strategy = checkStrategy(input.defaultCapacityProviderStrategy ?? [], capacityProviders, context);
    const removed = cluster.capacityProviders.filter((name) => !capacityProviders.includes(name));
    const users = state
      .table(services)
      .by("cluster", cluster.arn)
      .filter((service) => service.status === "ACTIVE");
    if (users.some((service) => service.capacityProviderStrategy?.some((item) => removed.includes(item.capacityProvider ?? ""))))
      throw new ResourceInUseException(because("The specified capacity provider is in use and cannot be removed."));
    const updated: ClusterRecord = { ...cluster, capacityProviders, defaultCapacityProviderStrategy: strategy };
    state.commit(() => state.table(clusters).put(updated));
    return { cluster: { ...clusterView(updated, state), attachments: [], attachmentsStatus: "UPDATE_COMPLETE" } };
  },
});

/** AWS's own providers only: Auto Scaling groups and managed instances are none here. */
export const describeCapacityProviders = operation("DescribeCapacityProviders", {
  authorize: ({ capacityProviders: asked = [] }, at) => ({
    action: "ecs:DescribeCapacityProviders",
    resource: (asked.length > 0 ? asked : ["*"]).map((provider) => capacityProviderArn(at, provider)),
  }),
  run({ capacityProviders }, at) {
    const asked = capacityProviders && capacityProviders.length > 0 ? capacityProviders : AWS_PROVIDERS;
    const failures: Failure[] = [];
    const found = asked.flatMap((provider): CapacityProvider[] => {
      const name = capacityProviderName(at, provider);
      const arn = capacityProviderArn(at, provider);
      if (AWS_PROVIDERS.includes(name))
        return [{ capacityProviderArn: arn, name, status: "ACTIVE", tags: [], type: name as "FARGATE" | "FARGATE_SPOT" }];
      failures.push({ arn, reason: "MISSING" });
      return [];
    });
    return { capacityProviders: found, failures };
  },
});
