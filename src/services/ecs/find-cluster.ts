import { ClusterNotFoundException } from "@aws-sdk/client-ecs";
import { nameFromArn } from "../../domain/arn.ts";
import { clusters, type ClusterRecord } from "../../state/ecs.ts";
import { because, type OperationContext, type RequestScope } from "../operation.ts";

/** What a request means by its `cluster`: a name, an ARN, or the cluster named `default`. */
export function clusterName(cluster: string | undefined): string {
  return cluster === undefined || cluster === "" ? "default" : nameFromArn(cluster);
}

export function clusterArn(at: RequestScope, cluster: string | undefined): string {
  return cluster?.startsWith("arn:") ? cluster : at.arn("ecs", `cluster/${clusterName(cluster)}`);
}

/** The ARN of something in a cluster, such as `task/production/0af…`; the id may be an ARN already. */
export function arnInCluster(at: RequestScope, kind: "service" | "task", cluster: string | undefined, id: string): string {
  return id.startsWith("arn:") ? id : at.arn("ecs", `${kind}/${clusterName(cluster)}/${id}`);
}

/** @throws ClusterNotFoundException where there is no such cluster, or it was deleted */
export function requireCluster(cluster: string | undefined, context: OperationContext): ClusterRecord {
  const found = context.state.table(clusters).get(clusterArn(context, cluster));
  if (!found) throw new ClusterNotFoundException(because("Cluster not found."));
  if (found.status === "INACTIVE") throw new ClusterNotFoundException(because("The referenced cluster was inactive."));
  return found;
}
