interface Artifact {
  readonly digest: string;
  readonly subject?: string;
}

/** Tells which artifacts refer to an image: directly, or to an artifact that does. */
export function referrersOf<A extends Artifact>(images: readonly A[]): (digest: string) => readonly A[] {
  const direct = new Map<string, A[]>();
  for (const image of images) {
    if (image.subject === undefined) continue;
    const known = direct.get(image.subject);
    if (known) known.push(image);
    else direct.set(image.subject, [image]);
  }
  return (digest) => {
    const found: A[] = [];
    const open = [digest];
    for (let next = open.pop(); next !== undefined; next = open.pop())
      for (const referrer of direct.get(next) ?? []) {
        found.push(referrer);
        open.push(referrer.digest);
      }
    return found;
  };
}

/** The artifacts that are active though their subject was archived. */
export function leftBehind<A extends Artifact & { readonly status?: string }>(images: readonly A[]): readonly A[] {
  const referrers = referrersOf(images);
  const found = images.filter(({ status }) => status === "ARCHIVED").flatMap(({ digest }) => referrers(digest));
  return [...new Set(found)].filter(({ status }) => status === undefined);
}
