import { serviceDeployments, type ServiceDeploymentRecord } from "../../state/ecs-service-deployments.ts";
import { clusters, services, taskDefinitions, tasks } from "../../state/ecs.ts";
import type { WholeState } from "../../state/state.ts";
import { tagFacts, type FactsOf, type ResourceFacts } from "./resource-facts.ts";

/** Source: Service Authorization Reference, Amazon ECS: `ecs:cluster`, `ecs:service` and `ecs:task` come with what is in a cluster. */
export const ecsFacts: FactsOf = (state, { resource }, text) => {
  switch (resource.split("/")[0]) {
    case "cluster": {
      const cluster = state.table(clusters).get(text);
      return cluster && { tags: tagFacts(cluster.tags), context: { "ecs:cluster": cluster.arn } };
    }
    case "service": {
      const service = state.table(services).get(text);
      return service && { tags: tagFacts(service.tags), context: { "ecs:cluster": service.clusterArn, "ecs:service": service.arn } };
    }
    case "service-deployment":
      return ofService(state, state.table(serviceDeployments).get(text));
    case "service-revision":
      return ofService(state, state.table(serviceDeployments).by("revision", text)[0]);
    case "task": {
      const task = state.table(tasks).get(text);
      if (!task) return undefined;
      const context = { "ecs:cluster": task.clusterArn, "ecs:task": task.arn, "ecs:service": task.serviceArn };
      return { tags: tagFacts(task.tags), context };
    }
    case "task-definition": {
      const definition = state.table(taskDefinitions).get(text);
      return definition && { tags: tagFacts(definition.tags) };
    }
    default:
      return undefined;
  }
};

/** Deployments and revisions have the tags of their service. */
function ofService(state: WholeState, deployment: ServiceDeploymentRecord | undefined): ResourceFacts | undefined {
  if (!deployment) return undefined;
  const service = state.table(services).get(deployment.serviceArn);
  const context = { "ecs:cluster": deployment.clusterArn, "ecs:service": deployment.serviceArn };
  return { tags: tagFacts(service?.tags ?? []), context };
}
