import { TCP, UDP, type WorldGroup, type WorldInterface } from "../../domain/network-world.ts";
import type { FilterChain, FilterContents, FilterRule } from "../../domain/packet-filter.ts";
import { groupChain, groupHostChain, hostRules, letsAll, openRules, openSet, type BlocksOf, type Way } from "./group-part.ts";
import { drop, goto, inSet, jump, protocol, rule } from "./rules.ts";

/** Security groups that some interfaces have, all of them: what there is to do for each packet is the same for all of these. */
export interface Combination {
  /** Unique, and part of the chains' names. */
  readonly id: string;
  readonly groups: readonly string[];
  /** Whether connections are tracked whatever the rules say. */
  readonly alwaysTracks: boolean;
}

/** AWS: what goes through a Network Load Balancer or an endpoint is tracked, also where every rule lets everybody through. */
const ALWAYS_TRACK: ReadonlySet<WorldInterface["kind"]> = new Set(["network-load-balancer", "vpc-endpoint", "nat-gateway"]);

/** `undefined` where an interface has no groups. */
export function combinationOf({ groups, kind }: Pick<WorldInterface, "groups" | "kind">): Combination | undefined {
  if (groups === undefined) return undefined;
  const ids = [...new Set(groups)].toSorted();
  const alwaysTracks = ALWAYS_TRACK.has(kind);
  return { id: `${alwaysTracks ? "tracked" : "with"}.${nameOf(ids)}`, groups: ids, alwaysTracks };
}

export const combinationChain = ({ id }: Combination, way: Way): string => `${id}.${way}`;

/** A group's id is `sg-` and 17 digits, and the kernel takes names of 127 characters: of more than five groups, which is AWS's quota, the rest is told by a number. */
function nameOf(ids: readonly string[]): string {
  const short = ids.map((id) => id.replace(/^sg-/, ""));
  if (short.length <= 5) return short.join("-");
  return `${short.slice(0, 4).join("-")}-${sumOf(short.slice(4).join("-"))}`;
}

/** FNV-1a, of 64 bits. */
function sumOf(text: string): string {
  let sum = 0xcbf29ce484222325n;
  for (let at = 0; at < text.length; at += 1) sum = ((sum ^ BigInt(text.charCodeAt(at))) * 0x100000001b3n) & 0xffffffffffffffffn;
  return sum.toString(16);
}

/** What the filter holds of a combination: for each way, a chain that asks its groups one after the other, and drops what none lets through. */
export function combinationPart(combination: Combination, groups: readonly WorldGroup[], blocksOf: BlocksOf): FilterContents {
  const chains = new Map<string, FilterChain>();
  for (const way of ["in", "out"] as const) {
    const name = combinationChain(combination, way);
    const host = groups.filter((group) => hostRules(group, way, blocksOf).length > 0);
    const hostName = `${name}.host`;
    // A chain with nothing to ask is none.
    if (host.length > 0) chains.set(hostName, { rules: [...host.map(({ id }) => rule(jump(groupHostChain(id, way)))), rule(drop)] });
    const then = host.length > 0 ? goto(hostName) : drop;
    chains.set(name, {
      rules: [
        ...(combination.alwaysTracks ? [] : untracked(groups, way)),
        rule(then, inSet("gateways", way === "in" ? "source" : "destination")),
        rule(then, inSet("self", "source", "destination")),
        ...groups.map(({ id }) => rule(jump(groupChain(id, way)))),
        rule(drop),
      ],
    });
  }
  return { sets: new Map(), chains };
}

/** What everybody may send, where all that answers may go to everybody, is not tracked: the rules are asked for each packet. */
function untracked(groups: readonly WorldGroup[], way: Way): readonly FilterRule[] {
  const back = way === "in" ? "out" : "in";
  const protocols = [TCP, UDP].filter((one) => groups.some((group) => letsAll(group, back, one)));
  if (protocols.length === 0) return [];
  return groups
    .filter((group) => openRules(group, way).length > 0)
    .map(({ id }) => rule(goto(`untracked-${way}`), protocol(...protocols), inSet(openSet(id, way), "protocol", "port")));
}
