import fc from "fast-check";
import { expect } from "vitest";
import { formatImageReference, fullImageReference, parseImageReference } from "../domain/image-reference.ts";

/**
 * The grammar once more, word for word as the distribution project writes it down in `reference/reference.go`, with the two algorithms of digests that
 * the OCI image specification registers.
 */
const ALPHANUMERIC = "[a-z0-9]+";
const SEPARATOR = "(?:[._]|__|[-]+)";
const PATH_COMPONENT = `${ALPHANUMERIC}(?:${SEPARATOR}${ALPHANUMERIC})*`;
const DOMAIN_COMPONENT = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const DOMAIN = `(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const PATH = `${PATH_COMPONENT}(?:/${PATH_COMPONENT})*`;
const GRAMMAR = new RegExp(`^(?:${DOMAIN}/)?${PATH}(?::\\w[\\w.-]{0,127})?(?:@(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?$`);
const WHOLE_DOMAIN = new RegExp(`^${DOMAIN}$`);
const IDENTIFIER = /^(?:[a-f0-9]{64}|sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;

/** What an engine looks for among the ids of its images. */
const HEXADECIMAL = /^(?:sha256:)?[0-9a-f]*$/i;

const hex = fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 1, maxLength: 66 });
const word = fc.oneof(
  hex,
  fc.string({ unit: fc.constantFrom(..."abz09._-"), maxLength: 8 }),
  fc.constantFrom("library", "localhost", "LOCALHOST", "Repo", "docker.io", "index.docker.io", "latest", "a__b", "a---b", "a___b", ""),
);
const host = fc.oneof(
  word,
  fc.constantFrom(
    "localhost:4566",
    "LOCALHOST:4566",
    "[::1]:4566",
    "127.0.0.1:4566",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com",
    "a:",
    ":1",
  ),
);
const digest = fc.oneof(
  hex.map((text) => `sha256:${text}`),
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 64, maxLength: 64 }).map((text) => `sha256:${text}`),
  word,
);
const optional = (before: string, part: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.option(part, { nil: undefined }).map((text) => (text === undefined ? "" : `${before}${text}`));

/** References, what is nearly one, ids and parts of ids, and anything at all. */
export const anyReferenceText: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(host, optional("/", word), optional("/", word), optional(":", word), optional("@", digest))
      .map((parts) => parts.join("")),
  },
  { weight: 2, arbitrary: hex },
  { weight: 1, arbitrary: hex.map((text) => `sha256:${text}`) },
  { weight: 1, arbitrary: fc.string({ maxLength: 300 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.string({ unit: fc.constantFrom(..."ab/"), minLength: 240, maxLength: 270 }), optional(":", word))
      .map((parts) => parts.join("")),
  },
);

/** What holds of every text. */
export function keepsReferenceLaws(text: string): void {
  const parsed = parseImageReference(text);
  if (IDENTIFIER.test(text)) expect(parsed).toBeUndefined();
  if (!GRAMMAR.test(text)) {
    expect(parsed).toBeUndefined();
    return;
  }
  if (!parsed) {
    // What the grammar alone takes, and docker does not: an id, a name that is too long, and a first component that is no name of a repository and, as a
    // host, is none or is one by its upper case alone.
    const name = text.replace(/@.*$/, "").replace(/:[^/]*$/, "");
    const first = /^[^/]*(?=\/)/.exec(text)?.[0] ?? "";
    const doubtful = /[.:]/.test(first) ? !WHOLE_DOMAIN.test(first) : /[A-Z]/.test(first);
    expect(IDENTIFIER.test(text) || name.length > 255 || doubtful).toBe(true);
    return;
  }
  expect(formatImageReference(parsed)).toBe(text);
  const full = fullImageReference(parsed);
  const name = formatImageReference(full);
  // Nothing is left out, so that nothing is left to be guessed, least of all an id.
  expect(name).not.toMatch(HEXADECIMAL);
  expect(name).toContain("/");
  expect(full.tag === undefined).toBe(full.digest !== undefined);
  expect(full.host).not.toMatch(/[A-Z]/);
  // Docker reads it back as the same, and there is nothing more to fill in.
  const again = parseImageReference(name);
  expect(again && fullImageReference(again)).toEqual(full);
}
