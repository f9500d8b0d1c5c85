import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, test } from "vitest";
import { listeners } from "../../state/elb.ts";
import { apiWorld } from "../../testing/api-world.ts";
import { stack } from "../../testing/load-balancer-stack.ts";

async function world(api: Awaited<ReturnType<typeof apiWorld>>) {
  const { listener: ListenerArn, balancer: LoadBalancerArn } = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  return {
    set: (Key: string, Value: string) =>
      client.send(new elb.ModifyListenerAttributesCommand({ ListenerArn, Attributes: [{ Key: `routing.http.response.${Key}`, Value }] })),
    setBalancer: (Key: string, Value: string) =>
      client.send(new elb.ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes: [{ Key, Value }] })),
  };
}

test("headers of answers are given, and taken away by an empty value", async () => {
  await using api = await apiWorld();
  const { set } = await world(api);
  for (const [key, value] of [
    ["access_control_allow_credentials.header_value", "true"],
    ["access_control_allow_methods.header_value", "GET, POST"],
    ["access_control_max_age.header_value", "600"],
    ["x_frame_options.header_value", "ALLOW-FROM https://example.com"],
    ["server.enabled", "false"],
  ] as const) {
    const { Attributes } = await set(key, value);
    expect(Attributes).toContainEqual({ Key: `routing.http.response.${key}`, Value: value });
  }
  await expect(set("x_frame_options.header_value", "")).resolves.toBeDefined();
});

describe("a listener attribute is refused", () => {
  test.each([
    ["strict_transport_security.header_value", "a\r\nSet-Cookie: x=1"],
    ["content_security_policy.header_value", "x".repeat(1025)],
    ["access_control_allow_credentials.header_value", "false"],
    ["access_control_allow_methods.header_value", "get"],
    ["access_control_max_age.header_value", "86401"],
    ["x_content_type_options.header_value", "sniff"],
    ["x_frame_options.header_value", "ALLOW"],
    ["server.enabled", "no"],
  ])("%s = %s", async (key, value) => {
    await using api = await apiWorld();
    const { set } = await world(api);
    await expect(set(key, value)).rejects.toMatchObject({ name: "ValidationError" });
  });
});

test("an HTTPS listener may name the headers of encryption and of client certificates, another one has none", async () => {
  await using api = await apiWorld();
  const { listener: ListenerArn } = await stack(api);
  const client = api.client(ElasticLoadBalancingV2Client);
  const Key = "routing.http.request.x_amzn_mtls_clientcert_leaf.header_name";
  const name = (Value: string) => client.send(new elb.ModifyListenerAttributesCommand({ ListenerArn, Attributes: [{ Key, Value }] }));
  await expect(name("X-Leaf")).rejects.toMatchObject({ name: "ValidationError" });
  api.state.commit(() => api.state.table(listeners).update(ListenerArn, (listener) => ({ ...listener, protocol: "HTTPS" })));
  expect((await name("X-Leaf")).Attributes).toContainEqual({ Key, Value: "X-Leaf" });
  await expect(name("X Leaf")).rejects.toMatchObject({ name: "ValidationError" });
});

test("what load balancers do with requests is set by attributes", async () => {
  await using api = await apiWorld();
  const { setBalancer } = await world(api);
  for (const [Key, Value] of [
    ["routing.http.xff_header_processing.mode", "preserve"],
    ["routing.http.xff_client_port.enabled", "true"],
  ] as const)
    expect((await setBalancer(Key, Value)).Attributes).toContainEqual({ Key, Value });
  await expect(setBalancer("routing.http.xff_header_processing.mode", "keep")).rejects.toMatchObject({ name: "ValidationError" });
});
