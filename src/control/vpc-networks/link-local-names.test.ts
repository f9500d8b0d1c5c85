import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { vpcs } from "../../state/ec2.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { FakeVpcNetworks } from "../../testing/fake-vpc-networks.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { linkLocalNames } from "./link-local-names.ts";

function world(lead: (byBridge: ReadonlyMap<string, string>) => Promise<void> | void = () => undefined) {
  const state = new JournaledState(memoryJournal());
  const networks = new FakeVpcNetworks();
  const clock = new ManualClock(0);
  const led: unknown[] = [];
  const said: string[] = [];
  const logger = { info: (text: string) => void said.push(text), warn: () => undefined, error: () => undefined };
  state.commit(() => {
    for (const [id, cidrBlock] of [
      ["vpc-1", "10.1.0.0/16"],
      ["vpc-2", "10.2.0.0/16"],
    ] as const)
      state.table(vpcs).put({ id, cidrBlock, account: "123456789012", region: "us-east-1", isDefault: false, tags: [] });
  });
  const leads = {
    async lead(byBridge: ReadonlyMap<string, string>) {
      led.push([...byBridge]);
      await lead(byBridge);
    },
  };
  return { networks, clock, led, said, run: () => linkLocalNames({ state, networks, leads, clock, logger }) };
}

test("each VPC is led to its own resolver, from when it has a network until it has none", async () => {
  const { networks, clock, led, run } = world();
  networks.make({ vpcId: "vpc-1", vpcCidr: "10.1.0.0/16" });
  await using _loop = run();
  await clock.settled();
  networks.make({ vpcId: "vpc-2", vpcCidr: "10.2.0.0/16" });
  await clock.settled();
  networks.use(["192.0.2.0/24"]);
  await clock.settled();
  networks.lose("vpc-1");
  await clock.settled();
  const [one, two] = [
    ["br-vpc-1", "10.1.0.1"],
    ["br-vpc-2", "10.2.0.1"],
  ];
  expect(led).toEqual([[one], [one, two], [two]]);
});

test("a host that cannot is told of once", async () => {
  const { networks, clock, said, run } = world(() => Promise.reject(new Error("no nft")));
  await using _loop = run();
  await clock.settled();
  networks.make({ vpcId: "vpc-1", vpcCidr: "10.1.0.0/16" });
  await clock.settled();
  expect(said).toEqual(["no names are answered at 169.254.169.253 in VPCs"]);
});

test("what went wrong later is told, too, and made good at the next change", async () => {
  let isRefusing = false;
  const { networks, clock, led, said, run } = world(() => {
    if (isRefusing) throw new Error("the kernel is busy");
  });
  networks.make({ vpcId: "vpc-1", vpcCidr: "10.1.0.0/16" });
  await using _loop = run();
  await clock.settled();
  expect(said).toEqual([]);
  isRefusing = true;
  networks.make({ vpcId: "vpc-2", vpcCidr: "10.2.0.0/16" });
  await clock.settled();
  expect(said).toHaveLength(1);
  isRefusing = false;
  networks.use(["192.0.2.0/24"]);
  await clock.settled();
  expect(led.at(-1)).toEqual([
    ["br-vpc-1", "10.1.0.1"],
    ["br-vpc-2", "10.2.0.1"],
  ]);
  expect(led).toHaveLength(3);
});
