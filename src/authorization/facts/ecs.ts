import { clusters, services, taskDefinitions, tasks } from "../../state/ecs.ts";
import { tagFacts, type FactsOf } from "./resource-facts.ts";

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
    case "task": {
      const task = state.table(tasks).get(text);
      return task && { tags: tagFacts(task.tags), context: { "ecs:cluster": task.clusterArn, "ecs:task": task.arn } };
    }
    case "task-definition": {
      const definition = state.table(taskDefinitions).get(text);
      return definition && { tags: tagFacts(definition.tags) };
    }
    default:
      return undefined;
  }
};
