import type { Reply } from "../../domain/dns/message.ts";
import { delegationSets, hostedZones } from "../../state/route53.ts";
import type { WholeState } from "../../state/state.ts";

/** The name servers of zones: `ns-1.z0123456789abcdefghij.dns.localhost.`. They are where the question was asked. */
export function nameServerReply(state: WholeState, name: string, type: string, address: string): Reply | undefined {
  const match = /^ns-[1-4]\.([nz][0-9a-z]{20})\.dns\.localhost\.$/.exec(name);
  if (!match?.[1]) return undefined;
  // A zone may be gone whose name servers others share.
  if (!state.table(hostedZones).has(match[1].toUpperCase()) && state.table(delegationSets).count("nameServer", name) === 0)
    return undefined;
  return addressReply(name, type, [address], SERVER_TTL);
}

const SERVER_TTL = 60;

/** Of a name that has addresses, and nothing of other types. */
export function addressReply(name: string, type: string, addresses: readonly string[], ttl: number): Reply {
  const wanted = type === "A" || type === "ANY" ? addresses : [];
  return {
    ...{ kind: "reply", code: "NOERROR", authoritative: true, authorities: [], additionals: [] },
    answers: wanted.map((address) => ({ name, ttl, data: { type: "A", address } })),
  };
}

export function noSuchName(): Reply {
  return { kind: "reply", code: "NXDOMAIN", authoritative: true, answers: [], authorities: [], additionals: [] };
}
