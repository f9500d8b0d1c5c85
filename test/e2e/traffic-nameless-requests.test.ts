import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import type { ProxyListener } from "../../src/ports/traffic-proxy.ts";
import { madeCertificate } from "../../src/testing/certificates.ts";
import { listener } from "../../src/testing/traffic-proxy-contract.ts";
import { endingTls, haproxyWorld } from "./traffic-world.ts";

/** Kinds of frames, and flags of theirs. Source: RFC 9113, 6. */
const HEADERS = 1;
const SETTINGS = 4;
const ENDS_ALL = 0x05;

function frame(kind: number, flags: number, stream: number, payload: readonly number[]): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(kind, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, Buffer.from(payload)]);
}

/** `:method GET`, `:path /`, `:scheme https` and nothing else, as numbers of HPACK's table. */
const NAMELESS = [0x82, 0x84, 0x87];
/** By their first byte, what `:status` an answer has. Source: RFC 7541, appendix A. */
const STATUSES: Readonly<Record<number, number>> = { 0x88: 200, 0x8c: 400, 0x8d: 404 };

/** Sends a request that names no host, and gives the status of its answer. */
async function ask(socket: TLSSocket, stream: number): Promise<number | undefined> {
  socket.write(frame(HEADERS, ENDS_ALL, stream, NAMELESS));
  let read = Buffer.alloc(0);
  for (;;) {
    const [some] = (await once(socket, "data")) as [Buffer];
    read = Buffer.concat([read, some]);
    for (let at = 0; at + 9 <= read.length; at += 9 + read.readUIntBE(at, 3)) {
      const isAnswer = read.readUInt8(at + 3) === HEADERS && read.readUInt32BE(at + 5) === stream;
      if (isAnswer && at + 9 < read.length) return STATUSES[read.readUInt8(at + 9)];
    }
  }
}

test("a request over HTTP/2 that names nobody is answered, also by a worker that has been replaced", async () => {
  await using world = await haproxyWorld();
  const [port, other] = [await world.freePort(), await world.freePort()];
  const tls = endingTls(await madeCertificate({ commonName: "a.test", names: ["a.test"] }));
  const main: ProxyListener = {
    ...{ id: "main", addresses: ["127.0.0.1"], port, tls },
    routes: [{ hosts: [], action: { kind: "fixed-response", status: 200, body: "hello" }, idleTimeout: 60 }],
  };
  await world.proxy.apply({ listeners: [main], backends: [] });
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: ["h2"] });
  await once(socket, "secureConnect");
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  socket.write(frame(SETTINGS, 0, 0, []));
  expect(await ask(socket, 1)).toBe(200);
  await world.proxy.apply({ listeners: [main, { ...listener("other", other), routes: main.routes }], backends: [] });
  expect(await ask(socket, 3)).toBe(200);
  socket.destroy();
});
