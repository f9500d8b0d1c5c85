import { decode, encode, type RecordType } from "dns-packet";
import fc from "fast-check";
import { expect, test } from "vitest";
import { resolveInVpc } from "../../src/control/name-resolution/resolve.ts";
import { respond } from "../../src/drivers/dns/respond.ts";
import { memoryJournal } from "../../src/drivers/memory/journal.ts";
import { JournaledState } from "../../src/state/journaled-state.ts";
import { hostedZones, recordSets } from "../../src/state/route53.ts";
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from "./runs.ts";

// A datagram may hold anything, and comes from whoever can send one: it is answered within bounds or not at all, and the next question as if nothing
// had been.

const state = new JournaledState(memoryJournal());
const ZONE = { id: "Z1", account: "123456789012", name: "example.com." };
state.commit(() => {
  const more = { callerReference: "a", privateZone: false, vpcs: [], authorizedVpcs: [], nameServers: [], tags: [], createdAt: 1 };
  state.table(hostedZones).insert({ ...ZONE, ...more });
  const set = { zoneId: ZONE.id, account: ZONE.account, ttl: 60 } as const;
  state.table(recordSets).insert({ ...set, name: ZONE.name, type: "SOA", values: ["ns. host. 1 2 3 4 5"] });
  state
    .table(recordSets)
    .insert({ ...set, name: "\\052.example.com.", type: "TXT", values: Array.from({ length: 50 }, (_, at) => `"value ${at}"`) });
  state.table(recordSets).insert({ ...set, name: "www.example.com.", type: "A", values: ["192.0.2.1"] });
});
const resolve = resolveInVpc({ state, chance: () => 0 }, { vpcId: "vpc-1", vpcCidr: "10.0.0.0/16", address: "10.0.0.1" });
const answer = (octets: Uint8Array): Promise<Uint8Array | undefined> => respond(octets, "10.0.0.9", "udp", { resolve });

const question = fc
  .record({
    id: fc.nat(65_535),
    flags: fc.nat(0x7fff),
    name: fc.oneof(
      fc.constantFrom("www.example.com", "x.example.com", "example.com", ".", "elb.localhost"),
      fc.stringMatching(/^[!-~]{0,60}$/),
    ),
    type: fc.constantFrom("A", "TXT", "ANY", "AXFR", "OPT", "SOA", "UNKNOWN_65"),
    size: fc.option(fc.nat(65_535)),
  })
  .map(({ id, flags, name, type, size }) => {
    const opt = { type: "OPT", name: ".", udpPayloadSize: size, flags: 0, options: [] } as never;
    try {
      return encode({ id, type: "query", flags, questions: [{ type: type as RecordType, name }], additionals: size === null ? [] : [opt] });
    } catch {
      // The library does not write every text as a name.
      return Buffer.alloc(12);
    }
  });
/** Good ones with octets changed, cut off or added. */
const torn = fc
  .tuple(
    question,
    fc.array(fc.tuple(fc.nat(100), fc.nat(255)), { maxLength: 6 }),
    fc.option(fc.nat(100)),
    fc.uint8Array({ maxLength: 600 }),
  )
  .map(([good, changes, cut, rest]) => {
    const octets = Buffer.concat([good.subarray(0, cut ?? good.length), rest]);
    for (const [at, value] of changes) if (at < octets.length) octets[at] = value;
    return octets;
  });
const noise = fc.oneof(fc.uint8Array({ maxLength: 700 }), question, torn);

test(
  "noise is answered within bounds, or not at all",
  async () => {
    const before = process.cpuUsage();
    await fc.assert(
      fc.asyncProperty(noise, async (octets) => {
        const told = await answer(octets);
        const mayAnswer = octets.length >= 3 && ((octets[2] ?? 0) & 0x80) === 0;
        expect(told === undefined).toBe(!mayAnswer);
        if (!told) return;
        expect(told.length).toBeLessThanOrEqual(1232);
        expect(Buffer.from(told.subarray(0, 2))).toEqual(Buffer.from(octets.subarray(0, 2)));
        // Nothing that we write is noise itself.
        decode(Buffer.from(told));
      }),
      { numRuns: FUZZ_RUNS },
    );
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000 / FUZZ_RUNS).toBeLessThan(5);
    const asked = encode({ id: 1, type: "query", questions: [{ type: "A", name: "www.example.com" }] });
    expect(decode(Buffer.from((await answer(asked)) ?? [])).answers).toMatchObject([{ data: "192.0.2.1" }]);
  },
  FUZZ_TIMEOUT_MS,
);
