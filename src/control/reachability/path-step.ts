import type { Path } from "../../decide/reachability/path.ts";
import { named, obstacleText, remedyText } from "../../decide/reachability/words.ts";
import type { ExplainedStep } from "../../domain/task-explanation.ts";

/** A way as a step. @param serviceName what it leads to, where that is a service of AWS's */
export function pathStep(what: string, { hops, explanation }: Path, serviceName?: string): ExplainedStep {
  const told = hops.map((hop) => `${hop.component.kind} ${hop.component.id}${hop.route === undefined ? "" : ` (${hop.route})`}`);
  if (!explanation) return { what, outcome: "passes", hops: told };
  return {
    ...{ what, outcome: "barred", hops: told },
    obstruction: {
      code: explanation.code,
      component: explanation.component.id || named(explanation.component),
      text: obstacleText(explanation),
      remedy: remedyText(explanation, serviceName),
    },
  };
}
