import fc from "fast-check";
import { expect, test } from "vitest";
import { arn, parseArn } from "../../src/domain/arn.ts";
import { partitionOf } from "../../src/domain/partition.ts";
import { isAccount, isRegion } from "../../src/domain/scope.ts";
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from "./runs.ts";
import { cpuMs } from "../../src/testing/cpu-time.ts";

// What is decided on and what is used is found by ARNs: a text that two places read in two ways is a way across a border.

const LIMITS = { numRuns: FUZZ_RUNS };
const of = (alphabet: string, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });

const service = of("abcdefghijklmnopqrstuvwxyz0123456789-", 1, 30);
const region = fc.oneof(
  fc.constantFrom("us-east-1", "eu-central-2", "ap-southeast-10", "cn-north-1", "us-gov-west-1", "il-central-1", ""),
  fc
    .tuple(
      of("abcdefghijklmnopqrstuvwxyz", 2, 2),
      fc.array(of("abcdefghijklmnopqrstuvwxyz", 1, 8), { minLength: 1, maxLength: 3 }),
      fc.nat(99),
    )
    .map(([country, words, number]) => [country, ...words, number].join("-")),
);
const account = fc.oneof(of("0123456789", 12, 12), fc.constantFrom("", "aws", "123456789012"));
/** Whatever has neither white space nor control characters: `repository/a:b*é`. */
const resource = fc
  .string({
    unit: fc.oneof(fc.constantFrom(..."abzAZ019:/*?+=,.@_-${}[]\\\"'%#&<>"), fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 })),
    maxLength: 60,
  })
  .map((text) => text.replaceAll(/[\s\p{Cc}]/gu, ""))
  .filter((text) => text !== "");

test(
  "what is built is read back as it was",
  () => {
    fc.assert(
      fc.property(service, region, account, resource, (name, where, who, what) => {
        const scope = { region: where, account: who };
        const text = arn(name, scope, what);
        expect(parseArn(text)).toEqual({ partition: partitionOf(where), service: name, ...scope, resource: what });
      }),
      LIMITS,
    );
  },
  FUZZ_TIMEOUT_MS,
);

/** Texts near to ARNs: good ones with something taken out, put in, said twice, or in other letters. */
const near = fc
  .tuple(
    fc.oneof(
      fc.tuple(service, region, account, resource).map(([name, where, who, what]) => arn(name, { region: where, account: who }, what)),
      fc
        .array(
          fc.oneof(
            fc.constantFrom("arn", "ARN", "aws", "aws-cn", "iam", "us-east-1", "123456789012", "role/a", "", " ", "*", "\n"),
            fc.string({ maxLength: 13 }),
          ),
          {
            maxLength: 9,
          },
        )
        .map((fields) => fields.join(":")),
      fc.string({ unit: "binary" }),
    ),
    fc.array(
      fc.tuple(
        fc.nat(80),
        fc.nat(3),
        fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom(":", " ", "\n", "\0", "\u200b", "arn:", "*", "١", "１", "\u0130")),
      ),
      {
        maxLength: 3,
      },
    ),
  )
  .map(([text, edits]) => edits.reduce((edited, [at, gone, put]) => edited.slice(0, at) + put + edited.slice(at + gone), text));

test(
  "whatever is read as an ARN has six fields, each of them well formed, and is written again as the same text",
  () => {
    fc.assert(
      fc.property(near, (text) => {
        const read = parseArn(text);
        if (!read) return;
        const { partition, service: name, region: where, account: who, resource: what } = read;
        expect([partition, /^[a-z0-9-]+$/.test(name)]).toEqual([expect.stringMatching(/^(aws|aws-cn|aws-us-gov)$/), true]);
        expect(where === "" || (isRegion(where) && partitionOf(where) === partition)).toBe(true);
        expect(who === "" || who === "aws" || isAccount(who)).toBe(true);
        expect(what).not.toBe("");
        expect(what).not.toMatch(/[\s\p{Cc}]/u);
        expect(text.split(":").length).toBeGreaterThanOrEqual(6);
        expect(`arn:${partition}:${name}:${where}:${who}:${what}`).toBe(text);
      }),
      LIMITS,
    );
  },
  FUZZ_TIMEOUT_MS,
);

test(
  "nothing with fewer than six fields is an ARN",
  () => {
    const field = fc.oneof(
      fc.constantFrom("arn", "aws", "iam", "", "123456789012", "role/Admin"),
      fc.string().map((text) => text.replaceAll(":", "")),
    );
    fc.assert(
      fc.property(fc.array(field, { maxLength: 5 }), (fields) => {
        expect(parseArn(fields.join(":"))).toBeUndefined();
        expect(parseArn(["arn", ...fields.slice(0, 4)].join(":"))).toBeUndefined();
      }),
      LIMITS,
    );
  },
  FUZZ_TIMEOUT_MS,
);

test("a text is read in time that is proportional to its length", () => {
  const spent = cpuMs(() => {
    for (const part of ["arn:aws:", ":", "a-", "us-east-1:", "arn:aws:iam::123456789012:role/"]) parseArn(part.repeat(200_000));
    parseArn(`arn:aws:iam:${"us-".repeat(300_000)}1:123456789012:x`);
  });
  expect(spent).toBeLessThan(2_000);
});
