import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { MalformedRequestError } from "../../src/gateway/malformed.ts";
import { awsQuery, ec2Query } from "../../src/gateway/protocols/aws-query.ts";
import { findParameters, formParameters } from "../../src/gateway/protocols/form.ts";
import { checkJsonSize, DEEPEST } from "../../src/gateway/protocols/json-size.ts";
import { operationSchema, type OperationSchema } from "../../src/gateway/schema.ts";
import { wireRequest } from "../../src/testing/wire-request.ts";
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from "./runs.ts";
import { cpuMs } from "../../src/testing/cpu-time.ts";

const LIMITS = { numRuns: FUZZ_RUNS };

/** Pieces of which forms are made that hit something. */
const word = fc.oneof(
  fc.constantFrom(
    "Action",
    "Version",
    "%41ction",
    "Filter",
    "member",
    "entry",
    "key",
    "value",
    "Tags",
    "__proto__",
    "constructor",
    "toString",
  ),
  fc.constantFrom("1", "2", "-1", "1e9", "99999999999999999999", "", "%", "%zz", "%00", "%C3%BC", "%F0%9F", "+", ".", "=", "&", "true"),
  fc.string({ maxLength: 8 }),
  fc.string({ unit: "binary", maxLength: 4 }),
);
const name = fc.array(word, { maxLength: 6 }).map((words) => words.join("."));
const pair = fc.oneof(
  fc.tuple(name, word).map(([key, value]) => `${key}=${value}`),
  word,
);
const form = fc.array(pair, { maxLength: 12 }).map((pairs) => pairs.join("&"));
const bytes = fc.oneof(
  form.map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
);

/** The reference: the platform's own reader, of the whole form. */
function reference(body: Buffer, target: string, key: string): string | undefined {
  const url = new URL(`http://localhost${target}`);
  return new URLSearchParams(body.toString()).get(key) ?? url.searchParams.get(key) ?? undefined;
}

/** What something gives; `undefined` where it was refused. Whatever else is thrown is a find. */
function orRefused<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof MalformedRequestError) return undefined;
    throw cause;
  }
}

describe("the form reader", () => {
  test(
    "finds what the platform's own reader finds, whatever is sent",
    () => {
      fc.assert(
        fc.property(bytes, form, (body, query) => {
          const request = wireRequest({ body, target: `/?${encodeURI(query.replaceAll(/\p{Cs}/gu, "")).replaceAll("#", "")}` });
          const found = findParameters(request, ["Action", "Version"]);
          for (const key of ["Action", "Version"]) expect(found.get(key)).toBe(reference(body, request.target, key));
        }),
        LIMITS,
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  describe.each([
    ["aws", awsQuery("urn:x"), () => import("@aws-sdk/client-elastic-load-balancing-v2"), ["CreateRule", "CreateTargetGroup", "AddTags"]],
    ["aws", awsQuery("urn:x"), () => import("@aws-sdk/client-sts"), ["AssumeRole", "AssumeRoleWithWebIdentity"]],
    ["ec2", ec2Query("urn:x"), () => import("@aws-sdk/client-ec2"), ["DescribeVpcs", "CreateTags", "CreateSecurityGroup"]],
  ] as const)("of %s's dialect", (_, protocol, client, names) => {
    let schemas: readonly OperationSchema[];
    beforeAll(async () => {
      const loaded = (await client()) as unknown as Readonly<Record<string, unknown>>;
      schemas = names.flatMap((one) => operationSchema(loaded, one) ?? []);
      if (schemas.length !== names.length) throw new Error("an operation has no schema");
    });

    test(
      "refuses or reads, and leaves every prototype as it is",
      () => {
        fc.assert(
          fc.property(fc.nat(names.length - 1), bytes, (at, body) => {
            const [schema] = schemas.slice(at);
            const input = orRefused(() => protocol.read(schema as OperationSchema, wireRequest({ body }))) ?? {};
            expect(Object.getPrototypeOf(input)).toBe(Object.prototype);
            expect(Object.keys(Object.prototype)).toEqual([]);
          }),
          LIMITS,
        );
      },
      FUZZ_TIMEOUT_MS,
    );
  });

  test(
    "takes time in proportion to the length, whatever is repeated",
    () => {
      fc.assert(
        fc.property(fc.oneof(pair, word, form), (part) => {
          const unit = `${part}&`;
          const body = Buffer.from(unit.repeat(Math.ceil(200_000 / unit.length)));
          const spent = cpuMs(() => {
            findParameters(wireRequest({ body }), ["Action", "Version"]);
            orRefused(() => formParameters(wireRequest({ body })));
          });
          // A hundred times what it takes; what is quadratic takes minutes.
          expect(spent).toBeLessThan(3000);
        }),
        { numRuns: Math.min(FUZZ_RUNS, 2000) },
      );
    },
    FUZZ_TIMEOUT_MS,
  );
});

test(
  "JSON is refused for its depth exactly where it nests too deeply, whatever its strings hold",
  () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('"', "\\", "[", "]", "{", "}", ",", ":") }));
    fc.assert(
      fc.property(text, fc.integer({ min: DEEPEST - 2, max: DEEPEST + 2 }), fc.jsonValue({ maxDepth: 0 }), (held, depth, value) => {
        const body = JSON.stringify([held, value]);
        const nested = `${`[${JSON.stringify(held)},`.repeat(depth - 1)}${body}${"]".repeat(depth - 1)}`;
        JSON.parse(nested);
        const taken = orRefused(() => (checkJsonSize(Buffer.from(nested)), true)) ?? false;
        expect(taken).toBe(depth <= DEEPEST);
      }),
      LIMITS,
    );
  },
  FUZZ_TIMEOUT_MS,
);
