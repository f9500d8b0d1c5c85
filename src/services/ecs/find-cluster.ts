import { ClusterNotFoundException } from "@aws-sdk/client-ecs";
import { clusters, type ClusterRecord } from "../../state/ecs.ts";
import { because, type OperationContext, type RequestScope } from "../operation.ts";
import { invalid } from "./ecs-operation.ts";
import { readIdentifier, readIdentifierIn, type Identifier, type IdentifierKind } from "./identifier.ts";

// Each name is read in one way, for the decision and for the use alike. What it cannot mean is told when it is used: a decision about
// what is not there changes nothing.

function readCluster(at: RequestScope, cluster: string | undefined): Identifier {
  return cluster === undefined || cluster === "" ? { path: "default" } : readIdentifier(at, "cluster", cluster);
}

/** What a request means by its `cluster`: a name, an ARN, or the cluster named `default`. */
export function clusterName(at: RequestScope, cluster: string | undefined): string {
  const read = readCluster(at, cluster);
  return "path" in read ? read.path : (cluster ?? "");
}

/** The ARN to decide about; of what is no cluster here, the text itself. */
export function clusterArn(at: RequestScope, cluster: string | undefined): string {
  const read = readCluster(at, cluster);
  return "path" in read ? at.arn("ecs", `cluster/${read.path}`) : (cluster ?? "");
}

/** The ARN of something in a cluster, such as `task/production/0af…`, to decide about; of what is none here, the text itself. */
export function arnInCluster(at: RequestScope, kind: IdentifierKind, cluster: string | undefined, id: string): string {
  const name = clusterName(at, cluster);
  const read = readIdentifierIn(at, kind, name, id);
  return "path" in read ? at.arn("ecs", `${kind}/${name}/${read.path}`) : id;
}

/** @throws ClusterNotFoundException where there is no such cluster, or it was deleted; InvalidParameterException for one elsewhere */
export function requireCluster(cluster: string | undefined, context: OperationContext): ClusterRecord {
  const found = requireClusterOfAnyStatus(cluster, context);
  if (found.status === "INACTIVE") throw new ClusterNotFoundException(because("The referenced cluster was inactive."));
  return found;
}

/** A cluster that may have been deleted. @throws ClusterNotFoundException, InvalidParameterException for one elsewhere */
export function requireClusterOfAnyStatus(cluster: string | undefined, context: OperationContext): ClusterRecord {
  refuseUnread(readCluster(context, cluster));
  const found = context.state.table(clusters).get(clusterArn(context, cluster));
  if (!found) throw new ClusterNotFoundException(because("Cluster not found."));
  return found;
}

/** The same ARN as `arnInCluster`, to be used. @throws InvalidParameterException for what is not of this cluster, account and region */
export function requireArnIn({ name }: ClusterRecord, kind: IdentifierKind, id: string, context: OperationContext): string {
  refuseUnread(readIdentifierIn(context, kind, name, id));
  return arnInCluster(context, kind, name, id);
}

function refuseUnread(read: Identifier): void {
  if ("refusal" in read) throw invalid(read.refusal);
}
