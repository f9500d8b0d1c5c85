import { expect, test } from "vitest";
import { innerId } from "../../decide/routing/names-in-proxy.ts";
import { planRouting } from "../../decide/routing/plan-routing.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { registerTarget } from "../../state/elb-targets.ts";
import {
  listeners,
  loadBalancers,
  targetGroups,
  type ListenerRecord,
  type LoadBalancerRecord,
  type TargetGroupRecord,
} from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { RoutingViews } from "./routing-view.ts";

const PREFIX = "arn:aws:elasticloadbalancing:us-east-1:123456789012:";
const ALB = `${PREFIX}loadbalancer/app/web/0123456789abcdef`;
const NLB = `${PREFIX}loadbalancer/net/front/0123456789abcdef`;
const GROUP = `${PREFIX}targetgroup/web/0123456789abcdef`;

test("a load balancer that is a target is reached at its listener, with the client's address, for as long as it listens", () => {
  const state = new JournaledState(memoryJournal());
  const scope = { account: "123456789012", region: "us-east-1", vpcId: "vpc-1", attributes: {}, certificates: [] };
  const healthCheck = {
    enabled: true,
    protocol: "HTTP",
    port: "traffic-port",
    interval: 5,
    timeout: 2,
    healthyThreshold: 3,
    unhealthyThreshold: 3,
  };
  const put = (loadBalancerArn: string, port: number, rest: object): ListenerRecord =>
    state
      .table(listeners)
      .put({ ...scope, arn: `${loadBalancerArn}/l`, loadBalancerArn, port, turn: port, ...rest } as unknown as ListenerRecord);
  const fixed = { defaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "404" } }] };
  state.commit(() => {
    for (const [arn, type] of [
      [ALB, "application"],
      [NLB, "network"],
    ] as const)
      state.table(loadBalancers).put({ ...scope, arn, type, dnsName: "web.elb.localhost" } as unknown as LoadBalancerRecord);
    put(NLB, 443, { protocol: "TCP", boundPort: 8443, defaultActions: [{ Type: "forward", TargetGroupArn: GROUP }] });
    put(ALB, 80, { protocol: "HTTP", ...fixed });
    state
      .table(targetGroups)
      .put({ ...scope, arn: GROUP, targetType: "alb", protocol: "TCP", port: 80, healthCheck } as unknown as TargetGroupRecord);
    registerTarget(state, { targetGroupArn: GROUP, id: ALB, port: 80, now: 0 });
  });
  const views = new RoutingViews(state);
  const surroundings = { ownBlocks: [], bridgedBlocks: [], vpcs: [], openedBlocks: [] };
  const plan = () => planRouting(views.make({ addresses: ["127.0.0.1"], gateways: [], surroundings }).view);
  // It has no port yet.
  expect(plan()).toMatchObject({ listeners: [], backends: [{ servers: [] }] });
  state.commit(() => put(ALB, 80, { protocol: "HTTP", boundPort: 8080, ...fixed }));
  const id = innerId(ALB, 80);
  const { listeners: planned, backends } = plan();
  expect(planned.map((listener) => [listener.id, listener.addresses, listener.port])).toEqual([
    ["port-8080", ["127.0.0.1"], 8080],
    [id, [], 80],
  ]);
  // Whatever name a client asks for.
  expect(planned[1]?.routes).toMatchObject([{ hosts: [], action: { kind: "fixed-response", status: 404 } }]);
  expect(backends).toMatchObject([
    { stream: { proxyProtocol: true }, healthCheck: { kind: "http" }, servers: [{ listener: id, port: 80 }] },
  ]);
  state.commit(() => state.table(listeners).delete(`${ALB}/l`));
  expect(plan()).toMatchObject({ listeners: [], backends: [{ servers: [] }] });
});
