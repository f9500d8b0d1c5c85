import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LAWS } from "../../testing/rollout-laws.ts";
import { aDeployment, aService, NOW, tasksOf } from "../../testing/rollout-view.ts";
import { Judgements } from "./judgements.ts";
import { planRollout } from "./plan-rollout.ts";
import type { DeploymentView, RolloutView, TaskView } from "./view.ts";

const MINUTE = 60_000;
const SUBNETS = ["a", "b", "c"].map((zone) => ({ subnetId: `subnet-${zone}`, zone: `us-east-1${zone}` }));

const restarts = fc.record({
  failedStarts: fc.nat(4),
  crashes: fc.nat(4),
  lastFailureAt: fc.constantFrom(0, NOW - 10 * MINUTE, NOW - 5 * MINUTE, NOW - 500, NOW),
});

/** Any task that could be, and some that could not. */
const task = (deploymentIds: readonly string[]): fc.Arbitrary<TaskView> =>
  fc
    .record({
      letter: fc.constantFrom(..."prHUsdxFCE".split("")),
      deploymentId: fc.constantFrom(...deploymentIds),
      createdAt: fc.integer({ min: NOW - 20 * MINUTE, max: NOW }),
      subnetId: fc.constantFrom("subnet-a", "subnet-b", "subnet-elsewhere"),
      healthySeen: fc.boolean(),
      failureCounted: fc.boolean(),
    })
    .map(({ letter, ...changes }) => ({ ...tasksOf("any", letter)[0]!, ...changes }));

const view: fc.Arbitrary<RolloutView> = fc
  .record({
    status: fc.constantFrom("ACTIVE" as const, "ACTIVE" as const, "ACTIVE" as const, "DRAINING" as const),
    desiredCount: fc.nat(6),
    minimumHealthyPercent: fc.nat(100),
    maximumPercent: fc.integer({ min: 100, max: 250 }),
    circuitBreaker: fc.record({ enable: fc.boolean(), rollback: fc.boolean(), resetOnHealthyTask: fc.boolean() }),
    healthCheckGracePeriodSeconds: fc.constantFrom(0, 0, 600),
    targetGroupArns: fc.constantFrom([], ["arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef"]),
    subnets: fc.constantFrom([], SUBNETS),
    told: fc.constantFrom({}, { steady: NOW - MINUTE }, { steady: NOW - 600 * MINUTE, "impaired d1": NOW - MINUTE }),
    deployments: fc.array(
      fc.record({
        rolloutState: fc.constantFrom("IN_PROGRESS" as const, "COMPLETED" as const, "FAILED" as const),
        failedTasks: fc.nat(4),
        desiredCount: fc.nat(6),
        restarts,
        placementFailure: fc.option(fc.record({ at: fc.constantFrom(NOW - MINUTE, NOW), reason: fc.constant("RESOURCE:ENI.") }), {
          nil: undefined,
        }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .chain(({ deployments, ...service }) => {
    const made = deployments.map(({ placementFailure, ...changes }, index): DeploymentView => ({
      ...aDeployment(`d${index + 1}`, {
        ...changes,
        createdAt: NOW - (30 - index) * MINUTE,
        status: index === deployments.length - 1 ? "PRIMARY" : "ACTIVE",
      }),
      ...(placementFailure ? { placementFailure } : {}),
    }));
    const ids = [...made.map(({ id }) => id), "lost"];
    return fc.array(task(ids), { maxLength: 14 }).map((tasks) => ({
      now: NOW,
      service: aService(service),
      deployments: made,
      tasks: tasks.map((one, index) => ({ ...one, arn: `${one.arn}-${index}` })),
    }));
  });

describe("of every plan it holds that", () => {
  test.each(Object.entries(LAWS))("%s", (_, broken) => {
    fc.assert(
      fc.property(view, (given) => {
        expect(broken(given, planRollout(given))).toBeUndefined();
      }),
      { numRuns: 1_500 },
    );
  });
});

test("what was judged before makes a plan no other", () => {
  const minutes = fc.integer({ min: -1, max: 15 });
  const later = fc.array(fc.record({ kept: fc.array(fc.boolean(), { minLength: 14, maxLength: 14 }), other: view, minutes }), {
    maxLength: 3,
  });
  fc.assert(
    fc.property(view, later, (first, rounds) => {
      const judgements = new Judgements();
      let given = first;
      expect(planRollout(given, judgements)).toEqual(planRollout(given));
      for (const { kept, other, minutes: more } of rounds) {
        // Some stay as they are, some change in their place, some go, some come; now and then the service is another.
        const stay = given.tasks.flatMap((one, at) =>
          kept[at] === true ? [one] : other.tasks[at] ? [{ ...other.tasks[at], arn: one.arn }] : [],
        );
        const service = kept[0] === true ? given.service : other.service;
        given = { ...given, service, now: given.now + more * MINUTE, tasks: [...stay, ...other.tasks.slice(stay.length)] };
        expect(planRollout(given, judgements)).toEqual(planRollout(given));
      }
    }),
    { numRuns: 500 },
  );
});
