import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { mustBeOneOf } from "../ecs-operation.ts";
import { refusal } from "./refusal.ts";

/** `dependsOn` and `links`: they name containers of the task, and never lead back to where they began. @throws ClientException */
export function checkDependencies(containers: readonly ContainerDefinition[]): void {
  const byName = new Map(containers.map((container) => [container.name ?? "", container]));
  for (const { dependsOn = [] } of containers) {
    for (const { containerName = "", condition } of dependsOn) {
      mustBeOneOf("dependsOn.condition", condition, ["START", "COMPLETE", "SUCCESS", "HEALTHY"]);
      const other = byName.get(containerName);
      if (!other) throw refusal(`Cannot depend on container + '${containerName}' because it does not exist`);
      if (other.essential && (condition === "SUCCESS" || condition === "COMPLETE"))
        throw refusal("A dependency container with SUCCESS or COMPLETE condition cannot be an essential container");
      if (condition === "HEALTHY" && !other.healthCheck)
        throw refusal(`Container '${containerName}' must have a health check because another container depends on it being HEALTHY`);
    }
  }
  const dependencies = new Map(
    containers.map(({ name = "", dependsOn = [] }) => [name, dependsOn.map((item) => item.containerName ?? "")]),
  );
  if (hasCycle(dependencies)) throw refusal("Container dependencies should not have a cycle");
  const links = new Map(containers.map(({ name = "", links: linked = [] }) => [name, linked.map((link) => link.split(":")[0] ?? "")]));
  for (const [name, linked] of links)
    for (const other of linked) if (!byName.has(other)) throw refusal(`Container '${name}' is linked to unknown container '${other}'.`);
  if (hasCycle(links)) throw refusal("Container links should not have a cycle");
  // A link waits for its container as a dependency does.
  const both = new Map([...dependencies].map(([name, on]) => [name, [...on, ...(links.get(name) ?? [])]]));
  if (hasCycle(both)) throw refusal("Container dependencies and links together should not have a cycle");
}

/** Depth first: an edge to a node that is still open closes a circle. */
function hasCycle(edges: ReadonlyMap<string, readonly string[]>): boolean {
  const state = new Map<string, "open" | "done">();
  const visit = (node: string): boolean => {
    if (state.get(node) === "open") return true;
    if (state.get(node) === "done") return false;
    state.set(node, "open");
    const found = (edges.get(node) ?? []).some(visit);
    state.set(node, "done");
    return found;
  };
  return [...edges.keys()].some(visit);
}
