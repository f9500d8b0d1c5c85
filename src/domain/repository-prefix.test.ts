import { expect, test } from "vitest";
import { exchangePrefix, isRepositoryPrefix, mostExact, prefixCovers } from "./repository-prefix.ts";

test.each([
  ["team", true],
  ["team/", true],
  ["a/b.c/d_e", true],
  ["ROOT", true],
  ["root", true],
  ["Team", false],
  ["/team", false],
  ["team//", false],
  ["", false],
])("%j is a prefix: %s", (text, expected) => {
  expect(isRepositoryPrefix(text)).toBe(expected);
});

test.each([
  ["team", "team/web", true],
  ["team/", "team/web", true],
  ["team", "team", false],
  ["team", "teams/web", false],
  ["team/a", "team/b/web", false],
  ["ROOT", "anything", true],
])("%s covers %s: %s", (prefix, repository, expected) => {
  expect(prefixCovers(prefix, repository)).toBe(expected);
});

test.each([
  [["ROOT", "a", "a/b"], "a/b/c", "a/b"],
  [["ROOT", "a", "a/b"], "a/c", "a"],
  [["a", "ROOT"], "b", "ROOT"],
  [["a", "b"], "c", undefined],
  // Longer than every other prefix, and yet the least exact one.
  [["ROOT", "ab"], "ab/c", "ab"],
])("of %j, the one for %s is %s", (prefixes, repository, expected) => {
  expect(mostExact(prefixes, (prefix) => prefix, repository)).toBe(expected);
});

// The table of AWS's page, and the prefix that covers all.
test.each([
  ["ecr-public/my-app/image1", "ecr-public", "ROOT", "my-app/image1"],
  ["team-a/my-app/image1", "team-a", "team-a", "team-a/my-app/image1"],
  ["my-app/image1", "my-app", "upstream-app/", "upstream-app/image1"],
  ["library/alpine", "ROOT", "ROOT", "library/alpine"],
])("%s under %s comes from %s as %s", (repository, from, to, expected) => {
  expect(exchangePrefix(repository, from, to)).toBe(expected);
});
