import { expect, test } from "vitest";
import { ControlWorld } from "../../testing/control-world.ts";
import { seededRandom } from "../../testing/seeded-random.ts";

const version = { container: {}, healthy: true };

async function worldOf(prepare: (world: ControlWorld) => void): Promise<ControlWorld> {
  const world = new ControlWorld(seededRandom(1));
  prepare(world);
  await world.begin(2, version);
  await world.pass(20_000);
  return world;
}

test("tasks have addresses of a network that is there, of another block where theirs was taken before the first of them", async () => {
  const world = await worldOf(({ networks }) => networks.use([], ["172.31.0.0/16", "10.200.0.0/16"]));
  const interfaces = world.tasks.flatMap(({ lastStatus, networkInterface }) => (lastStatus === "RUNNING" ? (networkInterface ?? []) : []));
  expect(interfaces).toHaveLength(2);
  for (const { vpcId, vpcCidr, privateIpv4Address } of interfaces) {
    expect(vpcCidr).toBe("10.201.0.0/16");
    expect(privateIpv4Address).toMatch(/^10\.201\./);
    expect(world.networks.has({ vpcId, vpcCidr })).toBe(true);
  }
  expect(world.errors).toEqual([]);
  await world.die();
});

test("a task whose VPC can have no network stops with the reason, before it has an address", async () => {
  const world = await worldOf(({ networks }) => networks.use(["10.0.0.0/8"], ["172.31.0.0/16"]));
  const [task] = world.tasks;
  expect(task).toMatchObject({ lastStatus: "STOPPED", stopCode: "TaskFailedToStart" });
  expect(task?.stoppedReason).toMatch(/^ResourceInitializationError: .*Pool overlaps; no block of addresses is left on this host/);
  expect(world.tasks.some(({ networkInterface }) => networkInterface)).toBe(false);
  await world.die();
});
