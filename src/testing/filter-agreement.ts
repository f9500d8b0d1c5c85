import * as fc from "fast-check";
import { trackingOf, verdictOn } from "../decide/packet-filter/verdict.ts";
import type { NetworkWorld } from "../domain/network-world.ts";
import { ORIGINATOR_UNTRACKED, RESPONDER_UNTRACKED } from "../domain/packet-filter.ts";
import { asSeenByKernel, compilerOf } from "./compiled-world.ts";
import { filtered } from "./filter-evaluator.ts";
import { networkWorlds, packetsIn } from "./network-worlds.ts";

const PACKETS = 12;

/** What the filter lets through in any world is what AWS's rules let through, and it tracks what they say is tracked. */
export const agreement = agreementIn(networkWorlds);

/** The same in worlds of some kind. */
export function agreementIn(worlds: fc.Arbitrary<NetworkWorld>) {
  const withPackets = worlds.chain((world) =>
    fc.tuple(fc.constant(world), fc.array(packetsIn(world), { minLength: PACKETS, maxLength: PACKETS })),
  );
  return fc.property(withPackets, ([world, packets]) => {
    const contents = compilerOf(world).contents();
    for (const packet of packets) {
      const seen = asSeenByKernel(world, packet);
      const { passes, marks } = filtered(contents, seen);
      const verdict = verdictOn(world, packet);
      if (passes !== (verdict.kind === "passes")) throw new Error(JSON.stringify({ packet, seen, passes, verdict }));
      if (!passes || packet.connection) continue;
      const tracking = trackingOf(world, packet);
      const marked = { originator: (marks & ORIGINATOR_UNTRACKED) === 0, responder: (marks & RESPONDER_UNTRACKED) === 0 };
      if (marked.originator !== tracking.originator || marked.responder !== tracking.responder)
        throw new Error(JSON.stringify({ packet, seen, marked, tracking }));
    }
  });
}
