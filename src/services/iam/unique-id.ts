import type { Ids } from "../../ports/ids.ts";

/** The digits of RFC 4648's base 32, of which AWS makes the ids of principals and of access keys. */
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** What an id is of. Source: IAM User Guide, "Understanding unique ID prefixes". */
export type IdPrefix = "AIDA" | "AGPA" | "AROA" | "ANPA" | "AIPA" | "ASCA" | "AKIA";

/** An id such as `AROADBQP57FF2AEXAMPLE`: 21 characters; keys have 20. */
export function uniqueId(ids: Ids, prefix: IdPrefix): string {
  const length = prefix === "AKIA" ? 16 : 17;
  const bits = BigInt(`0x${ids.hex(22)}`);
  return prefix + Array.from({ length }, (_, at) => BASE32[Number((bits >> BigInt(at * 5)) & 31n)]).join("");
}
