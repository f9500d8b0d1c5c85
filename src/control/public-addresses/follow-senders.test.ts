import { expect, onTestFinished, test } from "vitest";
import type { PublicSender } from "../../domain/public-sender.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { defaultNetwork } from "../../state/default-vpc.ts";
import { natGateways, type NatGatewayRecord } from "../../state/ec2-gateways.ts";
import { routeTables } from "../../state/ec2-routing.ts";
import { tasks } from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { drawPublicAddress, notePublicRange, releasePublicAddresses } from "../../state/public-addresses.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { followSenders } from "./follow-senders.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
const quiet = { info: () => undefined, warn: () => undefined, error: (...told: unknown[]) => expect.unreachable(JSON.stringify(told)) };
/** All that is not of the default VPC's block. */
const ELSEWHERE = ["0.0.0.0-172.30.255.255", "172.32.0.0-255.255.255.255"];

/** A default VPC, whose first subnet is private: it has a route to a NAT gateway in the second one. */
async function world(range = "203.0.113.0/24") {
  const state = new JournaledState(memoryJournal());
  notePublicRange(state, { cidr: "203.0.113.0/24", reachable: true });
  const { vpc, subnets } = defaultNetwork(state, ids, SCOPE, 0);
  const [inner, outer] = [subnets[0]!, subnets[1]!];
  const nat: NatGatewayRecord = {
    ...{ ...SCOPE, id: "nat-1", vpcId: vpc.id, subnetId: outer.id, connectivityType: "public", asked: {}, state: "available" },
    ...{ addresses: [{ privateIp: "172.31.16.9", networkInterfaceId: "eni-nat", publicIp: "203.0.113.250" }], createdAt: 0, tags: [] },
  };
  const route = (id: string) => ({
    destination: "0.0.0.0/0",
    target: { kind: "nat-gateway" as const, id },
    origin: "CreateRoute" as const,
  });
  const table = (natId: string) =>
    state.table(routeTables).put({
      ...{ ...SCOPE, id: "rtb-inner", vpcId: vpc.id, routes: [route(natId)], tags: [] },
      associations: [{ id: "rtbassoc-1", subnetId: inner.id, main: false }],
    });
  const main = state.table(routeTables).by("main", vpc.id)[0]!;
  state.commit(() => {
    // Without the way to S3.
    state.table(routeTables).put({ ...main, routes: main.routes.filter(({ target }) => target.kind === "internet-gateway") });
    state.table(natGateways).put(nat);
    table("nat-1");
  });
  const clock = new ManualClock();
  const held = new Map<string, readonly PublicSender[]>();
  const senders = {
    adopt: async (all: ReadonlyMap<string, readonly PublicSender[]>) => all.forEach((of, key) => held.set(key, of)),
    replace: async (key: string, of: readonly PublicSender[]) => void held.set(key, of),
  };
  const following = await followSenders({ state, clock, logger: quiet, senders, range });
  onTestFinished(() => following[Symbol.asyncDispose]());
  const told = async (): Promise<readonly string[]> => {
    await clock.settled();
    return [...held.values()].flat().map(({ from, to, as }) => `${from} ${to} ${as}`);
  };
  const put = (address: string, subnetId: string): { readonly arn: string; readonly publicAddress: string } => {
    const networkInterface = { ...interfaceOf(address), vpcId: vpc.id, subnetId };
    const task = taskRecord("1".repeat(32), { networkInterface });
    const publicAddress = state.commit(() => {
      const drawn = drawPublicAddress(state, ids, SCOPE, task.arn);
      putTask(state, { ...task, networkInterface: { ...networkInterface, publicIpv4Address: drawn } });
      return drawn;
    });
    return { arn: task.arn, publicAddress };
  };
  return { state, nat, table, inner, outer, told, put };
}

test("what leaves a private subnet bears the address of its NAT gateway, as long as that carries it", async () => {
  const { state, nat, table, inner, told } = await world();
  expect(await told()).toEqual(ELSEWHERE.map((to) => `${inner.cidrBlock} ${to} 203.0.113.250`));
  state.commit(() => state.table(natGateways).put({ ...nat, state: "deleting" }));
  expect(await told()).toEqual([]);
  state.commit(() => state.table(natGateways).put(nat));
  expect(await told()).toHaveLength(2);
  state.commit(() => table("nat-2"));
  expect(await told()).toEqual([]);
});

test("who has a public address leaves with that where the route leads to an internet gateway, and with the NAT gateway's elsewhere", async () => {
  const { state, inner, outer, told, put } = await world();
  const byNat = ELSEWHERE.map((to) => `${inner.cidrBlock} ${to} 203.0.113.250`);
  const { arn, publicAddress } = put("172.31.16.5", outer.id);
  expect(await told()).toEqual([...byNat, ...ELSEWHERE.map((to) => `172.31.16.5 ${to} ${publicAddress}`)]);
  state.commit(() => {
    releasePublicAddresses(state, arn);
    state.table(tasks).delete(arn);
  });
  expect(await told()).toEqual(byNat);
  put("172.31.0.5", inner.id);
  expect(await told()).toEqual(byNat);
});

test("an address that does not come back to this host is nobody's", async () => {
  const { told } = await world("198.51.100.0/24");
  expect(await told()).toEqual([]);
});
