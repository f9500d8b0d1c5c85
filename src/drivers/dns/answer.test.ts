import { decode, encode, type RecordType } from "dns-packet";
import { describe, expect, test } from "vitest";
import { answerQuery, type Resolution } from "./answer.ts";

// What a stranger may learn: `load-balancer-names.ts` knows whose name is whose, and nothing here says more than it.

const TYPES = [
  "A",
  "AAAA",
  "ANY",
  "AXFR",
  "IXFR",
  "CNAME",
  "NS",
  "SOA",
  "PTR",
  "TXT",
  "SRV",
  "MX",
  "HINFO",
  "HTTPS",
] as unknown as readonly RecordType[];

function ask(type: RecordType, name: string, resolution: Resolution) {
  const asked: string[] = [];
  const reply = answerQuery(encode({ id: 7, type: "query", questions: [{ type, name }] }), (wanted) => {
    asked.push(wanted);
    return resolution;
  });
  if (!reply) throw new Error("there is no answer");
  const { answers = [], authorities = [], additionals = [], ...rest } = decode(Buffer.from(reply));
  return { asked, answers, more: [...authorities, ...additionals], rcode: (rest as unknown as { readonly rcode: string }).rcode };
}

describe.each(TYPES)("a question for %s", (type) => {
  test("of a name that is not the client's is answered as one that nobody has", () => {
    const told = ask(type, "internal-1.us-east-1.elb.localhost", { kind: "no-such-name" });
    expect(told).toEqual({ asked: ["internal-1.us-east-1.elb.localhost"], answers: [], more: [], rcode: "NXDOMAIN" });
  });

  test.each(["elb.localhost", "us-east-1.elb.localhost", "*.elb.localhost", "1.0.0.127.in-addr.arpa", "."])(
    "of %s tells no names",
    (name) => {
      expect(ask(type, name, { kind: "not-ours" })).toMatchObject({ answers: [], more: [], rcode: "REFUSED" });
    },
  );

  test("of the client's own is answered with its address, and with nothing beside it", () => {
    const { answers, more, rcode } = ask(type, "web-1.us-east-1.elb.localhost", { kind: "address", address: "10.0.0.1" });
    const own: unknown = expect.objectContaining({ type: "A", name: "web-1.us-east-1.elb.localhost", data: "10.0.0.1" });
    expect({ answers, more, rcode }).toEqual({ answers: ["A", "ANY"].includes(type) ? [own] : [], more: [], rcode: "NOERROR" });
  });
});
