import type { ValueTest } from "./operator.ts";

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** `BinaryEquals`: both sides are base64, with or without padding. */
export function binaryEquals(expected: readonly string[]): ValueTest {
  const wanted = new Set(expected.map(canonical));
  return (value) => isBase64(value) && wanted.has(canonical(value));
}

export function isBase64(text: string): boolean {
  return BASE64.test(text) && canonical(text).length % 4 !== 1;
}

function canonical(text: string): string {
  return text.replace(/=+$/, "");
}
