import { expect, test } from "vitest";
import { innerId } from "../../decide/routing/names-in-proxy.ts";
import { planRouting } from "../../decide/routing/plan-routing.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { registerTarget } from "../../state/elb-targets.ts";
import { listeners, loadBalancers, targetGroups, type ListenerRecord } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { balancerArn, balancerRecord, groupRecord, listenerRecord } from "../../testing/balancer-records.ts";
import { RoutingViews } from "./routing-view.ts";

const ALB = balancerArn("loadbalancer/app/web");
const NLB = balancerArn("loadbalancer/net/front");
const GROUP = balancerArn("targetgroup/web");

test("a load balancer that is a target is reached at its listener, with the client's address, for as long as it listens", () => {
  const state = new JournaledState(memoryJournal());
  const put = (loadBalancerArn: string, port: number, rest: Partial<ListenerRecord>): ListenerRecord =>
    state.table(listeners).put(listenerRecord({ arn: `${loadBalancerArn}/l`, loadBalancerArn, port, turn: port, ...rest }));
  state.commit(() => {
    state.table(loadBalancers).put(balancerRecord({ arn: ALB }));
    state.table(loadBalancers).put(balancerRecord({ arn: NLB, type: "network" }));
    put(NLB, 443, { protocol: "TCP", boundPort: 8443, defaultActions: [{ Type: "forward", TargetGroupArn: GROUP }] });
    put(ALB, 80, {});
    state.table(targetGroups).put(groupRecord({ arn: GROUP, targetType: "alb", protocol: "TCP", port: 80, vpcId: "vpc-1" }));
    registerTarget(state, { targetGroupArn: GROUP, id: ALB, port: 80, now: 0 });
  });
  const views = new RoutingViews(state);
  const surroundings = { ownBlocks: [], bridgedBlocks: [], vpcs: [], openedBlocks: [] };
  const plan = () => planRouting(views.make({ addresses: ["127.0.0.1"], gateways: [], surroundings }).view);
  // It has no port yet.
  expect(plan()).toMatchObject({ listeners: [], backends: [{ servers: [] }] });
  state.commit(() => put(ALB, 80, { boundPort: 8080 }));
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
