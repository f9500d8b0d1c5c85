import { scopeKey } from "../../domain/scope.ts";
import { ClusterContainsServicesException, ClusterContainsTasksException, type Failure } from "@aws-sdk/client-ecs";
import { clusters, services, tasks, type ClusterRecord } from "../../state/ecs.ts";
import { because, type Permission } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { ensureLinkedRole } from "../iam/linked-role.ts";
import { compareKeys, paginate } from "../pagination.ts";
import { effectiveSetting } from "./account-settings.ts";
import { checkProviders, checkStrategy } from "./capacity-provider-strategy.ts";
import { checkConfiguration, checkSettings } from "./cluster-settings.ts";
import { clusterView } from "./cluster-view.ts";
import { capacityProviderKeys, tagAtCreation, tagKeys } from "./condition-keys.ts";
import { invalid, isEcsName, operation } from "./ecs-operation.ts";
import { clusterNamespace } from "./connect-namespace.ts";
import { clusterArn, requireCluster, requireClusterOfAnyStatus } from "./find-cluster.ts";
import { checkTags } from "./tags.ts";

export const createCluster = operation("CreateCluster", {
  authorize({ clusterName: name, tags, capacityProviders }, at): readonly Permission[] {
    const resource = clusterArn(at, name);
    const context = { ...tagKeys(tags), ...capacityProviderKeys(at, capacityProviders) };
    return [{ action: "ecs:CreateCluster", resource, context }, ...tagAtCreation(resource, "CreateCluster", tags)];
  },
  run(input, context) {
    const name = input.clusterName || "default";
    if (!isEcsName(name)) throw invalid("Identifier contains invalid characters.");
    const tags = checkTags(input.tags);
    const insights = effectiveSetting("containerInsights", context.principal.arn, context, context.state);
    const settings = checkSettings(input.settings, [{ name: "containerInsights", value: insights }]);
    checkConfiguration(input.configuration);
    const capacityProviders = checkProviders(input.capacityProviders ?? [], context);
    const strategy = checkStrategy(input.defaultCapacityProviderStrategy ?? [], capacityProviders, context);
    const known = context.state.table(clusters).get(clusterArn(context, name));
    if (known?.status === "ACTIVE") {
      if (contradicts(input, known))
        throw invalid("Arguments on this idempotent request are inconsistent with arguments used in previous request(s).");
      return { cluster: clusterView(known, context.state, ["TAGS", "CONFIGURATIONS"]) };
    }
    const cluster: ClusterRecord = {
      arn: context.arn("ecs", `cluster/${name}`),
      name,
      account: context.account,
      region: context.region,
      status: "ACTIVE",
      settings,
      ...defined({ configuration: input.configuration }),
      capacityProviders,
      defaultCapacityProviderStrategy: strategy,
      tags,
      createdAt: context.now,
    };
    const created = context.state.commit(() => {
      // Source: ECS API, "CreateCluster": the role is made where the caller may make it, and the cluster in any case.
      ensureLinkedRole("ecs.amazonaws.com", context);
      const serviceConnectNamespace = clusterNamespace(input.serviceConnectDefaults?.namespace ?? "", context);
      return context.state.table(clusters).put({ ...cluster, ...defined({ serviceConnectNamespace }) });
    });
    return { cluster: clusterView(created, context.state, ["TAGS", "CONFIGURATIONS"]) };
  },
});

/** Creating a cluster again is refused only where it says other capacity providers than the cluster has; all else is left as it is. */
function contradicts(input: { capacityProviders?: string[] | undefined }, known: ClusterRecord): boolean {
  if (!input.capacityProviders) return false;
  return JSON.stringify([...input.capacityProviders].sort(compareKeys)) !== JSON.stringify([...known.capacityProviders].sort(compareKeys));
}

export const describeClusters = operation("DescribeClusters", {
  authorize: ({ clusters: asked = [] }, at) => ({
    action: "ecs:DescribeClusters",
    resource: (asked.length > 0 ? asked : ["default"]).map((cluster) => clusterArn(at, cluster)),
  }),
  run({ clusters: asked, include = [] }, context) {
    const wanted = asked && asked.length > 0 ? asked : ["default"];
    if (wanted.length > 100) throw invalid("clusters can have at most 100 items.");
    const failures: Failure[] = [];
    const found = wanted.flatMap((cluster) => {
      const arn = clusterArn(context, cluster);
      const record = context.state.table(clusters).get(arn);
      if (!record) failures.push({ arn, reason: "MISSING" });
      return record ? [clusterView(record, context.state, include)] : [];
    });
    return { clusters: found, failures };
  },
});

export const listClusters = operation("ListClusters", {
  authorize: () => ({ action: "ecs:ListClusters", resource: "*" }),
  run({ nextToken, maxResults = 100 }, { state, secrets, account, region }) {
    if (maxResults < 1 || maxResults > 100) throw invalid("maxResults must be between 1 and 100.");
    const arns = state
      .table(clusters)
      .by("scope", scopeKey({ account, region }))
      .filter((cluster) => cluster.status === "ACTIVE")
      .map((cluster) => cluster.arn)
      .sort(compareKeys);
    const page = paginate(arns, (arn) => arn, { token: nextToken, limit: maxResults }, secrets);
    if (!page) throw invalid("Invalid token.");
    return { clusterArns: [...page.items], nextToken: page.nextToken };
  },
});

export const deleteCluster = operation("DeleteCluster", {
  authorize: ({ cluster }, at) => ({ action: "ecs:DeleteCluster", resource: clusterArn(at, cluster) }),
  run({ cluster: asked }, context) {
    const { state } = context;
    const cluster = requireClusterOfAnyStatus(asked, context);
    if (cluster.status === "INACTIVE") return { cluster: clusterView(cluster, state) };
    if (
      state
        .table(services)
        .by("cluster", cluster.arn)
        .some((service) => service.status !== "INACTIVE")
    )
      throw new ClusterContainsServicesException(because("The Cluster cannot be deleted while Services are active."));
    if (
      state
        .table(tasks)
        .by("cluster", cluster.arn)
        .some((task) => task.lastStatus !== "STOPPED")
    )
      throw new ClusterContainsTasksException(because("The Cluster cannot be deleted while Tasks are active."));
    const deleted: ClusterRecord = { ...cluster, status: "INACTIVE" };
    state.commit(() => state.table(clusters).put(deleted));
    return { cluster: clusterView(deleted, state) };
  },
});

export const updateCluster = operation("UpdateCluster", {
  authorize: ({ cluster }, at) => ({ action: "ecs:UpdateCluster", resource: clusterArn(at, cluster) }),
  run(input, context) {
    const cluster = requireCluster(input.cluster, context);
    checkConfiguration(input.configuration);
    const { serviceConnectNamespace: former, ...rest } = cluster;
    const changed: ClusterRecord = {
      ...rest,
      settings: checkSettings(input.settings, cluster.settings),
      ...defined({ configuration: input.configuration ?? cluster.configuration }),
    };
    const wanted = input.serviceConnectDefaults?.namespace;
    const updated = context.state.commit(() => {
      const serviceConnectNamespace = wanted === undefined ? former : clusterNamespace(wanted, context);
      return context.state.table(clusters).put({ ...changed, ...defined({ serviceConnectNamespace }) });
    });
    return { cluster: clusterView(updated, context.state, ["CONFIGURATIONS"]) };
  },
});

export const updateClusterSettings = operation("UpdateClusterSettings", {
  authorize: ({ cluster }, at) => ({ action: "ecs:UpdateClusterSettings", resource: clusterArn(at, cluster) }),
  run(input, context) {
    const cluster = requireCluster(input.cluster, context);
    const updated = { ...cluster, settings: checkSettings(input.settings, cluster.settings) };
    context.state.commit(() => context.state.table(clusters).put(updated));
    return { cluster: clusterView(updated, context.state) };
  },
});
