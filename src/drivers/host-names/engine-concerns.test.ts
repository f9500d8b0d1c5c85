import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EngineUnavailableError } from "../docker/engine.ts";
import { engineConcerns } from "./engine-concerns.ts";

const HOST = "123456789012.dkr.ecr.eu-north-1.amazonaws.com";
const proxied = (noProxy: string): object => ({ HttpsProxy: "http://proxy.example:3128", NoProxy: noProxy });

test.each([
  ["an ordinary engine", {}, []],
  ["a proxy that is asked for everything", proxied(""), [expect.stringContaining(`a proxy for ${HOST}: add them to NO_PROXY`)]],
  ["a proxy, not for loopback", proxied("localhost,127.0.0.0/8"), [expect.stringContaining("NO_PROXY")]],
  ["a proxy, not for this name", proxied(`localhost, ${HOST}`), []],
  ["a proxy, not for the domain", proxied("amazonaws.com"), []],
  ["a proxy, not below the domain", proxied(".amazonaws.com"), []],
  ["a proxy, not below the domain, as others write it", proxied("*.AmazonAWS.com"), []],
  ["a proxy, not for a domain that ends alike", proxied("naws.com"), [expect.stringContaining("NO_PROXY")]],
  ["a proxy for nothing", proxied("*"), []],
  ["Docker Desktop", { OperatingSystem: "Docker Desktop" }, [expect.stringMatching(/^Docker Desktop.*not supported$/)]],
  [
    "a rootless engine",
    { SecurityOptions: ["name=seccomp", "name=rootless"] },
    [expect.stringMatching(/^a rootless engine.*not supported$/)],
  ],
])("%s", async (_, answer, concerns) => {
  const folder = await mkdtemp(join(tmpdir(), "airfield-engine-"));
  const socket = join(folder, "docker.sock");
  const info = { ServerVersion: "28.0.0", Architecture: "x86_64", OperatingSystem: "Debian GNU/Linux 12", Driver: "overlay2", ...answer };
  const engine = createServer((request, response) => {
    response.writeHead(200, { "api-version": "1.47", "content-type": "application/json" });
    response.end(request.url === "/_ping" ? "OK" : JSON.stringify(info));
  }).listen(socket);
  try {
    await once(engine, "listening");
    expect(await engineConcerns(socket, [HOST], "/etc/docker/certs.d")).toEqual(concerns);
  } finally {
    engine.close();
    engine.closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  }
});

test("an engine that is not there is not taken for a good one", async () => {
  await expect(engineConcerns(join(tmpdir(), "no-such-engine.sock"), [HOST], "/etc/docker/certs.d")).rejects.toThrow(
    EngineUnavailableError,
  );
});
