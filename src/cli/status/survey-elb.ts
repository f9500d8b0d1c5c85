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
  const [listeners, tags] = await Promise.all([
    collect(paginateDescribeListeners({ client }, { LoadBalancerArn: arn }), ({ Listeners }) => Listeners),
    tagsOf(client, arn),
  ]);
  return {
    name: balancer.LoadBalancerName ?? "",
    type: balancer.Type ?? "",
    state: balancer.State?.Code ?? "",
    listeners: await Promise.all(listeners.map((listener) => listenerOverview(client, balancer, listener, tags))),
  };
}

async function listenerOverview(
  client: ElasticLoadBalancingV2Client,
  balancer: LoadBalancer,
  listener: Listener,
  tags: ReadonlyMap<string, string>,
): Promise<ListenerOverview> {
  const port = listener.Port ?? 0;
  const bound = Number(tags.get(`${BOUND_PORT_TAG}${port}`) ?? port);
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
    ...(tags.has(`${BY_NAME_TAG}${port}`) && { onlyByName: true }),
    healthyTargets: states.filter((state) => state === "healthy").length,
    targets: states.length,
  };
}

/** Before the port that a listener was to have: a tag whose value is the port that was had instead. */
const BOUND_PORT_TAG = "aws:airfield:listener-port:";
/** Before a listener's port: a tag where another load balancer took it first, whose value is the one host name that still leads here. */
const BY_NAME_TAG = "aws:airfield:listener-host:";

/** The port where a load balancer's listener really answers. */
export async function boundPort(client: ElasticLoadBalancingV2Client, loadBalancerArn: string, port: number): Promise<number> {
  return Number((await tagsOf(client, loadBalancerArn)).get(`${BOUND_PORT_TAG}${port}`) ?? port);
}

async function tagsOf(client: ElasticLoadBalancingV2Client, resourceArn: string): Promise<ReadonlyMap<string, string>> {
  const { TagDescriptions } = await client.send(new DescribeTagsCommand({ ResourceArns: [resourceArn] }));
  return new Map((TagDescriptions ?? []).flatMap(({ Tags }) => Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}

export function listenerUrl(protocol: string, host: string, port: number): string {
  const scheme = protocol.toLowerCase();
  const usual = (scheme === "http" && port === 80) || (scheme === "https" && port === 443);
  return `${scheme}://${host}${usual ? "" : `:${port}`}`;
}
