import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { decode, encode, RECURSION_DESIRED, streamDecode, streamEncode, type Packet } from "dns-packet";
import { expect, test } from "vitest";
import { forwarder, type Upstream } from "./forward.ts";

const QUERY = encode({ id: 7, type: "query", flags: RECURSION_DESIRED, questions: [{ type: "A", name: "example.org" }] });

type Answering = (query: Packet & { readonly id: number }) => readonly (Packet | undefined)[];
const found: Answering = ({ id, questions = [] }) => [
  { id, type: "response", questions, answers: [{ type: "A", name: "example.org", ttl: 9, data: "198.51.100.1" }] },
];
const silent: Answering = () => [];

async function upstream(answers: Answering): Promise<Upstream & AsyncDisposable & { readonly ids: number[] }> {
  const ids: number[] = [];
  const tcp = createServer((connection) => {
    connection.on("data", (chunk) => {
      for (const answer of answers(streamDecode(chunk) as Packet & { readonly id: number }))
        if (answer) connection.write(streamEncode(answer));
    });
  });
  tcp.listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const socket = createSocket("udp4").bind((tcp.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "listening");
  socket.on("message", (message, from) => {
    const query = decode(message) as Packet & { readonly id: number };
    ids.push(query.id);
    for (const answer of answers(query)) if (answer) socket.send(encode(answer), from.port, from.address);
  });
  return {
    ...{ address: "127.0.0.1", port: (tcp.address() as AddressInfo).port, ids },
    async [Symbol.asyncDispose]() {
      socket.close();
      tcp.close();
      await Promise.all([once(socket, "close"), once(tcp, "close")]);
    },
  };
}

async function asked(servers: readonly Upstream[], transport: "udp" | "tcp" = "udp"): Promise<unknown> {
  const answer = await forwarder({ servers: () => servers, timeout: 300 }).ask(QUERY, transport);
  return answer && decode(Buffer.from(answer));
}

test.each(["udp", "tcp"] as const)(
  "over %s, the answer has the id of the client's query, and the server was asked with another",
  async (transport) => {
    await using server = await upstream(found);
    expect(await asked([server], transport)).toMatchObject({ id: 7, answers: [{ data: "198.51.100.1" }] });
    expect(server.ids).not.toContain(7);
  },
);

test("one that is silent, or is not there, is followed by the next", async () => {
  await using quiet = await upstream(silent);
  await using server = await upstream(found);
  expect(await asked([{ address: "127.0.0.1", port: 1 }, quiet, server])).toMatchObject({ id: 7 });
  expect(await asked([quiet])).toBeUndefined();
  expect(await asked([])).toBeUndefined();
});

test("what is no answer to the question is waited out: another id, another question, a query", async () => {
  await using server = await upstream((query) => {
    const [right] = found(query);
    return [
      { ...right, id: (query.id + 1) % 65_536 },
      { ...right, questions: [{ type: "A", name: "example.net" }] },
      { ...right, type: "query" },
      { ...right, answers: [] },
    ];
  });
  expect(await asked([server])).toMatchObject({ id: 7, answers: [] });
});

const question = (name: string, id = 7): Uint8Array =>
  encode({ id, type: "query", flags: RECURSION_DESIRED, questions: [{ type: "A", name }] });

/** Whether it gives up at once, and waits for nobody. */
async function isTurnedAway(asking: Promise<unknown>): Promise<boolean> {
  let over = false;
  void asking.then(() => (over = true));
  await new Promise((resolve) => setImmediate(resolve));
  return over;
}

test("no more are under way at once than there are turns", async () => {
  await using quiet = await upstream(silent);
  const full = forwarder({ servers: () => [quiet], timeout: 200 });
  const many = Array.from({ length: 200 }, (_, at) => full.ask(question(`h${at}.example.org`), "udp"));
  const beyond = full.ask(question("one-more.example.org"), "udp");
  expect(await isTurnedAway(beyond)).toBe(true);
  await Promise.all([...many, beyond]);
  expect(await isTurnedAway(full.ask(question("later.example.org"), "udp"))).toBe(false);
});

test("who asks in the same words meanwhile is told the same answer, under its own id", async () => {
  await using server = await upstream(found);
  const shared = forwarder({ servers: () => [server] });
  const answers = await Promise.all([1, 2, 3].map((id) => shared.ask(question("example.org", id), "udp")));
  expect(answers.map((answer) => decode(Buffer.from(answer ?? [])).id)).toEqual([1, 2, 3]);
  expect(server.ids).toHaveLength(1);
});

test("a question that comes round to us again and again, as from a resolver that asks us, ends", async () => {
  let rounds = 0;
  const around = forwarder({ servers: () => [{ address: "127.0.0.1", port: 1 }], timeout: 2000 });
  // In other letters each time, as resolvers do that guard against forged answers.
  const name = (round: number): string =>
    [..."example.org"].map((letter, at) => ((round >> (at % 6)) & 1 ? letter.toUpperCase() : letter)).join("");
  const asking = Array.from({ length: 40 }, (_, round) => {
    const over = around.ask(question(name(round)), "tcp");
    void over.then(() => (rounds += 1));
    return over;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(rounds).toBeGreaterThanOrEqual(8);
  await Promise.all(asking);
});
