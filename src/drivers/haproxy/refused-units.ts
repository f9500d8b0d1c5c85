/** Why HAProxy would not work by these together, in its words; `undefined` where it would. */
type Ask<T> = (units: readonly T[]) => Promise<string | undefined>;

/** Those that HAProxy refuses, by their keys, with its words. Halves what is refused until it is a single one: costs some questions for each, however many there are. */
export async function refusedOf<T extends { readonly key: string }>(
  units: readonly T[],
  ask: Ask<T>,
): Promise<ReadonlyMap<string, string>> {
  const [first] = units;
  if (!first) return new Map();
  const reason = await ask(units);
  if (reason === undefined) return new Map();
  if (units.length === 1) return new Map([[first.key, reason]]);
  const half = Math.ceil(units.length / 2);
  return new Map([...(await refusedOf(units.slice(0, half), ask)), ...(await refusedOf(units.slice(half), ask))]);
}
