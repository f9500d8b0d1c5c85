import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  waitUntilTargetInService,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { freePort, type AirfieldProcess } from "../src/testing/airfield-process.ts";
import type { ProxyTask } from "./peers/proxies.ts";

/** Makes a load balancer whose rules, as its peers' are, and whose default lead to one target group with one target. @param certificate its ARN, where TLS is spoken */
export async function loadBalancer(
  airfield: AirfieldProcess,
  { backendPort, rules, by = "path" }: Omit<ProxyTask, "port" | "pem">,
  certificate?: string,
): Promise<{ readonly arn: string; readonly port: number }> {
  const elb = airfield.client(ElasticLoadBalancingV2Client);
  const { Subnets = [] } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());
  const Name = `bench-${by}-${rules}${certificate === undefined ? "" : "-tls"}`;
  const { LoadBalancers } = await elb.send(
    new CreateLoadBalancerCommand({ Name, Subnets: Subnets.flatMap(({ SubnetId }) => SubnetId ?? []) }),
  );
  const group = { Name, TargetType: "ip", Protocol: "HTTP", Port: backendPort, VpcId: Subnets[0]?.VpcId } as const;
  const { TargetGroups } = await elb.send(new CreateTargetGroupCommand(group));
  const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn;
  const Port = await freePort();
  const Actions = [{ Type: "forward", TargetGroupArn } as const];
  const listener = { LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn, Port, DefaultActions: Actions };
  const { Listeners } = await elb.send(
    new CreateListenerCommand(
      certificate === undefined
        ? { ...listener, Protocol: "HTTP" }
        : {
            ...listener,
            Protocol: "HTTPS",
            SslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
            Certificates: [{ CertificateArn: certificate }],
          },
    ),
  );
  for (let at = 0; at < rules; at += 1) {
    const Conditions = [
      by === "host" ? { Field: "host-header", Values: [`r${at}.test`] } : { Field: "path-pattern", Values: [`/r${at}/*`] },
    ];
    await elb.send(new CreateRuleCommand({ ListenerArn: Listeners?.[0]?.ListenerArn, Priority: at + 1, Conditions, Actions }));
  }
  const Targets = [{ Id: "127.0.0.1", Port: backendPort, AvailabilityZone: "all" }];
  await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }));
  await waitUntilTargetInService({ client: elb, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { TargetGroupArn, Targets });
  return { arn: LoadBalancers?.[0]?.LoadBalancerArn ?? "", port: Port };
}
