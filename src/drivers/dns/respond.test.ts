import { decode, encode, RECURSION_DESIRED, TRUNCATED_RESPONSE, type DecodedPacket, type Packet, type RecordType } from "dns-packet";
import { describe, expect, test } from "vitest";
import type { Reply, Resolution, Resource } from "../../domain/dns/message.ts";
import type { RecordType as ServedType } from "../../domain/dns/record-type.ts";
import { isProblem, readValue } from "../../domain/dns/value.ts";
import type { Forwarder } from "./forward.ts";
import { respond } from "./respond.ts";

const NAME = "www.example.com";

function resource(type: ServedType, value: string, ttl = 60, name = `${NAME}.`): Resource {
  const data = readValue(type, value);
  if (isProblem(data)) throw new Error(data.problem);
  return { name, ttl, data };
}

const reply = (...answers: readonly Resource[]): Reply => ({
  ...{ kind: "reply", code: "NOERROR", authoritative: true, authorities: [], additionals: [] },
  answers,
});

interface Asked extends DecodedPacket {
  readonly rcode: string;
}

interface Asking {
  readonly type?: RecordType;
  readonly name?: string;
  readonly transport?: "udp" | "tcp";
  readonly forwarder?: Forwarder;
  readonly edns?: { readonly size: number; readonly version?: number };
  readonly flags?: number;
}

async function ask(resolution: Resolution, asking: Asking = {}): Promise<Asked & { readonly bytes: number }> {
  const { type = "A", name = NAME, transport = "udp", forwarder, edns, flags = RECURSION_DESIRED } = asking;
  const opt = edns && { type: "OPT", name: ".", udpPayloadSize: edns.size, ednsVersion: edns.version ?? 0, flags: 0, options: [] };
  const query = encode({ id: 7, type: "query", flags, questions: [{ type, name }], additionals: opt ? [opt as never] : [] });
  const octets = await respond(query, "127.0.0.1", transport, { resolve: () => resolution, ...(forwarder ? { forwarder } : {}) });
  if (!octets) throw new Error("there is no answer");
  return { ...(decode(Buffer.from(octets)) as Asked), bytes: octets.length };
}

describe("every type is written as a client reads it", () => {
  test.each<[ServedType, string, unknown]>([
    ["A", "192.0.2.1", "192.0.2.1"],
    ["AAAA", "2001:db8::1", "2001:db8::1"],
    ["CNAME", "other.example.com", "other.example.com"],
    ["NS", "ns.example.com", "ns.example.com"],
    ["PTR", "host.example.com", "host.example.com"],
    ["MX", "10 mx.example.com", { preference: 10, exchange: "mx.example.com" }],
    ["TXT", '"a b" "\\344"', [Buffer.from("a b"), Buffer.from([0xe4])]],
    ["SPF", '"v=spf1 -all"', Buffer.from("\x0bv=spf1 -all")],
    ["SRV", "1 2 3 host.example.com", { priority: 1, weight: 2, port: 3, target: "host.example.com" }],
    ["CAA", '0 issue "ca.example.net"', { flags: 0, tag: "issue", value: "ca.example.net", issuerCritical: false }],
    [
      "SOA",
      "ns. host.example.com. 1 2 3 4 5",
      { mname: "ns", rname: "host.example.com", serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5 },
    ],
    ["NAPTR", '1 2 "u" "s" "r" host.', { order: 1, preference: 2, flags: "u", services: "s", regexp: "r", replacement: "host" }],
    ["DS", "1 2 3 abcd", { keyTag: 1, algorithm: 2, digestType: 3, digest: Buffer.from("abcd", "hex") }],
    ["SSHFP", `4 1 ${"ab".repeat(20)}`, { algorithm: 4, hash: 1, fingerprint: "AB".repeat(20) }],
    ["TLSA", "3 1 1 abcd", { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from("abcd", "hex") }],
  ])("%s %s", async (type, value, data) => {
    const { answers, rcode } = await ask(reply(resource(type, value)), { type: type as RecordType });
    expect({ answers, rcode }).toMatchObject({ rcode: "NOERROR", answers: [{ type, name: NAME, ttl: 60, data }] });
  });
});

test("a service binding is written as its octets, which the packet library does not know", async () => {
  const told = resource("HTTPS", "1 www.example.com. alpn=h2 port=8443");
  const resolve = (question: { readonly type: string }): Resolution => (question.type === "HTTPS" ? reply(told) : { kind: "refused" });
  const query = encode({ id: 7, type: "query", questions: [{ type: "UNKNOWN_65" as RecordType, name: NAME }] });
  const { answers } = decode(Buffer.from((await respond(query, "127.0.0.1", "udp", { resolve })) ?? []));
  const data = Buffer.concat([
    Buffer.from([0, 1, 3]),
    Buffer.from("www"),
    Buffer.from([7]),
    Buffer.from("example"),
    Buffer.from([3]),
    Buffer.from("com"),
  ]);
  const parameters = Buffer.from([0, 0, 1, 0, 3, 2, 104, 50, 0, 3, 0, 2, 32, 251]);
  expect(answers).toMatchObject([{ type: "UNKNOWN_65", data: Buffer.concat([data, parameters]) }]);
});

test("a name comes back in the letters in which it was asked for", async () => {
  const { answers, questions } = await ask(reply(resource("A", "192.0.2.1")), { name: "wWw.eXample.com" });
  expect([answers?.[0]?.name, questions?.[0]?.name]).toEqual(["wWw.eXample.com", "wWw.eXample.com"]);
});

describe("an answer that is too large for a datagram", () => {
  const large = reply(...Array.from({ length: 40 }, (_, at) => resource("A", `192.0.2.${at}`)));
  test.each([
    ["says so, and is empty", {}],
    ["is so to a client that says it takes little", { edns: { size: 100 } }],
    ["is so to one that takes more than goes through every network", { edns: { size: 65_535 } }],
  ])("%s", async (_, asking) => {
    const { answers, flags = 0, bytes } = await ask(large, asking);
    expect({ count: answers?.length, truncated: (flags & TRUNCATED_RESPONSE) !== 0 }).toEqual({ count: 0, truncated: true });
    expect(bytes).toBeLessThan(100);
  });

  test("has room where the client says so, and over TCP", async () => {
    const some = reply(...Array.from({ length: 20 }, (_, at) => resource("A", `192.0.2.${at}`)));
    expect((await ask(some)).answers).toHaveLength(0);
    expect((await ask(some, { edns: { size: 1232 } })).answers).toHaveLength(20);
    expect((await ask(large, { transport: "tcp" })).answers).toHaveLength(40);
  });
});

test("who says what it can do is told the same of us, and of a later version that it is not known", async () => {
  const own = { type: "OPT", udpPayloadSize: 1232, ednsVersion: 0 };
  expect((await ask(reply(resource("A", "192.0.2.1")), { edns: { size: 4096 } })).additionals).toMatchObject([
    { ...own, extendedRcode: 0 },
  ]);
  const later = await ask(reply(resource("A", "192.0.2.1")), { edns: { size: 4096, version: 1 } });
  expect(later).toMatchObject({ answers: [], additionals: [{ ...own, extendedRcode: 1 }] });
  expect((await ask(reply(resource("A", "192.0.2.1")))).additionals).toEqual([]);
});

describe("what is not known here", () => {
  const upstream = (answer: Packet | undefined): Forwarder & { readonly asked: string[] } => {
    const asked: string[] = [];
    return {
      asked,
      ask(query) {
        const { id = 0, questions } = decode(Buffer.from(query));
        asked.push(questions?.[0]?.name ?? "");
        return Promise.resolve(answer && encode({ ...answer, id, type: "response", questions: questions ?? [] }));
      },
    };
  };
  const found: Packet = { answers: [{ type: "A", name: "example.org", ttl: 9, data: "198.51.100.1" }] };

  test("is asked of others, and told as they told it", async () => {
    const forwarder = upstream(found);
    expect(await ask({ kind: "forward" }, { forwarder })).toMatchObject({ id: 7, answers: [{ data: "198.51.100.1" }] });
    expect(forwarder.asked).toEqual([NAME]);
  });

  test("is refused where there are no others, or the client does not want them asked", async () => {
    expect(await ask({ kind: "forward" })).toMatchObject({ rcode: "REFUSED", answers: [] });
    const forwarder = upstream(found);
    expect(await ask({ kind: "forward" }, { forwarder, flags: 0 })).toMatchObject({ rcode: "REFUSED" });
    expect(await ask({ kind: "refused" }, { forwarder })).toMatchObject({ rcode: "REFUSED" });
    expect(forwarder.asked).toEqual([]);
  });

  test("is asked of others for some clients alone, where that is so", async () => {
    const forwarder = upstream(found);
    const leading = { ...reply(resource("CNAME", "example.org")), continuesAt: "example.org." };
    const query = encode({ id: 7, type: "query", flags: RECURSION_DESIRED, questions: [{ type: "A", name: NAME }] });
    for (const resolution of [leading, { kind: "forward" as const }, { ...reply(), authoritative: false }])
      await respond(query, "192.0.2.1", "udp", { resolve: () => resolution, forwarder, forwardsFor: (client) => client !== "192.0.2.1" });
    expect(forwarder.asked).toEqual([]);
  });

  test("is a failure where the others do not answer", async () => {
    expect(await ask({ kind: "forward" }, { forwarder: upstream(undefined) })).toMatchObject({ rcode: "SERVFAIL" });
  });

  test("is asked of others where a zone leaves it to others, and told who they are to who asks for himself", async () => {
    const referral = { ...reply(), authoritative: false, authorities: [resource("NS", "ns.example.org", 5, "shop.example.com.")] };
    const forwarder = upstream(found);
    expect((await ask(referral, { forwarder })).answers).toMatchObject([{ data: "198.51.100.1" }]);
    expect(await ask(referral, { forwarder, flags: 0 })).toMatchObject({ answers: [], authorities: [{ data: "ns.example.org" }] });
    expect(await ask(referral)).toMatchObject({ answers: [], authorities: [{ data: "ns.example.org" }] });
  });

  test("and is not there for others either, is not there", async () => {
    const leading = { ...reply(resource("CNAME", "example.org")), continuesAt: "example.org." };
    expect(await ask(leading, { forwarder: upstream({ flags: 3 }) })).toMatchObject({ rcode: "NXDOMAIN", answers: [{ type: "CNAME" }] });
    expect(await ask(leading, { forwarder: upstream({ flags: 5 }) })).toMatchObject({ rcode: "SERVFAIL", answers: [] });
  });

  test("and where an alias name leads to it, is told after that name", async () => {
    const leading = { ...reply(resource("CNAME", "example.org")), continuesAt: "example.org." };
    const forwarder = upstream(found);
    expect((await ask(leading, { forwarder })).answers).toMatchObject([
      { type: "CNAME", data: "example.org" },
      { name: "example.org", data: "198.51.100.1" },
    ]);
    expect(forwarder.asked).toEqual(["example.org"]);
    expect((await ask(leading)).answers).toHaveLength(1);
    expect(await ask(leading, { forwarder: upstream(undefined) })).toMatchObject({ rcode: "SERVFAIL" });
  });
});

test.each(["NOTIFY", "UPDATE"])("%s is not implemented", async (opcode) => {
  const query = encode({ id: 7, type: "query", flags: opcode === "NOTIFY" ? 4 << 11 : 5 << 11, questions: [{ type: "A", name: NAME }] });
  const octets = await respond(query, "127.0.0.1", "udp", { resolve: () => reply() });
  expect(decode(Buffer.from(octets ?? []))).toMatchObject({ rcode: "NOTIMP" });
});

test("other classes than the internet's are refused", async () => {
  const query = encode({ id: 7, type: "query", questions: [{ type: "TXT", name: "version.bind", class: "CH" }] });
  const octets = await respond(query, "127.0.0.1", "udp", { resolve: () => reply(resource("TXT", '"x"')) });
  expect(decode(Buffer.from(octets ?? []))).toMatchObject({ rcode: "REFUSED", answers: [] });
});
