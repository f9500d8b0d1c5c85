import { describe, expect, test } from "vitest";
import { groupsOf, regexRefusal } from "./rule-regex.ts";

describe("let in", () => {
  test.each([
    "^/api/(.*)$",
    "^(.+)\\.example\\.com$",
    "^/dp/([A-Za-z0-9]+)/?$",
    "a{2,5}?b",
    "[[:alpha:]+]",
    "[]a]",
    "[^]a]",
    "(?P<name>x)(?:y)(?i:z)",
    "\\d\\D\\w\\s\\b\\.\\/",
    "[*+?(]+",
    "a|b|",
    "(?i)^/api",
    "[\\d-]",
    "[\\w.-]+",
    "[-\\w]",
    "[a-\\x7a]",
    "\\x{41}",
    "(?:[0-9]{1,3}\\.){3}[0-9]{1,3}",
    "[a.]x[.:]",
    "(?:[a-z]{2}){500}",
  ])("%s", (regex) => expect(regexRefusal(regex)).toBeUndefined());
});

describe("refused", () => {
  test.each([
    ["", "must not be empty"],
    ["/ä", "printable ASCII"],
    ["a\nb", "printable ASCII"],
    ["a(?=b)", "lookaround"],
    ["a(?!b)", "lookaround"],
    ["(?<=a)b", "lookaround"],
    ["(?<!a)b", "lookaround"],
    ["(a)\\1", "backreference"],
    ["(?<n>a)\\k<n>", "backreference"],
    ["(a)\\g1", "backreference"],
    ["(?>a)", "atomic group"],
    ["a++", "possessive"],
    ["a*+", "possessive"],
    ["a?+", "possessive"],
    ["a{1,2}+", "possessive"],
    ["(?R)", "not supported"],
    // What the syntax of ECMAScript has and that of the proxy has not.
    ["((a{1000}){1000}){1000}", "too large"],
    ["(?:[a-z]{1,30}[0-9]){0,900}", "too large"],
    ["[\\d-z]", "range"],
    ["[a-\\w]", "range"],
    ["[[:alpha:]-z]", "range"],
    ["[a-[:alpha:]]", "range"],
    ["[[=a=]]", "class"],
    ["[[.a.]]", "class"],
    ["[:alpha:]", "class"],
    ["[\\B]", "escape"],
    ["[\\A]", "escape"],
    ["\\A*", "place"],
    ["\\Z?", "place"],
    ["\\x{41", "ASCII"],
    ["[\\x{100}]", "ASCII"],
    [`(?<${"n".repeat(33)}>a)`, "not supported"],
    ["(?1)", "not supported"],
    ["(?&n)", "not supported"],
    ["(?(1)a)", "not supported"],
    ["(?P>n)", "not supported"],
    ["\\p{L}", "Unicode"],
    ["\\X", "Unicode"],
    ["a\\Kb", "escape '\\K'"],
    ["[[:nobody:]]", "class '[:nobody:]'"],
    ["(*LIMIT_MATCH=1)a", "not a valid"],
    ["a{1001}", "repeats more than 1000"],
    ["a{1,2000}", "repeats more than 1000"],
    ["(", "not a valid"],
    ["[a", "not a valid"],
    ["*a", "not a valid"],
    ["a\\", "not a valid"],
  ])("%s", (regex, why) => expect(regexRefusal(regex)).toContain(why));
});

test("groups are counted, those that capture alone", () => {
  expect(groupsOf("^/(a)(?:b)(?P<c>d)[(]\\(e$")).toBe(2);
  expect(groupsOf("x")).toBe(0);
  expect(groupsOf("[a[](x)")).toBe(1);
  expect(groupsOf("[]()](x)")).toBe(1);
});
