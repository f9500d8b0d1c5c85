import { CreateSecurityGroupCommand, DescribeSecurityGroupRulesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { expect } from "vitest";
import { defaultNetwork } from "../state/default-vpc.ts";
import { internetGateways } from "../state/ec2-gateways.ts";
import { vpcEndpoints } from "../state/ec2-endpoints.ts";
import { securityGroups, subnets } from "../state/ec2.ts";
import { tasks, type TaskRecord } from "../state/ecs.ts";
import { networkInterfaces } from "../state/network-interfaces.ts";
import type { WholeState } from "../state/state.ts";
import { apiWorld, FOREIGN_KEYS, type ClientSettings } from "./api-world.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };

/** The APIs alone, with EC2's at hand. Its end asserts that no operation threw a defect. */
export async function networkWorld() {
  const api = await apiWorld();
  const client = api.client(EC2Client);
  const network = () => defaultNetwork(api.state, api.platform.ids, SCOPE, 1);
  return {
    ...api,
    client,
    /** The same of another account. */
    foreign: api.client(EC2Client, SCOPE.region, FOREIGN_KEYS),
    /** A client of another service. */
    clientOf: <C>(constructor: new (config: ClientSettings) => C): C => api.client(constructor),
    clientIn: (region: string) => api.client(EC2Client, region),
    network,
    /** Runs `aws ec2 … --output json`, expecting success. */
    async json(...args: readonly string[]): Promise<unknown> {
      const { stdout, stderr, code } = await api.aws("ec2", ...args, "--output", "json");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return stdout === "" ? undefined : (JSON.parse(stdout) as unknown);
    },
    group: async (name = "web") => (await client.send(new CreateSecurityGroupCommand({ GroupName: name, Description: "d" }))).GroupId!,
    rules: async (group: string, egress = false) =>
      (
        await client.send(new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: [group] }] }))
      ).SecurityGroupRules!.filter(({ IsEgress }) => IsEgress === egress),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      expect(api.defects.map(String)).toEqual([]);
    },
  };
}

/** A running task with a network interface in the default VPC. */
export function putTask(api: Awaited<ReturnType<typeof networkWorld>>, group: string): void {
  const { vpc, subnets } = api.network();
  const subnet = subnets[0]!;
  const task = {
    arn: "arn:aws:ecs:us-east-1:123456789012:task/default/1",
    id: "1",
    ...SCOPE,
    clusterArn: "arn:aws:ecs:us-east-1:123456789012:cluster/default",
    lastStatus: "RUNNING",
    targets: [],
    networkConfiguration: { awsvpcConfiguration: { subnets: [subnet.id], assignPublicIp: "ENABLED" } },
    networkInterface: {
      attachmentId: "a1",
      networkInterfaceId: "eni-0123456789abcdef0",
      subnetId: subnet.id,
      vpcId: vpc.id,
      vpcCidr: vpc.cidrBlock,
      availabilityZone: subnet.availabilityZone,
      privateIpv4Address: "172.31.0.9",
      macAddress: "02:00:00:00:00:09",
      privateDnsName: "ip-172-31-0-9.ec2.internal",
      securityGroups: [group],
    },
  } as unknown as TaskRecord;
  api.state.commit(() => api.state.table(tasks).put(task));
}

/** Takes away what a default VPC has from its beginning on and what keeps it: endpoints, interfaces, subnets, the internet gateway. */
export function emptyVpc(state: WholeState, vpcId: string, { keep }: { readonly keep?: "subnets" } = {}): void {
  state.commit(() => {
    for (const { id } of state.table(vpcEndpoints).by("vpc", vpcId)) state.table(vpcEndpoints).delete(id);
    for (const { id } of state.table(networkInterfaces).by("vpc", vpcId)) state.table(networkInterfaces).delete(id);
    for (const { id } of state.table(internetGateways).by("vpc", vpcId)) state.table(internetGateways).delete(id);
    for (const { id, name } of state.table(securityGroups).by("vpc", vpcId)) if (name !== "default") state.table(securityGroups).delete(id);
    if (keep !== "subnets") for (const { id } of state.table(subnets).by("vpc", vpcId)) state.table(subnets).delete(id);
  });
}
