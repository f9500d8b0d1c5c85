import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { startLoad, type LoadTarget } from "./load.ts";

interface Site extends AsyncDisposable {
  readonly target: LoadTarget;
}

async function site(answer: RequestListener): Promise<Site> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    target: { address: "127.0.0.1", port: (server.address() as AddressInfo).port, host: "front.example" },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test("counts every answer once, by version, and asks for the load balancer's name", async () => {
  let answers = 0;
  const hosts = new Set<string | undefined>();
  let enough: () => void;
  const reached = new Promise<void>((resolve) => (enough = resolve));
  await using shop = await site((request, response) => {
    hosts.add(request.headers.host);
    answers += 1;
    response.end(JSON.stringify({ version: answers % 2 === 0 ? "v1" : "v2" }));
    if (answers === 40) enough();
  });
  const load = startLoad(shop.target);
  await reached;
  const { sent, failed, byVersion } = await load.stop();
  expect({ sent, failed }).toEqual({ sent: answers, failed: 0 });
  expect((byVersion.get("v1") ?? 0) + (byVersion.get("v2") ?? 0)).toBe(sent);
  expect([...hosts]).toEqual(["front.example"]);
});

test("an answer that is no 200, one that is cut off and one that is refused are failures, each with its reason", async () => {
  let answers = 0;
  let enough: () => void;
  const reached = new Promise<void>((resolve) => (enough = resolve));
  await using shop = await site((_request, response) => {
    answers += 1;
    if (answers % 3 === 0) response.writeHead(503).end();
    else if (answers % 3 === 1) response.destroy();
    else response.end(JSON.stringify({ version: "v1" }));
    if (answers === 30) enough();
  });
  const load = startLoad(shop.target);
  await reached;
  const { sent, failed, byVersion, failures } = await load.stop();
  expect(failed).toBe(sent - (byVersion.get("v1") ?? 0));
  expect(failures.get("status 503")).toBe(Math.floor(answers / 3));
  expect(failures.get("socket hang up")).toBeGreaterThan(0);
});
