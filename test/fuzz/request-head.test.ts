import fc from "fast-check";
import { expect, test } from "vitest";
import { rootPrincipal, type Credentials } from "../../src/authorization/credentials.ts";
import type { WireRequest } from "../../src/gateway/protocols/protocol.ts";
import { readHeaders } from "../../src/gateway/request-headers.ts";
import { claimedScope } from "../../src/gateway/signature-claim.ts";
import { checkHead, verifySignature } from "../../src/gateway/sigv4.ts";
import { TEST_KEYS } from "../../src/testing/api-world.ts";
import { handSigned } from "../../src/testing/hand-signed.ts";
import { wireRequest } from "../../src/testing/wire-request.ts";
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from "./runs.ts";
import { cpuMs } from "../../src/testing/cpu-time.ts";

const LIMITS = { numRuns: FUZZ_RUNS };
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

const credentials: Pick<Credentials, "find"> = {
  find: (id) =>
    id === TEST_KEYS.accessKeyId
      ? { kind: "found", secretAccessKey: TEST_KEYS.secretAccessKey, principal: rootPrincipal("123456789012", id) }
      : { kind: "unknown" },
};

function outcome(request: WireRequest): string {
  const verified = verifySignature(request, checkHead(request, credentials, NOW), credentials, NOW);
  return "refusal" in verified ? verified.refusal.kind : "verified";
}

const token = fc.string({ unit: fc.constantFrom(..."abcXYZ019!#$%&'*+-.^_`|~"), minLength: 1, maxLength: 12 });
const headerName = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "set-cookie", "Authorization", "X-Amz-Date", "Host", "x-amz-x"),
  token,
);
/** Bytes that HTTP allows in a header. */
const headerText = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: 30 });
const claimText = fc
  .array(
    fc.oneof(
      fc.constantFrom("AWS4-HMAC-SHA256", " ", ",", "=", ";", "/", "Credential=", "SignedHeaders=host", `Signature=${"0".repeat(64)}`, "X"),
      fc.constantFrom(`Credential=${TEST_KEYS.accessKeyId}/20260102/us-east-1/ecs/aws4_request`, "host", "x-amz-date"),
      headerText,
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.join(""));
const line = fc.oneof(
  fc.tuple(headerName, headerText),
  fc.tuple(fc.constantFrom("authorization", "Authorization"), claimText),
  fc.tuple(
    fc.constantFrom("x-amz-date", "date"),
    fc.constantFrom("20260102T030405Z", "Fri, 02 Jan 2026 03:04:05 GMT", "20269999T999999Z", ""),
  ),
);
const lines = fc.array(line, { maxLength: 12 }).map((pairs) => pairs.flat());
const target = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "X-Amz-Credential=",
        "X-Amz-Date=20260102T030405Z",
        "&",
        "?",
        "=",
        "%",
        "/",
        "..",
      ),
      token,
    ),
    { maxLength: 10 },
  )
  .map((parts) => `/${parts.join("").replaceAll("#", "")}`);

test(
  "headers are read as the simplest reader reads them, whatever they are called",
  () => {
    fc.assert(
      fc.property(lines, (given) => {
        const headers = readHeaders(given);
        const names = given.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
        expect(Object.keys(headers).toSorted()).toEqual([...new Set(names)].toSorted());
        for (const name of names)
          expect(headers[name]).toBe(
            given
              .filter((_, at) => at % 2 === 1 && given[at - 1]?.toLowerCase() === name)
              .map((value) => value.trim())
              .join(","),
          );
        expect(Object.getPrototypeOf(headers)).toBeNull();
      }),
      LIMITS,
    );
  },
  FUZZ_TIMEOUT_MS,
);

test(
  "whatever says that it is signed is refused, and nothing throws",
  () => {
    fc.assert(
      fc.property(lines, target, (given, path) => {
        const request = wireRequest({ target: path, lines: given });
        claimedScope(request);
        expect(outcome(request)).not.toBe("verified");
      }),
      LIMITS,
    );
  },
  FUZZ_TIMEOUT_MS,
);

const SEGMENT = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_~"), minLength: 1, maxLength: 6 });
const DRAFT = fc.record({
  path: fc.array(SEGMENT, { maxLength: 3 }),
  query: fc.uniqueArray(fc.tuple(SEGMENT, SEGMENT), { maxLength: 4, selector: ([name]) => name }),
  more: fc.array(fc.tuple(fc.constantFrom("a", "b", "__proto__", "constructor", "set-cookie", "x-amz-c"), headerText), { maxLength: 5 }),
  body: fc.string(),
});

test(
  "what was signed by other means is verified, and not when any of it was changed",
  () => {
    fc.assert(
      fc.property(DRAFT, fc.nat(), ({ path, query, more, body }, choice) => {
        const draft = {
          target: `/${path.join("/")}?${query.map((pair) => pair.join("=")).join("&")}`,
          // The signer by other means leaves spaces as they are.
          lines: ["host", "localhost", ...more.flatMap(([name, value]) => [name, value.trim().replaceAll(/\s+/g, " ")])],
          signedHeaders: [...new Set(["host", "x-amz-date", ...more.map(([name]) => name)])].toSorted(),
          body,
        };
        const request = handSigned(draft, TEST_KEYS, NOW);
        expect(outcome(request)).toBe("verified");
        const { authorization = "" } = request.headers;
        const signature = authorization.length - 1 - (choice % 64);
        const digit = (Number.parseInt(authorization.charAt(signature), 16) ^ 1).toString(16);
        const forged = authorization.slice(0, signature) + digit + authorization.slice(signature + 1);
        const changed: readonly WireRequest[] = [
          { ...request, target: `${request.target}&z=1` },
          { ...request, target: `/z${request.target}` },
          { ...request, bodyHash: wireRequest({ body: `${body}.` }).bodyHash },
          { ...request, method: "PUT" },
          {
            ...request,
            headers: readHeaders([...Object.entries(request.headers).flatMap(([name, value = ""]) => [name, value]), "host", "b"]),
          },
          { ...request, headers: { ...request.headers, authorization: forged } },
        ];
        for (const [at, one] of changed.entries()) expect(outcome(one), `change ${at}`).not.toBe("verified");
      }),
      LIMITS,
    );
  },
  FUZZ_TIMEOUT_MS,
);

test(
  "reading takes time in proportion to the length, whatever is repeated",
  () => {
    fc.assert(
      fc.property(fc.oneof(claimText, headerText, token), (part) => {
        const long = part.repeat(Math.ceil(60_000 / Math.max(1, part.length)));
        const request = wireRequest({
          target: `/?${encodeURIComponent(long)}`,
          lines: ["authorization", `AWS4-HMAC-SHA256 ${long}`, "a", long, "date", long],
        });
        const spent = cpuMs(() => void outcome(request));
        // A hundred times what it takes; what is quadratic takes minutes.
        expect(spent).toBeLessThan(2000);
      }),
      { numRuns: Math.min(FUZZ_RUNS, 2000) },
    );
  },
  FUZZ_TIMEOUT_MS,
);
