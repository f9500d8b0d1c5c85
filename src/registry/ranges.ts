/** The bytes that a request asks for, both ends inclusive; `unsatisfiable` where there are none; `undefined` where it asks for all. */
export type ByteRange = { readonly start: number; readonly end: number } | "unsatisfiable" | undefined;

/**
 * Reads a `Range` header. Several ranges, or units other than bytes, are answered with the whole blob, as RFC 9110, section 14.2, allows.
 * One that ends before it starts holds no byte: RFC 9110 lets a server ignore it, the conformance suite of OCI wants it refused.
 */
export function readRange(header: string | undefined, size: number): ByteRange {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  if (from === "") {
    const length = Math.min(Number(to), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size - 1 };
  }
  const start = Number(from);
  const end = to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return start >= size || end < start ? "unsatisfiable" : { start, end };
}

/** Reads the `Content-Range` of an upload's chunk: `<start>-<end>`, inclusive, without a unit; also in the form of RFC 9110. */
export function readContentRange(header: string): { readonly start: number; readonly end: number } | undefined {
  const [, start, end] = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/.exec(header) ?? [];
  if (start === undefined || end === undefined || Number(end) < Number(start)) return undefined;
  return { start: Number(start), end: Number(end) };
}
