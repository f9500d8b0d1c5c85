import { describe, expect, test } from "vitest";
import { ControlWorld, type Version } from "../../src/testing/control-world.ts";
import { seededRandom, type Random } from "../../src/testing/seeded-random.ts";
import { seeds } from "./seeds.ts";

const SEEDS = seeds("LOOPS", 60);

describe("the control loops, over an engine and a proxy that go on when the control plane dies", () => {
  test.each(SEEDS)("seed %i: deploys and scaling end as asked, and nothing is left behind", async (seed) => {
    const random = seededRandom(seed);
    const world = new ControlWorld(random);
    await world.begin(random.between(1, 4), goodVersion(random));
    const everRan = new Map<string, string>();
    for (let step = random.between(4, 10); step > 0; step -= 1) {
      if (world.isRunning && random.chance(0.25)) await world.die();
      else if (!world.isRunning && random.chance(0.7)) await world.start();
      if (world.isRunning && random.chance(0.4)) world.deploy(goodVersion(random));
      if (world.isRunning && random.chance(0.2)) world.scale(random.between(0, 5));
      if (random.chance(0.2)) crashOne(world);
      if (random.chance(0.3)) stopOneSoon(world);
      await world.pass(random.between(100, 20_000));
      noRestart(world, everRan);
      noSharedAddress(world);
    }
    await world.start();
    await world.pass(15 * 60_000);
    noRestart(world, everRan);
    expect(world.deployable).toContain(world.service.taskDefinitionArn);
    expectSettled(world, world.service.taskDefinitionArn);
  });

  test.each(SEEDS.slice(0, SEEDS.length / 2))(
    "seed %i: a deploy takes nobody's service away, whenever the control plane dies",
    async (seed) => {
      const random = seededRandom(seed);
      const world = new ControlWorld(random);
      const desired = random.between(1, 4);
      await world.begin(desired, goodVersion(random));
      await world.pass(180_000);
      world.laws.serving(desired);
      for (let deploys = 2; deploys > 0; deploys -= 1) {
        world.deploy(goodVersion(random));
        for (let step = random.between(2, 8); step > 0; step -= 1) {
          await world.pass(random.between(100, 15_000));
          if (world.isRunning && random.chance(0.3)) await world.die();
          else await world.start();
        }
        await world.start();
      }
      await world.pass(15 * 60_000);
      expectSettled(world, world.service.taskDefinitionArn);
    },
  );

  test.each(SEEDS.slice(0, SEEDS.length / 3))(
    "seed %i: an engine that fails now and then breaks no law, and the next deploy settles",
    async (seed) => {
      const random = seededRandom(seed);
      const world = new ControlWorld(random);
      await world.begin(random.between(1, 4), goodVersion(random));
      for (let step = random.between(4, 8); step > 0; step -= 1) {
        if (random.chance(0.5)) world.failStarts(random.between(100, 30_000));
        if (world.isRunning && random.chance(0.25)) await world.die();
        else await world.start();
        if (world.isRunning && random.chance(0.4)) world.deploy(goodVersion(random));
        if (random.chance(0.3)) crashOne(world);
        stopOneSoon(world);
        await world.pass(random.between(100, 20_000));
      }
      await world.start();
      // What failed may have tripped the circuit breaker: then the next deploy is for a person to make.
      await world.pass(60_000);
      const last = world.deploy(goodVersion(random));
      await world.pass(15 * 60_000);
      expectSettled(world, last);
    },
  );

  test.each(SEEDS.slice(0, SEEDS.length / 3))(
    "seed %i: a broken version goes back by itself, whenever the control plane dies",
    async (seed) => {
      const random = seededRandom(seed);
      const world = new ControlWorld(random);
      await world.begin(2, goodVersion(random));
      await world.pass(120_000);
      const good = world.service.deployments[0]?.taskDefinitionArn;
      const untouched = live(world);
      const bad = world.deploy(brokenVersion(random));
      for (let step = 0; step < 6; step += 1) {
        if (world.isRunning && random.chance(0.3)) await world.die();
        await world.pass(random.between(500, 10_000));
        await world.start();
      }
      await world.pass(60 * 60_000);
      expectSettled(world, good);
      expect(live(world)).toEqual(untouched);
      // One that the API had not answered yet may be lost with the control plane; one that it had answered is not.
      const isKept = world.deployable[0] === bad;
      const told = world.service.events.some(({ message }) => message.includes("rolling back to deployment"));
      expect(told || !isKept).toBe(true);
    },
  );
});

function goodVersion(random: Random): Version {
  const container = {
    pullMs: random.between(0, 8000),
    startMs: random.between(0, 2000),
    onTerm: random.pick(["ignores" as const, { afterMs: random.between(0, 3000), code: 0 }]),
  };
  return { container, healthy: true };
}

function brokenVersion(random: Random): Version {
  const starts = random.pick<Version["container"]>([
    { pullError: "manifest unknown" },
    { startError: "no such executable" },
    { exits: { afterMs: 300, code: 1 } },
    {},
  ]);
  return { container: { pullMs: random.between(0, 3000), ...starts }, healthy: false };
}

function crashOne(world: ControlWorld): void {
  const running = world.tasks.filter(({ lastStatus }) => lastStatus === "RUNNING");
  if (running.length > 0) world.engine.exit(world.random.pick(running).arn, "web", 1);
}

/** A user stops one that has just begun as often as one that serves. */
function stopOneSoon(world: ControlWorld): void {
  world.clock.after(world.random.between(0, 10_000), () => {
    if (!world.isRunning) return;
    const wanted = world.tasks.filter(({ desiredStatus }) => desiredStatus === "RUNNING");
    const beginning = wanted.filter(({ lastStatus }) => lastStatus !== "RUNNING");
    const among = beginning.length > 0 ? beginning : wanted;
    if (among.length > 0) world.stopTask(world.random.pick(among).arn);
  });
}

const live = (world: ControlWorld): readonly string[] =>
  world.tasks
    .filter(({ lastStatus }) => lastStatus !== "STOPPED")
    .map(({ arn }) => arn)
    .sort();

/** A task has one container in its life: another runtime id would be a restart. */
function noRestart(world: ControlWorld, everRan: Map<string, string>): void {
  for (const { arn, containers } of world.tasks) {
    const id = containers[0]?.runtimeId;
    if (id === undefined) continue;
    expect(everRan.get(arn) ?? id).toBe(id);
    everRan.set(arn, id);
  }
}

function noSharedAddress(world: ControlWorld): void {
  const addresses = world.tasks
    .filter(({ lastStatus }) => lastStatus !== "STOPPED")
    .flatMap(({ networkInterface }) => networkInterface?.privateIpv4Address ?? []);
  expect(new Set(addresses).size).toBe(addresses.length);
}

function expectSettled(world: ControlWorld, definition: string | undefined): void {
  const { service } = world;
  expect(service.taskDefinitionArn).toBe(definition);
  expect(service.deployments).toMatchObject([{ status: "PRIMARY", taskDefinitionArn: definition, rolloutState: "COMPLETED" }]);
  const running = world.tasks.filter(({ lastStatus }) => lastStatus !== "STOPPED");
  expect(running.map(({ lastStatus, desiredStatus, taskDefinitionArn }) => [lastStatus, desiredStatus, taskDefinitionArn])).toEqual(
    Array.from({ length: service.desiredCount }, () => ["RUNNING", "RUNNING", definition]),
  );
  const health = world.targets.map(({ id, health: { state } }) => `${id} ${state}`).sort();
  expect(health).toEqual(running.map(({ networkInterface }) => `${networkInterface?.privateIpv4Address ?? ""} healthy`).sort());
  // Each of them is offered by Service Connect, known to listen, and in the proxy.
  expect(world.offered).toEqual(running.map(({ id }) => `${id} passed`).sort());
  expect(world.containers()).toEqual(live(world));
  expect(service.events.map(({ message }) => message)).toContainEqual(expect.stringContaining("has reached a steady state."));
  expect(world.laws.broken).toEqual([]);
  expect(world.errors.filter((error) => !error.includes("this control plane is dead"))).toEqual([]);
}
