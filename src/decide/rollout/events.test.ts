import { expect, test } from "vitest";
import * as events from "./events.ts";

const GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef";

// Scripts match on these sentences: they are AWS's to the letter.
test.each([
  [events.startedTasks("web", ["a", "b"], 0), "(service web) has started 2 tasks: (task a) (task b)."],
  [
    events.startedTasks("web", ["a"], 1),
    "(service web) has started 1 tasks: (task a). Amazon ECS replaced 1 tasks due to an unhealthy status.",
  ],
  [events.stoppedTasks("web", ["a", "b"]), "(service web) has stopped 2 running tasks: (task a) (task b)."],
  [events.drainingTasks("web", "ecs-svc/1", 2), "(service web, taskSet ecs-svc/1) has begun draining connections on 2 tasks."],
  [events.registeredTargets("web", 1, GROUP), `(service web) registered 1 targets in (target-group ${GROUP})`],
  [events.deregisteredTargets("web", 1, GROUP), `(service web) deregistered 1 targets in (target-group ${GROUP})`],
  [events.targetHealthReason(GROUP), `Task failed ELB health checks in (target-group ${GROUP})`],
])("%s", (told, sentence) => expect(told).toBe(sentence));
