import type { ExplainedPart, TargetExplanation } from "../../domain/task-explanation.ts";
import { tasks } from "../../state/ecs.ts";
import { targetGroups, targetKey, targets, type TargetRecord } from "../../state/elb.ts";
import { taskInWorld } from "../../state/network-world.ts";
import type { WholeState } from "../../state/state.ts";
import { targetSteps } from "./balancer-steps.ts";

/**
 * The way of requests to the targets of a group: clients, listener, rule, groups, ACLs and routes on the way from the load balancer, and what the health check says. Costs what each target's way does.
 * @param target `10.0.1.5` or `10.0.1.5:8080`; all where absent. `undefined` where the group, or the target in it, is not there
 */
export function explainTarget(state: WholeState, targetGroupArn: string, target?: string): TargetExplanation | undefined {
  const group = state.table(targetGroups).get(targetGroupArn);
  if (!group) return undefined;
  const registered = state.table(targets).by("targetGroup", group.arn);
  const told = registered.filter(({ id, port }) => target === undefined || target === id || target === `${id}:${port}`);
  if (target !== undefined && told.length === 0) return undefined;
  const parts = told.map((one) => partOf(state, one));
  const inTheWay =
    parts.find((one) => one.inTheWay)?.inTheWay ??
    (parts.length === 0
      ? {
          code: "NO_TARGETS",
          component: group.arn,
          text: "no target is registered in the target group",
          remedy: "register one, or look at the service that does",
        }
      : undefined);
  return {
    targetGroup: {
      ...{ arn: group.arn, protocol: group.protocol ?? "", targetType: group.targetType },
      ...(group.port !== undefined && { port: group.port }),
    },
    targets: parts,
    ...(inTheWay && { inTheWay }),
  };
}

function partOf(state: WholeState, { targetGroupArn, id, port, health }: TargetRecord): ExplainedPart {
  const [task] = state.table(tasks).by("target", targetKey(targetGroupArn, id, port));
  const steps = targetSteps(state, task && taskInWorld(state, task), {
    targetGroupArn,
    port,
    registered: { targetGroupArn, targetId: id, port },
  });
  const inTheWay = steps.find(({ outcome }) => outcome === "barred")?.obstruction;
  return { what: `${id}:${port}`, status: health.state ?? "", alike: 1, steps, ...(inTheWay && { inTheWay }) };
}
