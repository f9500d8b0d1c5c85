import { expect, test } from "vitest";
import { ListenerBindError, RefusedPartsError, type ProxyConfiguration } from "../ports/traffic-proxy.ts";
import { FakeTrafficProxy } from "../testing/fake-traffic-proxy.ts";
import { backend, listener, serverAt } from "../testing/traffic-proxy-contract.ts";
import { proxyShares } from "./proxy-shares.ts";

const part = (name: string, port: number): ProxyConfiguration => ({
  listeners: [listener(name, port)],
  backends: [backend(name, [serverAt("one", { address: "10.0.0.5", port: 80 })])],
});

function world() {
  const proxy = new FakeTrafficProxy();
  return { proxy, ...proxyShares(proxy, ["first", "second"]) };
}

test("nothing is brought about before each has given its part", async () => {
  const { proxy, first, second } = world();
  const one = first.apply(part("a", 1));
  await new Promise(setImmediate);
  expect(proxy.applied).toBe(0);
  await Promise.all([one, second.apply(part("b", 2))]);
  expect(proxy.configuration.listeners.map(({ id }) => id)).toEqual(["a", "b"]);
  await first.apply({ listeners: [], backends: [] });
  expect(proxy.configuration.backends.map(({ id }) => id)).toEqual(["b"]);
});

test("each hears of the health of its own", async () => {
  const { first, second } = world();
  const heard: string[] = [];
  first.onHealth(({ backend: of }) => heard.push(`first of ${of}`));
  second.onHealth(({ backend: of }) => heard.push(`second of ${of}`));
  await Promise.all([first.apply(part("a", 1)), second.apply(part("b", 2))]);
  expect(heard).toEqual(["first of a", "second of b"]);
});

test("what could not be bound, or is refused, is told to whom it is of", async () => {
  const { proxy, first, second } = world();
  proxy.take(2);
  const applied = await Promise.allSettled([first.apply(part("a", 1)), second.apply(part("b", 2))]);
  expect(applied.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  await expect(second.apply(part("b", 2))).rejects.toBeInstanceOf(ListenerBindError);
  proxy.release(2);
  proxy.failNext(new RefusedPartsError([{ kind: "backend", id: "a", reason: "so" }]));
  await second.apply(part("b", 2));
  proxy.failNext(new RefusedPartsError([{ kind: "backend", id: "a", reason: "so" }]));
  await expect(first.apply(part("a", 1))).rejects.toBeInstanceOf(RefusedPartsError);
  proxy.failNext(new Error("HAProxy is gone"));
  await expect(first.apply(part("a", 1))).rejects.toThrow("HAProxy is gone");
});
