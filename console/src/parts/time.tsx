const FORMAT = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });

/** A time as people here read it, with the exact one for programs. */
export function Time({ at }: { readonly at: Date | undefined }) {
  return at ? <time dateTime={at.toISOString()}>{FORMAT.format(at)}</time> : <>-</>;
}

/** Bytes in the unit that leaves one to three digits: `14.2 MB`, of a thousand as AWS counts images. */
export function bytes(count: number | undefined): string {
  if (count === undefined) return "-";
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, count === 0 ? 0 : Math.floor(Math.log10(count) / 3));
  return `${(count / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
