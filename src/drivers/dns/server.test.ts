import { once } from "node:events";
import { Resolver } from "node:dns/promises";
import { connect } from "node:net";
import { streamDecode, streamEncode } from "dns-packet";
import fc from "fast-check";
import { expect, test } from "vitest";
import { answerQuery, type Resolution } from "./answer.ts";
import { dnsServer, type DnsServer } from "./server.ts";

const NAME = "web-1.us-east-1.elb.localhost";

/** Every client is told its own address. */
function resolve(name: string, client: string): Resolution {
  if (name === NAME) return { kind: "address", address: client };
  return name.endsWith(".elb.localhost") ? { kind: "no-such-name" } : { kind: "not-ours" };
}

function resolver({ endpoints }: DnsServer): Resolver {
  const made = new Resolver({ timeout: 2000, tries: 1 });
  made.setServers(endpoints.map(({ address, port }) => `${address}:${port}`));
  return made;
}

test("a load balancer's name means what it is to the client that asks, in any case of letters", async () => {
  await using server = await dnsServer({ addresses: ["127.0.0.1"], port: 0, resolve });
  const client = resolver(server);
  expect(await client.resolve4(NAME, { ttl: true })).toEqual([{ address: "127.0.0.1", ttl: 5 }]);
  client.setLocalAddress("127.0.0.5");
  expect(await client.resolve4(NAME.toUpperCase())).toEqual(["127.0.0.5"]);
});

test("it has no IPv6 address, an unknown load balancer does not exist, and other names are refused", async () => {
  await using server = await dnsServer({ addresses: ["127.0.0.1"], port: 0, resolve });
  const client = resolver(server);
  await expect(client.resolve6(NAME)).rejects.toMatchObject({ code: "ENODATA" });
  await expect(client.resolve4("gone-1.us-east-1.elb.localhost")).rejects.toMatchObject({ code: "ENOTFOUND" });
  await expect(client.resolve4("example.com")).rejects.toMatchObject({ code: "EREFUSED" });
});

test("questions over TCP are answered, several on one connection and in pieces", async () => {
  await using server = await dnsServer({ addresses: ["127.0.0.1"], port: 0, resolve });
  const [endpoint] = server.endpoints;
  const connection = connect({ port: endpoint?.port ?? 0, host: "127.0.0.1", localAddress: "127.0.0.5" });
  const questions = [1, 2].map((id) => streamEncode({ id, type: "query", questions: [{ type: "A", name: NAME }] }));
  const bytes = Buffer.concat(questions);
  connection.write(bytes.subarray(0, 3));
  connection.write(bytes.subarray(3));
  let received = Buffer.alloc(0);
  const answers: unknown[] = [];
  while (answers.length < 2) {
    const [chunk] = (await once(connection, "data")) as [Buffer];
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE()) {
      const end = 2 + received.readUInt16BE();
      const { id, answers: found } = streamDecode(received.subarray(0, end));
      answers.push({ id, data: found?.map((record) => "data" in record && record.data) });
      received = received.subarray(end);
    }
  }
  connection.destroy();
  expect(answers).toEqual([
    { id: 1, data: ["127.0.0.5"] },
    { id: 2, data: ["127.0.0.5"] },
  ]);
});

test("an address that cannot be had is an error, and leaves nothing open", async () => {
  await using server = await dnsServer({ addresses: ["127.0.0.1"], port: 0, resolve });
  const port = server.endpoints[0]?.port ?? 0;
  await expect(dnsServer({ addresses: ["127.0.0.2", "127.0.0.1"], port, resolve })).rejects.toMatchObject({ code: "EADDRINUSE" });
  await using second = await dnsServer({ addresses: ["127.0.0.2"], port, resolve });
  expect(second.endpoints).toEqual([{ address: "127.0.0.2", port }]);
});

test("law: no octets make it fail, and an answer is never answered", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
      const answer = answerQuery(octets, (name) => resolve(name, "127.0.0.1"));
      const mayAnswer = octets.length >= 3 && ((octets[2] ?? 0) & 0x80) === 0;
      expect(answer !== undefined).toBe(mayAnswer);
      expect(answer?.subarray(0, 2)).toEqual(mayAnswer ? Buffer.from(octets.subarray(0, 2)) : undefined);
    }),
    { numRuns: 500 },
  );
});
