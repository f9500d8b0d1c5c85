import { expect, test } from "vitest";
import { FakeTrafficProxy } from "./fake-traffic-proxy.ts";
import { configuration, serverAt, trafficProxyContract, type ContractTarget } from "./traffic-proxy-contract.ts";

trafficProxyContract("the fake", async () => {
  const proxy = new FakeTrafficProxy();
  const targets: { port: number; status: number }[] = [];
  let ports = 20_000;
  /** What checks would see, told once the proxy has the server, and again when the answer changes. */
  const check = (): void => {
    for (const backend of proxy.configuration.backends) {
      for (const server of backend.servers) {
        const target = targets.find(({ port }) => port === server.port);
        if (target === undefined || server.draining || backend.healthCheck.kind === "none") continue;
        if (target.status === 200) proxy.see(backend.id, server.id, "healthy");
        else
          proxy.see(backend.id, server.id, backend.healthCheck.unhealthyThreshold < 10 ? "unhealthy" : "initial", {
            kind: "status",
            status: target.status,
          });
      }
    }
  };
  const apply = proxy.apply.bind(proxy);
  proxy.apply = (wanted) => apply(wanted).then(() => queueMicrotask(check));
  return {
    proxy,
    target: async (status): Promise<ContractTarget> => {
      const target = { port: (ports += 1), status };
      targets.push(target);
      return {
        address: "127.0.0.1",
        port: target.port,
        answer: (next) => {
          target.status = next;
          check();
        },
      };
    },
    freePort: async () => (ports += 1),
    takenPort: async () => {
      const port = (ports += 1);
      proxy.take(port);
      return { port, [Symbol.asyncDispose]: async () => proxy.release(port) };
    },
    ask: async (port, head) => proxy.answer(port, head),
    restarted: async () => proxy.reopen(),
    [Symbol.asyncDispose]: () => proxy.stop(),
  };
});

test("a refused configuration changes nothing", async () => {
  const proxy = new FakeTrafficProxy();
  await proxy.apply(configuration([]));
  proxy.failNext(new Error("no"));
  await expect(proxy.apply(configuration([serverAt("one", { address: "127.0.0.1", port: 1 })]))).rejects.toThrow("no");
  expect(proxy.configuration).toEqual(configuration([]));
});

test("sessions are what the test says", async () => {
  const proxy = new FakeTrafficProxy();
  proxy.carry("web", "one", 3);
  expect(await proxy.activeSessions("web", "one")).toBe(3);
});
