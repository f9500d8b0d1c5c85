import { NO_ORIGIN } from "../../authorization/authorize.ts";
import { denialOf } from "../../authorization/denial-of.ts";
import { endpointOfTask } from "../../authorization/vpc-endpoint.ts";
import { formatImageReference, parseImageReference } from "../../domain/image-reference.ts";
import type { ExplainedStep } from "../../domain/task-explanation.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Ids } from "../../ports/ids.ts";
import type { TaskDefinitionRecord, TaskRecord } from "../../state/ecs.ts";
import type { WholeState } from "../../state/state.ts";
import { executionOf } from "../tasks/execution.ts";
import type { ImageHome, Need } from "./needs.ts";

interface Asked {
  readonly action: string;
  readonly resource: string;
}

/**
 * A step that is passed where the policy of the endpoint by which something is fetched lets it be, with the endpoint told, and `step` as it is where no endpoint with a policy is on the way, or it is barred
 * already.
 */
export function underPolicy(
  parts: { readonly state: WholeState; readonly clock: Clock; readonly ids: Ids; readonly homeOf: ImageHome },
  task: TaskRecord,
  definition: TaskDefinitionRecord,
  need: Need,
  step: ExplainedStep,
): ExplainedStep {
  const { state, clock } = parts;
  const asked = askedFor(need, task, parts.homeOf);
  if (step.outcome !== "passes" || !asked || need.service === undefined) return step;
  const through = endpointOfTask(state, task, need.region, need.service);
  if (through?.policy === undefined) return step;
  const hops = [...step.hops, `endpoint-policy ${through.id}`];
  const execution = executionOf(parts, task, definition);
  if ("failure" in execution || execution.kind === "nobody") return { ...step, hops };
  const denial = denialOf({ state, now: clock.now() }, execution.principal, asked, { ...NO_ORIGIN, region: need.region, through });
  if (denial === undefined || !denial.includes("VPC endpoint policy")) return { ...step, hops };
  const remedy = `let ${asked.action} on ${asked.resource} in the policy of ${through.id}`;
  return { ...step, hops, outcome: "barred", obstruction: { code: "AccessDeniedException", component: through.id, text: denial, remedy } };
}

/** What is asked of the service, as its endpoint's policy sees it. What S3 has of layers is no bucket here. */
function askedFor(need: Need, { account }: TaskRecord, homeOf: ImageHome): Asked | undefined {
  const { region } = need;
  switch (need.kind) {
    case "secret":
      // What comes after the secret's name and suffix says which part of it.
      return { action: "secretsmanager:GetSecretValue", resource: need.reference.split(":").slice(0, 7).join(":") };
    case "parameter": {
      const name = need.reference.replace(/^\//, "");
      const resource = need.reference.startsWith("arn:") ? need.reference : `arn:aws:ssm:${region}:${account}:parameter/${name}`;
      return { action: "ssm:GetParameters", resource };
    }
    case "registry-auth":
      return { action: "ecr:GetAuthorizationToken", resource: "*" };
    case "log":
      return { action: "logs:CreateLogStream", resource: `arn:aws:logs:${region}:${account}:log-group:${need.group}:log-stream:` };
    case "image": {
      const parsed = parseImageReference(need.image);
      const home = parsed && homeOf(formatImageReference(parsed), { account, region });
      return (
        home && { action: "ecr:BatchGetImage", resource: `arn:aws:ecr:${home.region}:${home.account}:repository/${parsed.repository}` }
      );
    }
    case "layers":
      return undefined;
  }
}
