import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { LISTENER_HOST_TAG, LISTENER_PORT_TAG } from "../../control/load-balancing/listener-ports.ts";
import { loadBalancers } from "../../state/elb.ts";
import { apiWorld } from "../../testing/api-world.ts";
import { stack } from "../../testing/load-balancer-stack.ts";
import { surveyLoadBalancers } from "./survey-elb.ts";

test("a listener shows where it really answers, and whether by its own name only", async () => {
  await using api = await apiWorld();
  const { balancer } = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  const survey = async (tags: Readonly<Record<string, string>>) => {
    const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    api.state.commit(() => api.state.table(loadBalancers).update(balancer, (one) => ({ ...one, tags: list })));
    return (await surveyLoadBalancers(client))[0]?.listeners[0];
  };
  const dnsName = api.state.table(loadBalancers).get(balancer)?.dnsName ?? "";
  const plain = await survey({ team: "shop" });
  expect(plain).toEqual({ url: `http://${dnsName}`, port: 80, healthyTargets: 0, targets: 0 });
  expect(await survey({ [`${LISTENER_HOST_TAG}80`]: dnsName })).toEqual({ ...plain, onlyByName: true });
  expect(await survey({ [`${LISTENER_PORT_TAG}80`]: "8080", [`${LISTENER_HOST_TAG}81`]: dnsName })).toEqual({
    ...plain,
    url: `http://${dnsName}:8080`,
    boundPort: 8080,
  });
});
