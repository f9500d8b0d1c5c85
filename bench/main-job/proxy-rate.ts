import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  waitUntilTargetInService,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { freePort, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { atLeast, median, type Figure } from "../figure.ts";
import { bareHaproxy, fixedAnswer } from "../peers/proxies.ts";
import { wrk } from "../wrk.ts";

const SECONDS = 3;
const ROUNDS = 9;
const CONNECTIONS = 32;

/** Requests per second through a load balancer against a bare HAProxy with a configuration written by hand, to the same server, in turns. */
export async function proxyRate(airfield: AirfieldProcess, tell: (figure: Figure) => void): Promise<void> {
  const address = "127.0.0.1";
  const backendPort = await freePort();
  await using _backend = await fixedAnswer(backendPort);
  const peerPort = await freePort();
  await using _peer = await bareHaproxy({ port: peerPort, backendPort, rules: 0 });
  const port = await loadBalancer(airfield, address, backendPort);
  const rates = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.ours.push(await rate(port));
    rates.peer.push(await rate(peerPort));
  }
  tell(
    atLeast(0.95, { name: "requests per second, against bare HAProxy", unit: "1/s", ours: median(rates.ours), peer: median(rates.peer) }),
  );
}

async function rate(port: number): Promise<number> {
  const { requestsPerSecond, failures } = await wrk({ url: `http://127.0.0.1:${port}/`, connections: CONNECTIONS, seconds: SECONDS });
  if (failures > 0) throw new Error(`${failures} requests to port ${port} failed`);
  return requestsPerSecond;
}

/** Makes a load balancer with the server as its only target; gives the port on which it listens. */
async function loadBalancer(airfield: AirfieldProcess, address: string, backendPort: number): Promise<number> {
  const elb = airfield.client(ElasticLoadBalancingV2Client);
  const { Subnets } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());
  const { LoadBalancers } = await elb.send(
    new CreateLoadBalancerCommand({ Name: "bench", Subnets: (Subnets ?? []).flatMap(({ SubnetId }) => SubnetId ?? []) }),
  );
  const group = { Name: "bench", TargetType: "ip", Protocol: "HTTP", Port: backendPort, VpcId: Subnets?.[0]?.VpcId } as const;
  const { TargetGroups } = await elb.send(new CreateTargetGroupCommand(group));
  const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn;
  const Port = await freePort();
  await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
      Protocol: "HTTP",
      Port,
      DefaultActions: [{ Type: "forward", TargetGroupArn }],
    }),
  );
  const Targets = [{ Id: address, Port: backendPort, AvailabilityZone: "all" }];
  await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }));
  await waitUntilTargetInService({ client: elb, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { TargetGroupArn, Targets });
  return Port;
}
