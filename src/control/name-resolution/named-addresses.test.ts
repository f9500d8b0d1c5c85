import { expect, test } from "vitest";
import { parseAddress } from "../../domain/cidr.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { subnets, type SubnetRecord } from "../../state/ec2.ts";
import { listeners, loadBalancers, targetGroups, targets } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { BALANCER_SCOPE, balancerArn, balancerRecord, groupRecord, listenerRecord } from "../../testing/balancer-records.ts";
import { namedAddresses } from "./named-addresses.ts";

const ZONES = ["us-east-1a", "us-east-1b"] as const;
const GROUP = balancerArn("targetgroup/web");
const POLICY = "dns_record.client_routing_policy";

function world(attributes: Record<string, string> = {}) {
  const state = new JournaledState(memoryJournal());
  const availabilityZones = ZONES.map((zoneName, at) => ({ zoneName, subnetId: `subnet-${at}` }));
  const balancer = balancerRecord({ type: "network", availabilityZones, attributes });
  state.commit(() => {
    state.table(loadBalancers).put(balancer);
    state.table(listeners).put(listenerRecord({ defaultActions: [{ Type: "forward", TargetGroupArn: GROUP }] }));
    state.table(targetGroups).put(groupRecord({ arn: GROUP }));
    for (const [at, availabilityZone] of ZONES.entries()) {
      const place = { ...BALANCER_SCOPE, vpcId: "vpc-1", availabilityZone };
      state.table(subnets).put({ ...place, id: `subnet-${at}`, cidrBlock: `10.0.${at}.0/24` } as unknown as SubnetRecord);
      const owned = { subnetId: `subnet-${at}`, privateIpv4Address: `10.0.${at}.7`, chosen: false, loadBalancerArn: balancer.arn };
      state.table(networkInterfaces).put({ ...place, ...owned, id: `eni-${at}`, createdAt: 1 });
    }
  });
  const put = (zone: string): void => {
    const target = { targetGroupArn: GROUP, id: `10.0.9.${zone.charCodeAt(9)}`, port: 80, availabilityZone: zone, registeredAt: 1 };
    state.commit(() => state.table(targets).put({ ...target, address: target.id, addressPort: 80, health: { state: "healthy" } }));
  };
  const asked = (from: string, chance = 0): readonly string[] =>
    namedAddresses(
      state,
      balancer,
      { vpcId: "vpc-1", vpcCidr: "10.0.0.0/16", addresses: new Set(["10.0.0.7", "10.0.1.7"]) },
      { from: parseAddress(from)!, chance: () => chance },
    );
  return { put, asked };
}

test("a zone without healthy targets is taken out, and all are there where none has any", () => {
  const { put, asked } = world();
  expect(asked("10.0.0.50")).toEqual(["10.0.0.7", "10.0.1.7"]);
  put(ZONES[1]);
  expect(asked("10.0.0.50")).toEqual(["10.0.1.7"]);
  put(ZONES[0]);
  expect(asked("10.0.0.50", 0.9)).toEqual(["10.0.1.7", "10.0.0.7"]);
});

test("with zonal affinity one is led to its own zone, unless that one is out", () => {
  const { put, asked } = world({ [POLICY]: "availability_zone_affinity" });
  put(ZONES[1]);
  expect(asked("10.0.0.50", 0.99)).toEqual(["10.0.1.7"]);
  put(ZONES[0]);
  expect(asked("10.0.0.50", 0.99)).toEqual(["10.0.0.7"]);
  expect(asked("10.0.1.50", 0)).toEqual(["10.0.1.7"]);
});

test("with partial affinity 85 of 100 are", () => {
  const { put, asked } = world({ [POLICY]: "partial_availability_zone_affinity" });
  for (const zone of ZONES) put(zone);
  expect(asked("10.0.1.50", 0.84)).toEqual(["10.0.1.7"]);
  expect(asked("10.0.1.50", 0.86)).toHaveLength(2);
});
