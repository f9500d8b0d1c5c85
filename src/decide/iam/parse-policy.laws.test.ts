import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compilePolicyText } from "./compile-policy.ts";
import { decideAccess } from "./evaluate.ts";
import { readJson, type Json } from "./json.ts";
import { parsePolicy } from "./parse-policy.ts";
import type { PolicyUse } from "./policy-document.ts";

const USES: readonly PolicyUse[] = ["identity", "resource", "trust"];
const use = fc.constantFrom(...USES);

describe("whatever is given for a policy is answered, and never thrown at", () => {
  test("any text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), use, answered));
  });

  test("any JSON", () => {
    fc.assert(fc.property(fc.json(), use, answered));
  });

  test("any JSON made of the words of policies", () => {
    const word = fc.constantFrom(
      "Version",
      "Statement",
      "Effect",
      "Action",
      "Resource",
      "Principal",
      "Condition",
      "2012-10-17",
      "Allow",
      "*",
      "AWS",
      "StringLike",
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof({ depthSize: "medium" }, word, fc.array(tie("tree")), fc.dictionary(word, tie("tree"))),
    }));
    fc.assert(fc.property(tree, use, (value, given) => answered(JSON.stringify(value), given)));
  });

  test("any beginning and any corruption of a good one", () => {
    const good = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Sid: "a", Effect: "Allow", Action: ["s3:*"], Resource: "arn:aws:s3:::b/${aws:username}", Condition: { Bool: { a: true } } },
      ],
    });
    fc.assert(
      fc.property(fc.nat(good.length), fc.string(), use, (at, inserted, given) => {
        answered(good.slice(0, at), given);
        answered(good.slice(0, at) + inserted + good.slice(at), given);
      }),
    );
  });

  test.each([
    ["deep lists", "[".repeat(130_000)],
    ["deep objects", '{"a":'.repeat(26_000)],
    ["deep conditions", `{"Version":"2012-10-17","Statement":{"Condition":${"[".repeat(60_000)}${"]".repeat(60_000)}}}`],
    ["a huge text", `{"Version":"${"x".repeat(130_000)}"}`],
    ["a text longer than any operation takes", " ".repeat(10_000_000)],
    ["many escapes", `{"Version":"${"\\u0041".repeat(20_000)}`],
    ["many keys", `{${Array.from({ length: 20_000 }, (_, index) => `"${index}":1`).join(",")}}`],
    ["many commas", `[${",".repeat(130_000)}`],
  ])("%s", (_name, text) => {
    for (const given of USES) expect(parsePolicy(text, given)).toHaveProperty("refusal");
  });
});

test("openings of variables that are never closed are text, of whatever length", () => {
  const resource = `arn:aws:s3:::${"${".repeat(60_000)}`;
  const made = compilePolicyText(
    JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "s3:*", Resource: resource } }),
    "identity",
  );
  if ("refusal" in made) throw new Error(made.refusal);
  const principal = { kind: "user", account: "123456789012", names: [] } as const;
  const request = { principal, action: "s3:GetObject", resource, resourceAccount: "123456789012", context: () => undefined };
  expect(decideAccess({ request, identity: [made.policy] })).toEqual({ allowed: true });
});

describe("the reader of JSON", () => {
  test("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        const read = readJson(text);
        expect(read === undefined ? undefined : plain(read)).toEqual(JSON.parse(text));
      }),
    );
  });

  test("refuses what JSON.parse refuses", () => {
    const token = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"',
      "1",
      "-",
      "01",
      "1.",
      ".5",
      "1e3",
      "true",
      "nul",
      " ",
      "\\",
      "\u0001",
      "'a'",
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 8 }), (tokens) => {
        const text = tokens.join("");
        expect(readJson(text) === undefined).toBe(!isJson(text) || hasKeyTwice(text));
      }),
      { numRuns: 2000 },
    );
  });
});

function answered(text: string, given: PolicyUse): void {
  const parsed = parsePolicy(text, given);
  expect("refusal" in parsed ? parsed.refusal !== "" : parsed.policy.statements.length > 0).toBe(true);
}

function plain(json: Json): unknown {
  switch (json.kind) {
    case "object":
      // A key named __proto__ must become a key.
      return Object.defineProperties(
        {},
        Object.fromEntries([...json.members].map(([key, value]) => [key, { value: plain(value), enumerable: true }])),
      );
    case "list":
      return json.items.map(plain);
    case "string":
      return json.text;
    default:
      return JSON.parse(json.text) as unknown;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function hasKeyTwice(text: string): boolean {
  return (text.match(/"a"\s*:/g)?.length ?? 0) > 1;
}
