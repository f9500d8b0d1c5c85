import type { LookupFunction } from "node:net";

/**
 * A lookup that fails where a name has an address that may not be asked. What is looked at is what is connected to: a name that means something
 * else a moment later leads nowhere else.
 * @param refusal the error to fail with, for the first such address
 */
export function guardedLookup(
  lookup: LookupFunction,
  isBad: (address: string) => boolean,
  refusal: (address: string) => Error,
): LookupFunction {
  return (name, options, answer) => {
    lookup(name, options, (cause, found, family) => {
      const addresses = typeof found === "string" ? [found] : (found ?? []).map(({ address }) => address);
      const bad = addresses.find(isBad);
      if (cause ?? bad === undefined) answer(cause, found, family);
      else answer(refusal(bad), found, family);
    });
  };
}
