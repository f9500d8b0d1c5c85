import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { vpcs } from "../../state/ec2.ts";
import { hostBlocks } from "../../state/host-blocks.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { FakeVpcNetworks } from "../../testing/fake-vpc-networks.ts";
import { followGateways, followRouters, keepHostBlocks, type Gateway } from "./follow-networks.ts";

function world() {
  const state = new JournaledState(memoryJournal());
  const vpc = (id: string, cidrBlock: string) =>
    state.table(vpcs).put({ id, cidrBlock, account: "123456789012", region: "us-east-1", isDefault: true, tags: [] });
  state.commit(() => [vpc("vpc-1", "10.0.0.0/16"), vpc("vpc-2", "10.200.0.0/16")]);
  const networks = new FakeVpcNetworks();
  const told: (readonly Gateway[])[] = [];
  return { state, networks, told, follow: () => followGateways(state, networks, (gateways) => void told.push(gateways)) };
}

const first = { vpcId: "vpc-1", vpcCidr: "10.0.0.0/16" };
const second = { vpcId: "vpc-2", vpcCidr: "10.200.0.0/16" };
const one = { ...first, id: "network-1", address: "10.0.0.1", bridge: "br-vpc-1" };

test("gateways are those of the networks that are there: from the start, made later, made anew and removed", () => {
  const { networks, told, follow } = world();
  networks.make(first);
  using _following = follow();
  networks.use(["192.168.0.0/24"]);
  networks.make(second);
  networks.make(first);
  networks.lose("vpc-2");
  const two = { ...second, id: "network-2", address: "10.200.0.1", bridge: "br-vpc-2" };
  const again = { ...one, id: "network-3" };
  expect(told).toEqual([[one], [one, two], [two, again], [again]]);
});

test("a network of a VPC that is no more, or has another block now, has no gateway, nor has one that is not on this host", () => {
  const { networks, told, follow } = world();
  networks.make({ vpcId: "vpc-9", vpcCidr: "10.9.0.0/16" });
  networks.make({ vpcId: "vpc-2", vpcCidr: "10.201.0.0/16" });
  using _following = follow();
  expect(told).toEqual([[]]);
});

test("what the host uses is on record as it is", () => {
  const { state, networks } = world();
  const blocks = () => [...state.table(hostBlocks).values()].map(({ cidr }) => cidr);
  networks.use(["172.17.0.0/16", "10.200.0.0/16"]);
  using _keeping = keepHostBlocks(state, networks);
  expect(blocks()).toEqual(["172.17.0.0/16", "10.200.0.0/16"]);
  networks.use(["172.17.0.0/16", "10.7.0.0/16"]);
  expect(blocks()).toEqual(["172.17.0.0/16", "10.7.0.0/16"]);
});

test("gateways are in the network of the first block, and routers in that of each", () => {
  const { state, networks, told } = world();
  const later = { vpcId: "vpc-1", vpcCidr: "10.3.0.0/20", isFurther: true };
  state.commit(() =>
    state.table(vpcs).update("vpc-1", (vpc) => ({ ...vpc, moreBlocks: [{ associationId: "a", cidrBlock: later.vpcCidr }] })),
  );
  networks.make(first);
  networks.make(later);
  const addresses = (follow: typeof followGateways): readonly string[] => {
    follow(state, networks, (gateways) => void told.push(gateways))[Symbol.dispose]();
    return told.at(-1)!.map(({ address }) => address);
  };
  expect([addresses(followGateways), addresses(followRouters)]).toEqual([["10.0.0.1"], ["10.0.0.1", "10.3.0.1"]]);
});
