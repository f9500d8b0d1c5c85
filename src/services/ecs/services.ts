import { LAUNCH_TYPES } from "../../domain/launch-type.ts";
import { ServiceNotFoundException, type Failure, type Service } from "@aws-sdk/client-ecs";
import { services, type ServiceRecord } from "../../state/ecs.ts";
import { claimsToBeArn } from "../../domain/arn.ts";
import { because } from "../operation.ts";
import { compareKeys, paginate } from "../pagination.ts";
import { inCluster } from "./condition-keys.ts";
import { invalid, mustBeOneOf, operation } from "./ecs-operation.ts";
import { requireArnIn, requireCluster } from "./find-cluster.ts";
import { requireService, serviceArn } from "./find-service.ts";
import { closeDeployments } from "./service-deployment-history.ts";
import { serviceView } from "./service-view.ts";

export const describeServices = operation("DescribeServices", {
  authorize: ({ cluster, services: ids = [] }, at) => ({
    action: "ecs:DescribeServices",
    resource: ids.map((id) => serviceArn(at, cluster, id)),
    context: inCluster(at, cluster),
  }),
  run({ cluster: clusterId, services: ids = [], include = [] }, context) {
    const { state } = context;
    const cluster = requireCluster(clusterId, context);
    if (ids.length === 0) throw invalid("Services cannot be empty.");
    if (ids.length > 10) throw invalid("services can have at most 10 items.");
    const failures: Failure[] = [];
    const found: Service[] = [];
    for (const id of new Set(ids)) {
      const arn = requireArnIn(cluster, "service", id, context);
      const service = state.table(services).get(arn);
      if (service?.clusterArn === cluster.arn) found.push(serviceView(service, state, include.includes("TAGS")));
      else failures.push({ arn: claimsToBeArn(id) ? id : context.arn("ecs", `service/${id}`), reason: "MISSING" });
    }
    return { services: found, failures };
  },
});

export const listServices = operation("ListServices", {
  authorize: ({ cluster }, at) => ({ action: "ecs:ListServices", resource: "*", context: inCluster(at, cluster) }),
  run({ cluster: clusterId, launchType, schedulingStrategy, resourceManagementType, nextToken, maxResults = 10 }, context) {
    const cluster = requireCluster(clusterId, context);
    mustBeOneOf("launchType", launchType, LAUNCH_TYPES);
    mustBeOneOf("schedulingStrategy", schedulingStrategy, ["REPLICA", "DAEMON"]);
    if (maxResults < 1 || maxResults > 100) throw invalid("maxResults must be between 1 and 100.");
    const arns = context.state
      .table(services)
      .by("cluster", cluster.arn)
      .filter((service) => service.status !== "INACTIVE" && resourceManagementType !== "ECS")
      .filter(
        (service) =>
          (launchType === undefined || service.launchType === launchType) &&
          (schedulingStrategy === undefined || service.schedulingStrategy === schedulingStrategy),
      )
      .map((service) => service.arn)
      .sort(compareKeys);
    const page = paginate(arns, (arn) => arn, { token: nextToken, limit: maxResults }, context.secrets);
    if (!page) throw invalid("Invalid token.");
    return { serviceArns: [...page.items], nextToken: page.nextToken };
  },
});

/** Drains a service: control stops its tasks, and it stays described as INACTIVE. */
export const deleteService = operation("DeleteService", {
  authorize: ({ cluster, service = "" }, at) => ({
    action: "ecs:DeleteService",
    resource: serviceArn(at, cluster, service),
    context: inCluster(at, cluster),
  }),
  run({ cluster: clusterId, service: id, force = false }, context) {
    const { state } = context;
    const service = requireService(requireCluster(clusterId, context), id, context);
    if (service.status === "INACTIVE") throw new ServiceNotFoundException(because("Service not found."));
    if (service.status === "DRAINING") return { service: serviceView(service, state, true) };
    if (service.schedulingStrategy === "REPLICA" && service.desiredCount > 0 && !force)
      throw invalid("The service cannot be stopped while it is scaled above 0.");
    const draining: ServiceRecord = { ...service, status: "DRAINING", desiredCount: 0 };
    state.commit(() => {
      closeDeployments(service, state, context.now);
      state.table(services).put(draining);
    });
    return { service: serviceView(draining, state, true) };
  },
});
