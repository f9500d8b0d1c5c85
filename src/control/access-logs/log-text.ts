/** @param at microseconds since the Unix epoch */
export function instant(at: number): string {
  const micro = String(Math.trunc(at) % 1_000_000).padStart(6, "0");
  return new Date(Math.trunc(at / 1000)).toISOString().replace(/\.\d+Z$/, `.${micro}Z`);
}

/** Signs that would end the field or the line are written by their codes, as AWS writes them. */
export function quoted(text: string): string {
  if (text === "") return '"-"';
  return `"${text.replace(/["\\\p{Cc}]/gu, (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`;
}
