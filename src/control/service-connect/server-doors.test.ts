import { expect, test } from "vitest";
import { systemIds } from "../../drivers/system/ids.ts";
import { networkAcls } from "../../state/ec2-network-acls.ts";
import { securityGroups, subnets, vpcs, type SecurityGroupRuleRecord } from "../../state/ec2.ts";
import { type DeploymentRecord, type TaskRecord } from "../../state/ecs.ts";
import { putVpcBasics } from "../../state/vpc-basics.ts";
import { connectWorld, ENDPOINT, HELD, serviceOf } from "../../testing/connect-world.ts";
import { interfaceOf } from "../../testing/task-record.ts";

const SCOPE = { account: "123456789012", region: "us-east-1", tags: [] };
type Rule = Partial<SecurityGroupRuleRecord>;
const OUT: Rule = { isEgress: true, ipProtocol: "-1", fromPort: -1, toPort: -1, cidrIpv4: "0.0.0.0/0" };
const tcp = (port: number, peer: Rule): Rule => ({ isEgress: false, ipProtocol: "tcp", fromPort: port, toPort: port, ...peer });

/** A VPC 10.0.0.0/16 with a subnet 10.0.0.0/24; what is enforced counts. The server at 10.0.0.4 has `sg-server`, clients have what they are given. */
async function doorsWorld() {
  const world = await connectWorld(HELD, true);
  const { state, settled } = world;
  const vpc = { ...SCOPE, id: "vpc-0", cidrBlock: "10.0.0.0/16", isDefault: false };
  state.commit(() => {
    state.table(vpcs).put(vpc);
    putVpcBasics(state, systemIds, vpc);
    const zone = { availabilityZone: "us-east-1a", availabilityZoneId: "use1-az1", defaultForAz: false, mapPublicIpOnLaunch: false };
    state.table(subnets).put({ ...SCOPE, ...zone, id: "subnet-0", vpcId: "vpc-0", cidrBlock: "10.0.0.0/24" });
  });
  const group = async (id: string, ...rules: readonly Rule[]): Promise<void> => {
    const full = [OUT, ...rules].map((rule, at) => ({ id: `sgr-${id}-${at}`, tags: [], ...rule }) as SecurityGroupRuleRecord);
    state.commit(() => state.table(securityGroups).put({ ...SCOPE, id, name: id, description: "", vpcId: "vpc-0", rules: full }));
    await settled();
  };
  const at = (number: number, ...securityGroups: readonly string[]): Partial<TaskRecord> => ({
    networkInterface: { ...interfaceOf(`10.0.0.${number}`), networkInterfaceId: `eni-${number}`, securityGroups },
  });
  await group("sg-server");
  await group("sg-client");
  await group("sg-other");
  const server = await world.run("backend", 4, at(4, "sg-server"));
  return { ...world, group, at, server };
}

test("clients that the servers' security groups do not let in are turned away, until a rule lets them", async () => {
  const { run, group, at, barred, clients, stop } = await doorsWorld();
  const one = await run("client", 5, at(5, "sg-client"));
  await run("client", 6, at(6, "sg-other"));
  expect([clients(), barred()]).toEqual([
    ["10.0.0.4", "10.0.0.5", "10.0.0.6"],
    ["10.0.0.5", "10.0.0.6"],
  ]);
  await group("sg-server", tcp(80, { referencedGroupId: "sg-client" }));
  expect(barred()).toEqual(["10.0.0.6"]);
  // One of several addresses of a subnet.
  await group("sg-server", tcp(80, { cidrIpv4: "10.0.0.6/32" }));
  expect(barred()).toEqual(["10.0.0.5"]);
  await stop(one);
  expect(barred()).toEqual([]);
});

test("a client's own rules count, and the ACL of a subnet that is another one", async () => {
  const { run, group, at, barred, state, settled } = await doorsWorld();
  await group("sg-server", tcp(80, { cidrIpv4: "0.0.0.0/0" }));
  await run("client", 5, at(5, "sg-client"));
  expect(barred()).toEqual([]);
  state.commit(() => state.table(securityGroups).update("sg-client", (record) => ({ ...record, rules: [] })));
  await settled();
  expect(barred()).toEqual(["10.0.0.5"]);
  await group("sg-client");
  const far = { ...interfaceOf("10.0.1.7"), subnetId: "subnet-1", securityGroups: ["sg-client"] };
  state.commit(() => {
    const [subnet] = [...state.table(subnets).values()];
    if (subnet) state.table(subnets).put({ ...subnet, id: "subnet-1", cidrBlock: "10.0.1.0/24" });
  });
  await run("client", 7, { networkInterface: far });
  expect(barred()).toEqual([]);
  const [acl] = [...state.table(networkAcls).values()];
  state.commit(() => acl && state.table(networkAcls).update(acl.id, (record) => ({ ...record, entries: [] })));
  await settled();
  expect(barred()).toEqual(["10.0.1.7"]);
});

test("groups are asked at the port of the container, or at ingressPortOverride", async () => {
  const { run, group, at, barred, put, settled } = await doorsWorld();
  await run("client", 5, at(5, "sg-client"));
  await group("sg-server", tcp(9000, { referencedGroupId: "sg-client" }));
  expect(barred()).toEqual(["10.0.0.5"]);
  put(serviceOf("backend", [{ ...ENDPOINT, ingressPort: 9000 }]));
  await settled();
  expect(barred()).toEqual([]);
});

test("a task that gets other groups is looked at again, be it a client or a server", async () => {
  const { run, group, at, barred, change, server } = await doorsWorld();
  await group("sg-server", tcp(80, { referencedGroupId: "sg-client" }));
  const client = await run("client", 5, at(5, "sg-other"));
  expect(barred()).toEqual(["10.0.0.5"]);
  await change(client, at(5, "sg-client"));
  expect(barred()).toEqual([]);
  await change(server, at(4, "sg-client"));
  expect(barred()).toEqual(["10.0.0.5"]);
});

test("all servers have to let a client in, but those that finish", async () => {
  const { run, group, at, barred, withdraw, put, settled, server } = await doorsWorld();
  await group("sg-newer", tcp(80, { referencedGroupId: "sg-client" }));
  await run("client", 5, at(5, "sg-client"));
  await run("backend", 8, at(8, "sg-newer"));
  expect(barred()).toContain("10.0.0.5");
  await withdraw(server);
  expect(barred()).not.toContain("10.0.0.5");
  // Nobody is asked for where nothing is offered.
  put(serviceOf("backend", [], { deployments: [] as DeploymentRecord[] }));
  await settled();
  expect(barred()).toBeUndefined();
});
