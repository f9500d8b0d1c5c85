import { createSocket } from "node:dgram";
import { once } from "node:events";
import { Resolver } from "node:dns/promises";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { decode, encode, streamDecode, streamEncode } from "dns-packet";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Question, Resolution } from "../../domain/dns/message.ts";
import { respond } from "./respond.ts";
import { dnsServer, type DnsServer } from "./server.ts";

const NAME = "web-1.us-east-1.elb.localhost";

/** Every client is told its own address. */
function resolve({ name, type }: Question, client: string): Resolution {
  const reply = { kind: "reply", authoritative: true, authorities: [], additionals: [] } as const;
  if (name === `${NAME}.`)
    return { ...reply, code: "NOERROR", answers: type === "A" ? [{ name, ttl: 5, data: { type: "A", address: client } }] : [] };
  return name.endsWith(".elb.localhost.") ? { ...reply, code: "NXDOMAIN", answers: [] } : { kind: "forward" };
}

const answerQuery = (query: Uint8Array): Promise<Uint8Array | undefined> => respond(query, "127.0.0.1", "udp", { resolve });

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

/** A header with these counts of questions, answers, authorities and additional records. */
function header(...counts: readonly number[]): Buffer {
  const bytes = Buffer.from([0, 7, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  for (const [at, count] of counts.entries()) bytes.writeUInt16BE(count, 4 + 2 * at);
  return bytes;
}

const label = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const TYPE_A = Buffer.from([0, 1, 0, 1]);
const END = Buffer.from([0]);
const LONG = Buffer.concat([label("a".repeat(60)), label("b".repeat(60)), label("c".repeat(60)), label("d".repeat(60)), END]);
const pointer = (to: number): Buffer => Buffer.from([0xc0 | (to >> 8), to & 0xff]);
const repeated = (count: number, bytes: Buffer): Buffer => Buffer.concat(Array.from({ length: count }, () => bytes));
const FORMAT_ERROR = Buffer.from([0, 7, 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]);

describe("a packet that is made to do harm", () => {
  test.each<[string, Buffer]>([
    ["a name that points to itself", Buffer.concat([header(1), pointer(12), TYPE_A])],
    ["names that point to each other", Buffer.concat([header(1), label("a"), pointer(16), TYPE_A, pointer(12)])],
    ["a name that points beyond the packet", Buffer.concat([header(1), pointer(500), TYPE_A])],
    ["a label that goes on beyond the packet", Buffer.concat([header(1), Buffer.from([63, 97])])],
    ["a label of a kind that there is not", Buffer.concat([header(1), Buffer.from([0x80, 97, 0]), TYPE_A])],
    ["a name that is too long", Buffer.concat([header(1), repeated(5, label("a".repeat(60))), END, TYPE_A])],
    ["a question without a type", Buffer.concat([header(1), LONG])],
    ["no question", header(0)],
    ["fewer questions than it says", Buffer.concat([header(2), LONG, TYPE_A])],
    ["many questions", Buffer.concat([header(50), LONG, TYPE_A, repeated(49, Buffer.concat([pointer(12), TYPE_A]))])],
    ["answers", Buffer.concat([header(1, 40), LONG, TYPE_A, repeated(40, Buffer.concat([pointer(12), TYPE_A, Buffer.alloc(6)]))])],
    [
      "a message as long as TCP has them",
      Buffer.concat([header(9000), LONG, TYPE_A, repeated(8999, Buffer.concat([pointer(12), TYPE_A]))]),
    ],
    ["a header that is cut off", header(1).subarray(0, 11)],
    ["far more after its question than there is to say", Buffer.concat([header(1), LONG, TYPE_A, Buffer.alloc(600)])],
  ])("with %s gets a word of error, and no more", async (_what, query) => {
    expect(await answerQuery(query)).toEqual(FORMAT_ERROR);
  });

  test("does not end the server, over TCP or UDP, and the next question is answered", async () => {
    await using server = await dnsServer({ addresses: ["127.0.0.1"], port: 0, resolve });
    const port = server.endpoints[0]?.port ?? 0;
    const query = Buffer.concat([header(9000), LONG, TYPE_A, repeated(8999, Buffer.concat([pointer(12), TYPE_A]))]);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    const connection = connect(port, "127.0.0.1");
    connection.write(Buffer.concat([length, query]));
    const [reply] = (await once(connection, "data")) as [Buffer];
    connection.destroy();
    expect(reply.subarray(2)).toEqual(FORMAT_ERROR);
    const socket = createSocket("udp4");
    socket.send(query, port, "127.0.0.1");
    const [datagram] = (await once(socket, "message")) as [Buffer];
    socket.close();
    expect(datagram).toEqual(FORMAT_ERROR);
    expect(await resolver(server).resolve4(NAME)).toEqual(["127.0.0.1"]);
  });
});

test("a client that does not take its answers is not asked for more questions, and goes on when it does", { timeout: 20_000 }, async () => {
  let asked = 0;
  const data = "x".repeat(200);
  const answers = Array.from({ length: 200 }, (_, at) => ({
    name: "big.test.",
    ttl: 5,
    data: { type: "TXT" as const, strings: [`${at}${data}`] },
  }));
  const counting = (): Resolution => {
    asked += 1;
    return { kind: "reply", code: "NOERROR", authoritative: true, answers, authorities: [], additionals: [] };
  };
  await using server = await dnsServer({ addresses: ["127.0.0.1"], port: 0, resolve: counting });
  const connection = connect(server.endpoints[0]?.port ?? 0, "127.0.0.1");
  const query = streamEncode({ id: 1, type: "query", questions: [{ name: "big.test", type: "TXT" }] });
  const most = 2000;
  // Nothing is read, and nothing tells that the server waits but that it asks no more: what the sockets of both ends hold is all that is answered, some megabytes of the 80 that there are.
  connection.pause().write(Buffer.concat(Array.from({ length: most }, () => query)));
  let before = -1;
  while (asked === 0 || asked !== before) {
    before = asked;
    await setTimeout(300);
  }
  expect(asked).toBeLessThan(most / 2);
  connection.resume();
  for await (const _ of connection) if (asked === most) break;
  expect(asked).toBe(most);
});

test("what goes wrong with a name is told, and is no end of the server", async () => {
  const failures: unknown[] = [];
  const defect = new Error("a defect");
  const broken = (question: Question, asked: string): Resolution => {
    if (question.name === `${NAME}.`) throw defect;
    return resolve(question, asked);
  };
  await using server = await dnsServer({ addresses: ["127.0.0.1"], port: 0, resolve: broken, failed: (cause) => failures.push(cause) });
  const connection = connect(server.endpoints[0]?.port ?? 0, "127.0.0.1");
  connection.end(streamEncode({ id: 1, type: "query", questions: [{ type: "A", name: NAME }] }));
  await once(connection.resume(), "close");
  expect(failures).toEqual([defect]);
  await expect(resolver(server).resolve4("gone-1.us-east-1.elb.localhost")).rejects.toMatchObject({ code: "ENOTFOUND" });
});

test("what follows a question is not read: however much it says that there is", async () => {
  const name = Buffer.concat([...NAME.split(".").map((part) => label(part)), END]);
  const query = Buffer.concat([header(1, 0, 0, 65_535), name, TYPE_A, pointer(12), Buffer.from([0xff])]);
  expect(decode(Buffer.from((await answerQuery(query)) ?? [])).answers).toMatchObject([{ data: "127.0.0.1" }]);
});

test("a resolver that says what it can do is answered", async () => {
  const query = encode({
    ...{ id: 7, type: "query", questions: [{ type: "A", name: NAME }] },
    additionals: [{ type: "OPT", name: ".", udpPayloadSize: 1232, flags: 0, options: [] } as never],
  });
  expect(decode(Buffer.from((await answerQuery(query)) ?? [])).answers).toMatchObject([{ data: "127.0.0.1" }]);
});

/** A header, a name of whatever octets, and the rest of a question. */
const almostQuery = fc
  .tuple(fc.array(fc.nat(3), { maxLength: 4 }), fc.array(fc.uint8Array({ minLength: 1, maxLength: 63 }), { maxLength: 8 }), fc.uint8Array())
  .map(([counts, labels, rest]) =>
    Buffer.concat([header(...counts), ...labels.map((octets) => Buffer.concat([Buffer.from([octets.length]), octets])), END, TYPE_A, rest]),
  );

test("law: no octets make it fail, an answer is never answered, and none is much longer than its query", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 80 }), almostQuery), async (octets) => {
      const answer = await answerQuery(octets);
      const mayAnswer = octets.length >= 3 && ((octets[2] ?? 0) & 0x80) === 0;
      expect(answer !== undefined).toBe(mayAnswer);
      expect(answer?.subarray(0, 2)).toEqual(mayAnswer ? Buffer.from(octets.subarray(0, 2)) : undefined);
      expect(answer?.length ?? 0).toBeLessThanOrEqual(Math.max(12, octets.length) + NAME.length + 32);
    }),
    { numRuns: 500 },
  );
});
