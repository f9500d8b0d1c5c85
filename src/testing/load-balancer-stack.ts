import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { systemIds } from "../drivers/system/ids.ts";
import { defaultNetwork } from "../state/default-vpc.ts";
import type { ApiWorld } from "./api-world.ts";

export const SCOPE = { account: "123456789012", region: "us-east-1" } as const;

export interface Network {
  readonly vpc: string;
  readonly subnets: readonly [string, string];
  readonly addressInVpc: string;
}

/** The default VPC of a world. */
export function network({ state }: ApiWorld): Network {
  const { vpc, subnets } = defaultNetwork(state, systemIds, SCOPE, 1);
  return { vpc: vpc.id, subnets: [subnets[0]?.id ?? "", subnets[1]?.id ?? ""], addressInVpc: "172.31.0.10" };
}

/** ARNs of things that hang together. */
export interface Stack {
  readonly balancer: string;
  readonly group: string;
  readonly listener: string;
  readonly net: Network;
}

/** A load balancer, a target group of addresses, and a listener on port 80 that forwards to it. */
export async function stack(api: ApiWorld): Promise<Stack> {
  const net = network(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  const { LoadBalancers } = await client.send(new elb.CreateLoadBalancerCommand({ Name: "web", Subnets: [...net.subnets] }));
  const balancer = LoadBalancers?.[0]?.LoadBalancerArn ?? "";
  const { TargetGroups } = await client.send(
    new elb.CreateTargetGroupCommand({ Name: "web-tg", Protocol: "HTTP", Port: 8080, VpcId: net.vpc, TargetType: "ip" }),
  );
  const group = TargetGroups?.[0]?.TargetGroupArn ?? "";
  const DefaultActions = [{ Type: "forward", TargetGroupArn: group } as const];
  const { Listeners } = await client.send(
    new elb.CreateListenerCommand({ LoadBalancerArn: balancer, Protocol: "HTTP", Port: 80, DefaultActions }),
  );
  return { balancer, group, listener: Listeners?.[0]?.ListenerArn ?? "", net };
}
