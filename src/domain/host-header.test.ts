import fc from "fast-check";
import { expect, test } from "vitest";
import { parseHostHeader } from "./host-header.ts";

test.each([
  ["localhost", "localhost", "localhost"],
  ["LocalHost:4566", "localhost", "localhost:4566"],
  ["localhost.", "localhost", "localhost"],
  ["localhost.:4566", "localhost", "localhost:4566"],
  ["127.0.0.1:80", "127.0.0.1", "127.0.0.1:80"],
  ["[::1]:4566", "::1", "[::1]:4566"],
  ["[FE80::1]", "fe80::1", "[fe80::1]"],
  ["my_service:4566", "my_service", "my_service:4566"],
  ["a", "a", "a"],
  ["123456789012.dkr.ecr.us-east-1.amazonaws.com", "123456789012.dkr.ecr.us-east-1.amazonaws.com", undefined],
])("%s names %s", (header, name, authority = header) => {
  expect(parseHostHeader(header)).toEqual({ name, authority });
});

test.each([
  "",
  ".",
  "localhost..",
  "evil@localhost",
  "localhost@evil.example",
  "localhost:4566@evil.example",
  "localhost:80:90",
  "localhost:",
  "localhost:123456",
  "localhost:x",
  "localhost/evil",
  "localhost#evil",
  "localhost?evil",
  "localhost evil",
  "localhost,evil.example",
  "local%68ost",
  "lоcalhost",
  "::1",
  "[::1",
  "[::1].evil.example",
  "[localhost]",
  '"localhost"',
  'x",service="y',
  "localhost\u0000.evil.example",
  "localhost\nevil",
  `${"a".repeat(300)}.example`,
])("%j names nothing", (header) => {
  expect(parseHostHeader(header)).toBeUndefined();
});

test("what is read has nothing in it but letters, digits, dots, dashes, underscores, colons and brackets, and is not long", () => {
  const pieces = fc.constantFrom("localhost", "127.0.0.1", "[::1]", "evil", ".", ":", "@", "[", "]", "80", " ", '"', "%", "\t", "-", "_");
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces, { maxLength: 8 }).map((all) => all.join("")),
      ),
      (text) => {
        const found = parseHostHeader(text);
        return found === undefined || (/^[a-z0-9._:[\]-]{1,265}$/.test(found.authority) && parseHostHeader(found.authority) !== undefined);
      },
    ),
    { numRuns: 2000 },
  );
});
