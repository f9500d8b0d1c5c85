import { errorText } from "../../src/domain/error-text.ts";
import { describe, expect, test } from "vitest";
import { SETTLE_SECONDS } from "../../src/decide/rollout/new-deployment.ts";
import { conditionOf } from "../../src/decide/rollout/task-condition.ts";
import type { ServiceView } from "../../src/decide/rollout/view.ts";
import { checkLaws } from "../../src/testing/rollout-laws.ts";
import { aService } from "../../src/testing/rollout-view.ts";
import { seededRandom } from "../../src/testing/seeded-random.ts";
import { NO_FAULTS, SimulatedWorld, type WorldFaults, type WorldOptions } from "../../src/testing/simulated-world.ts";
import { inHundreds, seeds } from "./seeds.ts";

/**
 * The service scheduler in simulated worlds: many histories, each from a seed. `ROLLOUT_SEED=123` replays one and prints what happened in
 * it.
 */
const REPLAY = process.env["ROLLOUT_SEED"];
const SEEDS = inHundreds(seeds("ROLLOUT", 400));
const HOUR = 3_600_000;

describe("a service in a world of faults", () => {
  test.each(SEEDS)("seeds %s: keeps its bounds throughout, and comes to rest once the faults end", (_range, some) => {
    for (const seed of some) expect(failureOf(seed, rough)).toBeUndefined();
  });

  test.each(SEEDS)(
    "seeds %s: that is deployed to a broken revision goes back by itself, and loses no healthy task meanwhile",
    (_range, some) => {
      for (const seed of some) expect(failureOf(seed, rollback)).toBeUndefined();
    },
  );

  test.each(SEEDS)("seeds %s: is deployed to without falling below its desired count of healthy tasks", (_range, some) => {
    for (const seed of some) expect(failureOf(seed, quietDeploy)).toBeUndefined();
  });
});

function rough(world: SimulatedWorld): void {
  const { random } = world;
  world.deploy(random.chance(0.1));
  for (let tick = random.between(30, 120); tick > 0; tick -= 1) {
    if (random.chance(0.1)) disturb(world);
    world.tick(world.now + random.between(1_000, 120_000));
  }
  world.heal();
  // Bounds between which nothing can move would rightly keep a deployment from going on.
  const { desiredCount, minimumHealthyPercent, maximumPercent } = world.view.service;
  if (
    Math.ceil((desiredCount * minimumHealthyPercent) / 100) >= desiredCount &&
    Math.floor((desiredCount * maximumPercent) / 100) <= desiredCount
  ) {
    world.configure({ maximumPercent: 200 });
  }
  // A broken revision that the breaker does not watch fails for ever; a stalled one waits for ever. Both are for a person to end.
  run(world, HOUR / 12);
  if (!isBroken(world)) run(world, 12 * HOUR);
  if (!isSettled(world)) {
    must(world.primary?.rolloutState === "FAILED" || isBroken(world), world, "neither settled nor stalled");
    const id = world.deploy();
    run(world, 12 * HOUR);
    must(world.primary?.id === id, world, `the PRIMARY is not ${id}`);
  }
  mustBeSettled(world);
}

function rollback(world: SimulatedWorld): void {
  // A task that nothing checks is taken for healthy once it seems to have run for 40 seconds: a slow engine lets a broken one run that
  // long, and lost news of its end lets it seem so.
  if (world.view.service.targetGroupArns.length === 0) world.faults = { ...world.faults, slow: 0, messageLost: 0 };
  world.configure({ minimumHealthyPercent: 100, maximumPercent: 200, circuitBreaker: { enable: true, rollback: true } });
  const good = world.deploy();
  run(world, 12 * HOUR);
  mustBeSettled(world);
  const serving = world.view.tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").map(({ arn }) => arn);

  const { desiredCount } = world.view.service;
  const bad = world.deploy(true);
  run(world, 12 * HOUR);
  if (desiredCount === 0) return must(world.primary?.id === bad, world, "nothing failed, and yet it went back");
  mustBeSettled(world);
  must(world.primary?.id === good, world, `it did not go back to ${good}`);
  const running = world.view.tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").map(({ arn }) => arn);
  must(running.join() === serving.join(), world, `of ${serving.join()} are left ${running.join()}`);
  const told = world.trace.join("\n");
  must(told.includes(`(deployment ${bad}) deployment failed: tasks failed to start.`), world, "it was not told");
  must(told.includes(`rolling back to deployment ${good}.`), world, "it was not told");
}

function quietDeploy(world: SimulatedWorld): void {
  world.configure({ minimumHealthyPercent: 100, maximumPercent: world.random.pick([134, 150, 200]) });
  const { desiredCount, maximumPercent } = world.view.service;
  if (Math.floor((desiredCount * maximumPercent) / 100) <= desiredCount) world.configure({ maximumPercent: 200 });
  world.deploy();
  run(world, 12 * HOUR);
  mustBeSettled(world);

  for (let count = 0; count < 3; count += 1) {
    const id = world.deploy();
    const until = world.now + 12 * HOUR;
    while (world.now < until && !world.isAtRest(HOUR)) {
      world.tick(until);
      must(healthyCount(world) >= desiredCount, world, `fewer healthy tasks than ${desiredCount}`);
    }
    mustBeSettled(world);
    must(world.primary?.id === id, world, `the PRIMARY is not ${id}`);
  }
}

function disturb(world: SimulatedWorld): void {
  const { random } = world;
  const what = random.between(0, 6);
  if (what <= 1) world.deploy(random.chance(0.3));
  else if (what === 2) world.configure({ desiredCount: random.between(0, 6) });
  else if (what === 3) world.configure(anyBounds(random));
  else if (what === 4) world.configure({ circuitBreaker: { enable: random.chance(0.7), rollback: random.chance(0.7) } });
  else if (what === 5 && world.view.tasks.length > 0) world.stopTask(random.pick(world.view.tasks).arn);
  else world.faults = random.chance(0.5) ? NO_FAULTS : anyFaults(random);
}

function must(holds: boolean, world: SimulatedWorld, otherwise: string): void {
  if (!holds) throw new Error(`${otherwise}: ${JSON.stringify(world.view)}`);
}

/** Runs one history. What went wrong in it, with the seed that replays it; `undefined` where nothing did. */
function failureOf(seed: number, tell: (world: SimulatedWorld) => void): string | undefined {
  const random = seededRandom(seed * 7_919);
  const checks = random.pick(["target", "target", "container", "none"] as const);
  const isQuiet = tell !== rough;
  const options: WorldOptions = {
    seed,
    checks,
    service: aService({
      desiredCount: random.between(0, random.chance(0.1) ? 20 : 5),
      ...anyBounds(random),
      circuitBreaker: { enable: random.chance(0.5), rollback: random.chance(0.5) },
      healthCheckGracePeriodSeconds: random.pick([0, 0, 30]),
      targetGroupArns: checks === "target" ? aService().targetGroupArns : [],
      settleSeconds: SETTLE_SECONDS,
      subnets: [
        { subnetId: "subnet-a", zone: "us-east-1a" },
        { subnetId: "subnet-b", zone: "us-east-1b" },
      ],
    }),
    faults: isQuiet ? { ...NO_FAULTS, slow: 0.2, messageLost: 0.1, controlPlaneDies: 0.05 } : anyFaults(random),
    onPlan: checkLaws,
  };
  const world = new SimulatedWorld(options);
  try {
    tell(world);
    return undefined;
  } catch (error) {
    const trace = REPLAY === undefined ? "" : `\n${world.trace.join("\n")}`;
    return `${tell.name} fails; replay it with ROLLOUT_SEED=${seed}: ${errorText(error)}${trace}`;
  }
}

function anyBounds(random: SimulatedWorld["random"]): Pick<ServiceView, "minimumHealthyPercent" | "maximumPercent"> {
  const [minimumHealthyPercent, maximumPercent] = random.pick([
    [100, 200],
    [100, 150],
    [50, 100],
    [50, 200],
    [0, 100],
    [75, 125],
    [66, 134],
    [100, 100],
  ] as const);
  return { minimumHealthyPercent, maximumPercent };
}

function anyFaults(random: SimulatedWorld["random"]): WorldFaults {
  const some = (most: number) => (random.chance(0.5) ? random.next() * most : 0);
  return {
    startFails: random.chance(0.1) ? 1 : some(0.5),
    crashes: some(0.3),
    neverHealthy: some(0.5),
    turnsUnhealthy: some(0.3),
    slow: some(0.5),
    controlPlaneDies: some(0.3),
    messageLost: some(0.5),
    placementFails: some(0.3),
  };
}

function run(world: SimulatedWorld, atMost: number): void {
  const until = world.now + atMost;
  while (world.now < until && !world.isAtRest(HOUR)) world.tick(until);
}

function healthyCount(world: SimulatedWorld): number {
  const { tasks, service, now } = world.view;
  return tasks.filter((task) => conditionOf(task, service, now).is === "healthy").length;
}

/** True where the PRIMARY's revision does not work. */
function isBroken(world: SimulatedWorld): boolean {
  return world.trace.some((line) => line.endsWith(`deploy ${world.primary?.id} (broken)`));
}

function isSettled(world: SimulatedWorld): boolean {
  const { tasks, deployments, service } = world.view;
  const left = tasks.filter(({ lastStatus }) => lastStatus !== "STOPPED");
  return (
    world.primary?.rolloutState === "COMPLETED" &&
    deployments.length === 1 &&
    left.length === service.desiredCount &&
    left.every(({ deploymentId }) => deploymentId === world.primary?.id) &&
    healthyCount(world) === service.desiredCount &&
    service.told["steady"] !== undefined
  );
}

function mustBeSettled(world: SimulatedWorld): void {
  must(isSettled(world), world, "not settled");
}
