import { ListClustersCommand, ECSClient } from "@aws-sdk/client-ecs";
import { DescribeVpcEndpointsCommand, ModifyVpcEndpointCommand } from "@aws-sdk/client-ec2";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { rootPrincipal } from "./credentials.ts";
import { asker } from "../control/tasks/execution.ts";
import { tasks } from "../state/ecs.ts";
import { networkInterfaces } from "../state/network-interfaces.ts";
import { networkWorld, putTask } from "../testing/network-world.ts";
import { accessView, decide, NO_ORIGIN } from "./authorize.ts";
import { endpointFor } from "./vpc-endpoint.ts";

/** A world in which requests of this machine are those of a task in the default VPC, with its endpoints. */
async function world() {
  const api = await networkWorld();
  putTask(api, api.network().securityGroup.id);
  const task = api.state.table(tasks).values().next().value!;
  const own = { ...task.networkInterface!, privateIpv4Address: "127.0.0.1" };
  api.state.commit(() => api.state.table(tasks).put({ ...task, networkInterface: own }));
  const { VpcEndpoints } = await api.client.send(new DescribeVpcEndpointsCommand({}));
  const idOf = (service: string) =>
    VpcEndpoints!.find(({ ServiceName }) => ServiceName === `com.amazonaws.us-east-1.${service}`)!.VpcEndpointId!;
  const setPolicy = (service: string, ...Statement: object[]) =>
    api.client.send(new ModifyVpcEndpointCommand({ VpcEndpointId: idOf(service), PolicyDocument: JSON.stringify({ Statement }) }));
  const clusters = () => api.clientOf(ECSClient).send(new ListClustersCommand({}));
  return { ...api, task: api.state.table(tasks).get(task.arn)!, idOf, setPolicy, clusters };
}

const EVERYTHING = { Effect: "Allow", Principal: "*", Action: "*", Resource: "*" };

test("who comes through an endpoint may do what its policy allows, root neither more, and through another one what that allows", async () => {
  await using at = await world();
  await at.clusters();
  await at.setPolicy("ecs", EVERYTHING, { Effect: "Deny", Principal: "*", Action: "ecs:List*", Resource: "*" });
  await expect(at.clusters()).rejects.toThrow("with an explicit deny in a VPC endpoint policy");
  await at.setPolicy("ecs", { ...EVERYTHING, Action: "ecs:Describe*" });
  await expect(at.clusters()).rejects.toThrow("because no VPC endpoint policy allows the ecs:ListClusters action");
  await at.clientOf(STSClient).send(new GetCallerIdentityCommand({}));
  // Whoever is no task does not come through it.
  at.state.commit(() => at.state.table(tasks).put({ ...at.task, lastStatus: "STOPPED" }));
  await at.clusters();
});

test("condition keys tell of the endpoint, and of the address in the VPC in the place of the source address", async () => {
  await using at = await world();
  const through = endpointFor(at.state, { from: "::ffff:127.0.0.1" }, "us-east-1", "ecr.api");
  expect(through).toMatchObject({ id: at.idOf("ecr.api"), vendor: "ecr", vpcId: at.network().vpc.id });
  const origin = { ...NO_ORIGIN, sourceIp: "127.0.0.1", ...(through && { through }) };
  const asked = { action: "ecr:GetAuthorizationToken", resource: "*" };
  const { context } = accessView({ state: at.state, now: 1 }, rootPrincipal("123456789012", ""), asked, origin).request;
  expect(context("aws:sourcevpce")).toBe(through?.id);
  expect(context("aws:sourcevpc")).toBe(through?.vpcId);
  expect(context("aws:vpcsourceip")).toBe("127.0.0.1");
  expect(context("aws:vpceaccount")).toBe("123456789012");
  expect(context("aws:sourceip")).toBeUndefined();
});

test("an endpoint without private DNS, of another service or another region is not on the way", async () => {
  await using at = await world();
  expect(endpointFor(at.state, { from: "127.0.0.1" }, "us-east-1", "cloudtrail")).toBeUndefined();
  expect(endpointFor(at.state, { from: "127.0.0.1" }, "eu-west-1", "ecs")).toBeUndefined();
  expect(endpointFor(at.state, { from: "10.0.0.1" }, "us-east-1", "ecs")).toBeUndefined();
  await at.client.send(new ModifyVpcEndpointCommand({ VpcEndpointId: at.idOf("ecs"), PrivateDnsEnabled: false }));
  expect(endpointFor(at.state, { from: "127.0.0.1" }, "us-east-1", "ecs")).toBeUndefined();
});

test("at an endpoint's own address it is the one, with private DNS or without, and nothing may be done of other services", async () => {
  await using at = await world();
  await at.client.send(new ModifyVpcEndpointCommand({ VpcEndpointId: at.idOf("ecs"), PrivateDnsEnabled: false }));
  const [own] = at.state.table(networkInterfaces).by("vpcEndpoint", at.idOf("ecs"));
  const ends = { from: "10.9.9.9", to: own!.privateIpv4Address };
  const through = endpointFor(at.state, ends, "us-east-1", "ecs");
  expect(through).toEqual({ id: at.idOf("ecs"), account: "123456789012", vpcId: at.network().vpc.id, address: "10.9.9.9", vendor: "ecs" });
  const other = endpointFor(at.state, ends, "us-east-1", "logs");
  const asked = { action: "logs:DescribeLogGroups", resource: "*" };
  const decision = decide({ state: at.state, now: 1 }, rootPrincipal("123456789012", ""), asked, {
    ...NO_ORIGIN,
    ...(other && { through: other }),
  });
  expect(decision).toEqual({ allowed: false, explicit: false, by: "VPC endpoint policy" });
});

test("what is done for a task before it runs goes through its VPC's endpoints, too", async () => {
  await using at = await world();
  const parts = { state: at.state, clock: at.platform.clock, ids: at.platform.ids };
  const execution = { kind: "role" as const, principal: rootPrincipal("123456789012", "") as never };
  const secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf";
  const ask = () => asker(parts, execution, at.task)("secretsmanager:GetSecretValue", secret);
  expect(ask()).toBeUndefined();
  await at.setPolicy("secretsmanager", { ...EVERYTHING, Action: "secretsmanager:Describe*" });
  expect(ask()).toContain("because no VPC endpoint policy allows the secretsmanager:GetSecretValue action");
});
