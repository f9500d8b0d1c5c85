import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { systemIds as ids } from "../drivers/system/ids.ts";
import { defaultEndpoints } from "../control/vpc-networks/default-endpoints.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { defaultEndpointsDue } from "./default-endpoints.ts";
import { defaultNetwork, moveDefaultVpc } from "./default-vpc.ts";
import { vpcEndpoints } from "./ec2-endpoints.ts";
import { routeTables } from "./ec2-routing.ts";
import { securityGroups } from "./ec2.ts";
import { groupsOfInterface } from "./interface-groups.ts";
import { JournaledState } from "./journaled-state.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { removeEndpoint } from "./new-endpoint.ts";
import { openState } from "./open-state.ts";
import { routeState } from "./route-state.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };

test("a default VPC has endpoints for what a task needs before it runs, which the whole VPC may speak to, and a way to S3", () => {
  const state = new JournaledState(memoryJournal());
  const { vpc, subnets } = defaultNetwork(state, ids, SCOPE, 7);
  const made = state.table(vpcEndpoints).by("vpc", vpc.id);
  expect(made.map(({ type, serviceName }) => `${type} ${serviceName.slice("com.amazonaws.us-east-1.".length)}`)).toEqual([
    ...["ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssm", "kms", "sts", "ecs"].map((service) => `Interface ${service}`),
    "Gateway s3",
  ]);
  const [first] = made;
  expect(first).toMatchObject({ ...SCOPE, state: "available", privateDnsEnabled: true, subnetIds: [subnets[0]!.id], createdAt: 7 });
  const [own] = state.table(networkInterfaces).by("vpcEndpoint", first!.id);
  expect(first!.networkInterfaceIds).toEqual([own!.id]);
  const [group] = groupsOfInterface(state, own!).map((id) => state.table(securityGroups).get(id));
  expect(group?.rules.filter(({ isEgress }) => !isEgress)).toMatchObject([
    { ipProtocol: "tcp", fromPort: 443, toPort: 443, cidrIpv4: vpc.cidrBlock },
  ]);
  const gateway = made.at(-1)!;
  const [table] = state.table(routeTables).by("main", vpc.id);
  expect(gateway.routeTableIds).toEqual([table!.id]);
  const route = table!.routes.at(-1)!;
  expect(route).toEqual({ destination: "pl-63a5400a", target: { kind: "vpc-endpoint", id: gateway.id }, origin: "CreateRoute" });
  expect(routeState(state, vpc.id, route.target)).toBe("active");
});

test("a default VPC that gets another block takes its endpoints along, and lets the new block in", () => {
  const state = new JournaledState(memoryJournal());
  const before = defaultNetwork(state, ids, SCOPE, 1).vpc;
  const after = moveDefaultVpc(state, before.id, [before.cidrBlock])!;
  const [{ privateIpv4Address } = { privateIpv4Address: "" }] = state.table(networkInterfaces).by("vpc", after.id);
  expect(privateIpv4Address.split(".").slice(0, 2)).toEqual(after.cidrBlock.split(".").slice(0, 2));
  const rules = state
    .table(securityGroups)
    .by("vpc", after.id)
    .flatMap((group) => group.rules);
  expect(rules.filter(({ toPort }) => toPort === 443).map(({ cidrIpv4 }) => cidrIpv4)).toEqual([after.cidrBlock]);
});

test("an endpoint that goes takes its interfaces and its route with it", () => {
  const state = new JournaledState(memoryJournal());
  const { vpc } = defaultNetwork(state, ids, SCOPE, 1);
  state.commit(() =>
    state
      .table(vpcEndpoints)
      .by("vpc", vpc.id)
      .forEach((one) => removeEndpoint(state, one)),
  );
  expect(state.table(networkInterfaces).size).toBe(0);
  const destinations = state
    .table(routeTables)
    .by("main", vpc.id)[0]!
    .routes.map(({ destination }) => destination);
  expect(destinations).toEqual(["0.0.0.0/0"]);
});

test("a default VPC of an earlier version gets its endpoints at the start, once", async () => {
  const made = new JournaledState(memoryJournal());
  const { vpc, subnets } = defaultNetwork(made, ids, SCOPE, 1);
  const own = [...made.table(routeTables).values()][0]!;
  const rows = [
    { table: "state.version", key: "version", value: '{"version":4}' },
    { table: "ec2.vpcs", key: vpc.id, value: JSON.stringify(vpc) },
    { table: "ec2.vpcs", key: "vpc-2", value: JSON.stringify({ ...vpc, id: "vpc-2", isDefault: false }) },
    { table: "ec2.route-tables", key: own.id, value: JSON.stringify({ ...own, routes: [] }) },
    ...subnets.map((one) => ({ table: "ec2.subnets", key: one.id, value: JSON.stringify(one) })),
  ];
  const state = await openState(memoryJournal(new Map(rows.map((row) => [`${row.table}\n${row.key}`, row]))));
  const clock = new ManualClock();
  const start = async () => {
    const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const loop = defaultEndpoints({ state, ids, clock, logger } as unknown as Parameters<typeof defaultEndpoints>[0]);
    await clock.settled();
    await loop[Symbol.asyncDispose]();
  };
  await start();
  expect(state.table(vpcEndpoints).count("vpc", vpc.id)).toBe(9);
  expect(state.table(vpcEndpoints).size).toBe(9);
  expect(state.table(defaultEndpointsDue).size).toBe(0);
  state.commit(() => [...state.table(vpcEndpoints).values()].forEach((one) => removeEndpoint(state, one)));
  await start();
  expect(state.table(vpcEndpoints).size).toBe(0);
});
