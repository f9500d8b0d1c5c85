import "reflect-metadata";
import { createServer } from "node:https";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Client, credentials, Metadata, Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from "@grpc/grpc-js";
import type { SecureContextOptions } from "node:tls";
import { beforeAll, expect, test } from "vitest";
import { madeCertificate, type MadeCertificate } from "../../src/testing/certificates.ts";
import { backend, listener, serverAt, watchHealth } from "../../src/testing/traffic-proxy-contract.ts";
import { send } from "./load.ts";
import { endingTls, haproxyWorld } from "./traffic-world.ts";

let certificate: MadeCertificate;
beforeAll(
  async () => void (certificate = await madeCertificate({ commonName: "target.test", names: ["target.test", "localhost"], key: 2048 })),
);

test("targets that end TLS are checked and spoken to over it, whatever their certificates", async () => {
  await using world = await haproxyWorld();
  await using target = await secureTarget();
  const seen = watchHealth(world.proxy);
  const port = await world.freePort();
  const web = backend("web", [serverAt("one", target)], { secure: true });
  await world.proxy.apply({ listeners: [listener("main", port)], backends: [{ ...web, secure: true }] });
  await seen.until(({ health }) => health === "healthy");
  expect(await send(port)).toMatchObject({ status: 200, body: "over TLS: true" });
});

test("targets of former times are spoken to as well, also those that come at run time", async () => {
  await using world = await haproxyWorld();
  await using target = await secureTarget({ minVersion: "TLSv1", maxVersion: "TLSv1", ciphers: "AES128-SHA:@SECLEVEL=0" });
  const seen = watchHealth(world.proxy);
  const port = await world.freePort();
  const apply = (...servers: Parameters<typeof backend>[1]) =>
    world.proxy.apply({ listeners: [listener("main", port)], backends: [{ ...backend("web", servers, { secure: true }), secure: true }] });
  await apply();
  await apply(serverAt("one", target));
  await seen.until(({ health }) => health === "healthy");
  expect(await send(port)).toMatchObject({ status: 200, body: "over TLS: true" });
});

test("checks are made over TLS where they are to be, and not where requests alone are", async () => {
  await using world = await haproxyWorld();
  await using secure = await secureTarget();
  const plain = await world.target(200);
  const seen = watchHealth(world.proxy);
  await world.proxy.apply({
    listeners: [],
    backends: [
      { ...backend("plain", [serverAt("one", plain)], { secure: true, port: secure.port }), id: "plain" },
      { ...backend("secure", [serverAt("one", secure)], { port: plain.port }), id: "secure", secure: true },
      // Plain checks of what speaks TLS alone.
      { ...backend("wrong", [serverAt("one", secure)], { unhealthyThreshold: 2, interval: 1 }), id: "wrong", secure: true },
    ],
  });
  const settled = async (name: string): Promise<string> =>
    (await seen.until(({ backend: of, health }) => of === name && health !== "initial")).health;
  expect([await settled("plain"), await settled("secure"), await settled("wrong")]).toEqual(["healthy", "healthy", "unhealthy"]);
});

test("gRPC goes through from end to end over TLS", async () => {
  await using world = await haproxyWorld();
  const same = (bytes: Buffer): Buffer => bytes;
  const server = new Server();
  const Echo = {
    path: "/shop.Shop/Echo",
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  server.addService({ Echo }, { Echo: (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => reply(null, call.request) });
  const pair = { private_key: Buffer.from(certificate.keyPem), cert_chain: Buffer.from(certificate.pem) };
  const target = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createSsl(null, [pair]), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  const port = await world.freePort();
  const seen = watchHealth(world.proxy);
  const check = { kind: "grpc", secure: true, path: "/AWS.ALB/healthcheck", matcher: "12" } as const;
  const web = {
    ...backend("web", [serverAt("one", { address: "127.0.0.1", port: target })], check),
    version: "grpc",
    secure: true,
  } as const;
  await world.proxy.apply({ listeners: [{ ...listener("main", port), tls: endingTls(certificate) }], backends: [web] });
  await seen.until(({ health }) => health === "healthy");
  const client = new Client(`localhost:${port}`, credentials.createSsl(Buffer.from(certificate.pem)));
  try {
    const answer = await new Promise<Buffer | undefined>((resolve, reject) =>
      client.makeUnaryRequest(Echo.path, same, same, Buffer.from("hello"), new Metadata(), (error, bytes) =>
        error ? reject(error) : resolve(bytes),
      ),
    );
    expect(String(answer)).toBe("hello");
  } finally {
    client.close();
    server.forceShutdown();
  }
});

async function secureTarget(options: SecureContextOptions = {}) {
  const server = createServer({ ...options, cert: certificate.pem, key: certificate.keyPem }, (request, response) => {
    response.end(`over TLS: ${"encrypted" in request.socket}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
