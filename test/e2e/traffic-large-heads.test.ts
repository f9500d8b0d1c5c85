import { once } from "node:events";
import { createServer, request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { backend, listener, serverAt } from "../../src/testing/traffic-proxy-contract.ts";
import { haproxyWorld } from "./traffic-world.ts";

/** As many bytes as Node.js takes of a head, in either direction. */
const maxHeaderSize = 200_000;

test("heads as large as AWS has them go through where they are to, in both directions, and larger ones are refused", async () => {
  await using world = await haproxyWorld({ hasLargeHeads: true });
  const server = createServer({ maxHeaderSize }, ({ headers, url = "" }, response) =>
    response.setHeader("X-Long", "a".repeat(30_000)).end(`${url.length} ${String(headers["cookie"]).length}`),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port: at } = server.address() as AddressInfo;
  const port = await world.freePort();
  const one = serverAt("one", { address: "127.0.0.1", port: at }, { health: "healthy" });
  await world.proxy.apply({ listeners: [listener("main", port)], backends: [backend("web", [one])] });
  const ask = (path: number, cookie: number): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const options = { port, host: "127.0.0.1", path: `/${"p".repeat(path)}`, headers: { Cookie: "c".repeat(cookie) }, agent: false };
      request({ ...options, maxHeaderSize }, resolve)
        .on("error", reject)
        .end();
    });
  try {
    const large = await ask(15_000, 45_000);
    expect([large.statusCode, await text(large), String(large.headers["x-long"]).length]).toEqual([200, "15001 45000", 30_000]);
    expect((await ask(15_000, 60_000)).statusCode).toBe(400);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
