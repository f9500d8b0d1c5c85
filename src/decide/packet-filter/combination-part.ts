import { TCP, UDP, type WorldGroup, type WorldInterface } from "../../domain/network-world.ts";
import type { FilterChain, FilterContents } from "../../domain/packet-filter.ts";
import { groupChain, letsAll, letsEverything, openSet, type Way } from "./group-part.ts";
import { drop, goto, inSet, jump, rule } from "./rules.ts";

/** Security groups that some interfaces have, all of them: what there is to do for each packet is the same for all of these. */
export interface Combination {
  /** Unique, and part of the chains' names. */
  readonly id: string;
  readonly groups: readonly string[];
}

/** `undefined` where an interface has no groups. */
export function combinationOf({ groups }: Pick<WorldInterface, "groups">): Combination | undefined {
  if (groups === undefined) return undefined;
  const ids = [...new Set(groups)].toSorted();
  return { id: `with.${nameOf(ids)}`, groups: ids };
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

/**
 * What the filter holds of a combination: for each way, a chain that asks its groups one after the other, and drops what none lets through. What one of them lets through for everybody
 * comes first, since it may not be tracked. Nothing here follows from the groups' rules: these change without it.
 */
export function combinationPart(combination: Combination): FilterContents {
  const chains = new Map<string, FilterChain>();
  for (const way of ["in", "out"] as const)
    chains.set(combinationChain(combination, way), {
      rules: [
        ...combination.groups.map((id) => rule(goto(`opened-${way}`), inSet(openSet(id, way), "protocol", "port"))),
        ...combination.groups.map((id) => rule(jump(groupChain(id, way)))),
        rule(drop),
      ],
    });
  return { sets: new Map(), chains };
}

/** The protocols of which some groups together let all through for everybody, by way: what is open to everybody the other way is not tracked. */
export interface LetsAll {
  readonly in: readonly number[];
  readonly out: readonly number[];
  /** Whether they let everything out to everybody, whatever its protocol, as groups do where nobody says otherwise: then nothing of it need be asked. */
  readonly isEverythingOut: boolean;
}

export function allOf(groups: readonly WorldGroup[]): LetsAll {
  const protocols = (way: Way): readonly number[] => [TCP, UDP].filter((one) => groups.some((group) => letsAll(group, way, one)));
  return { in: protocols("in"), out: protocols("out"), isEverythingOut: groups.some((group) => letsEverything(group, "out")) };
}
