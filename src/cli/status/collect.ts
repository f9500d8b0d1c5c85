/** All items of a paginated list. */
export async function collect<P, T>(pages: AsyncIterable<P>, itemsOf: (page: P) => readonly T[] | undefined): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...(itemsOf(page) ?? []));
  return all;
}

/** Asks for the items of many names, at most `size` names a call. */
export async function inBatches<T>(
  names: readonly string[],
  size: number,
  ask: (names: readonly string[]) => Promise<readonly T[] | undefined>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let at = 0; at < names.length; at += size) all.push(...((await ask(names.slice(at, at + size))) ?? []));
  return all;
}
