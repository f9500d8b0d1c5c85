import { tasks } from "../../state/ecs.ts";
import { targets } from "../../state/elb.ts";
import { loop, records, type Needs } from "../loop.ts";
import { balancerSteps } from "./balancer-steps.ts";
import { tellService } from "./tell-service.ts";

/**
 * Tells services why targets of theirs are unhealthy, where a rule, a route or an ACL is between them and their load balancers. A step looks at one target: costs what its task's load balancers
 * have.
 */
export const unreachedTargets = loop("targets that are not reached", ({ state, ids, clock }: Needs<"ids">) => ({
  watches: [records(targets, ({ before, after }) => after?.health.state === "unhealthy" && before?.health.state !== "unhealthy")],
  step(key) {
    for (const task of state.table(tasks).by("target", key)) {
      const barred = balancerSteps(state, task).find(
        ({ outcome, hops }) => outcome === "barred" && hops.some((hop) => hop.startsWith("network-interface")),
      );
      if (barred?.obstruction) tellService(state, task, barred.obstruction, ids, clock.now());
    }
  },
}));
