import {
  DescribeTagsCommand,
  DescribeTargetHealthCommand,
  paginateDescribeListeners,
  paginateDescribeLoadBalancers,
  type ElasticLoadBalancingV2Client,
  type Listener,
  type LoadBalancer,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { collect } from "./collect.ts";
import type { ListenerOverview, LoadBalancerOverview } from "./overview.ts";

export async function surveyLoadBalancers(client: ElasticLoadBalancingV2Client): Promise<readonly LoadBalancerOverview[]> {
  const balancers = await collect(paginateDescribeLoadBalancers({ client }, {}), ({ LoadBalancers }) => LoadBalancers);
  return Promise.all(balancers.map((balancer) => surveyLoadBalancer(client, balancer)));
}

async function surveyLoadBalancer(client: ElasticLoadBalancingV2Client, balancer: LoadBalancer): Promise<LoadBalancerOverview> {
  const arn = balancer.LoadBalancerArn ?? "";
  const [listeners, ports] = await Promise.all([
    collect(paginateDescribeListeners({ client }, { LoadBalancerArn: arn }), ({ Listeners }) => Listeners),
    boundPorts(client, arn),
  ]);
  return {
    name: balancer.LoadBalancerName ?? "",
    type: balancer.Type ?? "",
    state: balancer.State?.Code ?? "",
    listeners: await Promise.all(listeners.map((listener) => listenerOverview(client, balancer, listener, ports))),
  };
}

async function listenerOverview(
  client: ElasticLoadBalancingV2Client,
  balancer: LoadBalancer,
  listener: Listener,
  ports: ReadonlyMap<number, number>,
): Promise<ListenerOverview> {
  const port = listener.Port ?? 0;
  const bound = ports.get(port) ?? port;
  const groups = new Set(
    (listener.DefaultActions ?? []).flatMap(({ TargetGroupArn, ForwardConfig }) => [
      TargetGroupArn,
      ...(ForwardConfig?.TargetGroups ?? []).map((group) => group.TargetGroupArn),
    ]),
  );
  const answers = await Promise.all(
    [...groups].flatMap((TargetGroupArn) => (TargetGroupArn ? [client.send(new DescribeTargetHealthCommand({ TargetGroupArn }))] : [])),
  );
  const states = answers.flatMap(({ TargetHealthDescriptions }) =>
    (TargetHealthDescriptions ?? []).map(({ TargetHealth }) => TargetHealth?.State),
  );
  return {
    url: listenerUrl(listener.Protocol ?? "HTTP", balancer.DNSName ?? "", bound),
    port,
    ...(bound !== port && { boundPort: bound }),
    healthyTargets: states.filter((state) => state === "healthy").length,
    targets: states.length,
  };
}

/**
 * Where the listeners of a load balancer really answer: a port that could not be bound stands in a tag `airfield:listener-port:<port>`,
 * whose value is the port that was had instead.
 */
export async function boundPorts(client: ElasticLoadBalancingV2Client, loadBalancerArn: string): Promise<ReadonlyMap<number, number>> {
  const { TagDescriptions } = await client.send(new DescribeTagsCommand({ ResourceArns: [loadBalancerArn] }));
  const tags = (TagDescriptions ?? []).flatMap(({ Tags }) => Tags ?? []);
  return new Map(
    tags.flatMap(({ Key, Value }) => {
      const port = /^airfield:listener-port:(\d+)$/.exec(Key ?? "")?.[1];
      return port === undefined ? [] : [[Number(port), Number(Value)] as const];
    }),
  );
}

export function listenerUrl(protocol: string, host: string, port: number): string {
  const scheme = protocol.toLowerCase();
  const usual = (scheme === "http" && port === 80) || (scheme === "https" && port === 443);
  return `${scheme}://${host}${usual ? "" : `:${port}`}`;
}
