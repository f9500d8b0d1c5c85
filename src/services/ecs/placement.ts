import type { PlacementConstraint, PlacementStrategy } from "@aws-sdk/client-ecs";
import { invalid, mustBeOneOf } from "./ecs-operation.ts";
import type { Launch } from "./launch.ts";

interface Placement {
  readonly placementConstraints?: readonly PlacementConstraint[] | undefined;
  readonly placementStrategy?: readonly PlacementStrategy[] | undefined;
}

/** Placement rules choose among container instances: with one host here they are checked and kept, and decide nothing. */
export function checkPlacement(
  { placementConstraints = [], placementStrategy = [] }: Placement,
  { launchType }: Pick<Launch, "launchType">,
): void {
  if (launchType === "FARGATE" && placementConstraints.length > 0)
    throw invalid("Placement constraints are not supported with FARGATE launch type.");
  if (launchType === "FARGATE" && placementStrategy.length > 0)
    throw invalid("Placement strategies are not supported with FARGATE launch type.");
  if (placementConstraints.length > 10) throw invalid("placementConstraints can have at most 10 items.");
  for (const { type, expression } of placementConstraints) {
    mustBeOneOf("placementConstraints.type", type, ["distinctInstance", "memberOf"]);
    if (type === "memberOf" && !expression) throw invalid("The expression cannot be empty for the memberOf placement constraint.");
    if (type === "distinctInstance" && expression)
      throw invalid("The expression cannot be specified for the distinctInstance placement constraint.");
  }
  if (placementStrategy.length > 5) throw invalid("placementStrategy can have at most 5 items.");
  for (const { type } of placementStrategy) mustBeOneOf("placementStrategy.type", type, ["random", "spread", "binpack"]);
}
