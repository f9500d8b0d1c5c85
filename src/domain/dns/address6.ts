import { parseAddress } from "../cidr.ts";

/** The eight groups of an IPv6 address; `undefined` where the text is none (RFC 4291, section 2.2). A zone id is no part of an address. */
export function readAddress6(text: string): readonly number[] | undefined {
  if (text.length > 45) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => groupsOf(half));
  if (!head) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  if (!tail || head.length + tail.length > 7) return undefined;
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

function groupsOf(text: string): readonly number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups = parts.flatMap((part, at): readonly (number | undefined)[] => {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) return [Number.parseInt(part, 16)];
    const four = at === parts.length - 1 ? parseAddress(part) : undefined;
    return four === undefined ? [undefined] : [Math.floor(four / 65_536), four % 65_536];
  });
  return groups.every((group) => group !== undefined) ? groups : undefined;
}
