import { describe, expect, test } from "vitest";
import { SignatureV4 } from "@smithy/signature-v4";
import { rootPrincipal, type Credentials } from "../authorization/credentials.ts";
import { NodeSha256 } from "../testing/signed-request.ts";
import { UNREAD, type WireRequest } from "./protocols/protocol.ts";
import { SIGNATURE_SUITE, SUITE_DATE, SUITE_HOST, SUITE_KEYS, SUITE_SCOPE, type SuiteRequest } from "../testing/signature-suite.ts";
import { handSigned } from "../testing/hand-signed.ts";
import { wireRequest } from "../testing/wire-request.ts";
import { checkHead, verifySignature } from "./sigv4.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const credentials: Pick<Credentials, "find"> = {
  find: (id) =>
    id === KEYS.accessKeyId
      ? { kind: "found", secretAccessKey: KEYS.secretAccessKey, principal: rootPrincipal("123456789012", id) }
      : { kind: "unknown" },
};

function signer(keys = KEYS): SignatureV4 {
  return new SignatureV4({ credentials: keys, region: "us-east-1", service: "ecs", sha256: NodeSha256 as never });
}

interface Draft {
  readonly path?: string;
  readonly query?: Record<string, string>;
  readonly body?: string;
  readonly method?: string;
}

function unsigned({ path = "/", query = {}, body = "{}", method = "POST" }: Draft) {
  return {
    method,
    protocol: "http:",
    hostname: "localhost",
    port: 4566,
    path,
    query,
    headers: { host: "localhost:4566", "content-type": "application/x-amz-json-1.1" },
    body,
  };
}

function wire(signed: { method: string; path: string; query?: unknown; headers: Record<string, string>; body?: unknown }): WireRequest {
  const query = Object.entries((signed.query ?? {}) as Record<string, string>).map((pair) => pair.map(encodeURIComponent).join("="));
  return wireRequest({
    method: signed.method,
    target: query.length === 0 ? signed.path : `${signed.path}?${query.join("&")}`,
    lines: Object.entries(signed.headers).flat(),
    body: (signed.body as string | undefined) ?? "",
  });
}

function verify(request: WireRequest, now = NOW): ReturnType<typeof verifySignature> {
  return verifySignature(request, checkHead(request, credentials, now), credentials, now);
}

async function signed(draft: Draft = {}, keys = KEYS, at = NOW): Promise<WireRequest> {
  return wire((await signer(keys).sign(unsigned(draft), { signingDate: new Date(at) })) as never);
}

async function presigned(expiresIn: number, at = NOW): Promise<WireRequest> {
  return wire(
    (await signer().presign(unsigned({ method: "GET", body: "", query: { Action: "GetCallerIdentity" } }), {
      signingDate: new Date(at),
      expiresIn,
    })) as never,
  );
}

const linesOf = (headers: WireRequest["headers"]): string[] => Object.entries(headers).flatMap(([name, value = ""]) => [name, value]);
const refusal = (result: ReturnType<typeof verifySignature>): string => ("refusal" in result ? result.refusal.kind : "verified");

describe("a signed request", () => {
  test.each<[string, Draft]>([
    ["with a JSON body", { body: '{"cluster":"a"}' }],
    ["with a query that needs escapes", { query: { a: "b c", "d/e": "ü*'()", f: "" } }],
    ["with a path that needs escapes", { path: "/some/thing%20else/~x" }],
    ["without a body", { method: "GET", body: "" }],
  ])("%s is accepted", async (_, draft) => {
    expect(verify(await signed(draft))).toMatchObject({
      principal: { accessKeyId: KEYS.accessKeyId },
      scope: { region: "us-east-1", service: "ecs" },
    });
  });

  test("with another secret is a mismatch", async () => {
    expect(refusal(verify(await signed({}, { ...KEYS, secretAccessKey: "wrong" })))).toBe("mismatch");
  });

  test("whose body, header, path or query was changed on the way is a mismatch", async () => {
    const request = await signed({ body: "{}" });
    const altered: WireRequest[] = [
      { ...request, bodyHash: wireRequest({ body: "[]" }).bodyHash },
      { ...request, ...UNREAD },
      { ...request, headers: { ...request.headers, "content-type": "text/plain" } },
      { ...request, target: "/other" },
      { ...request, target: "/?a=b" },
      { ...request, method: "PUT" },
    ];
    for (const request of altered) expect(refusal(verify(request))).toBe("mismatch");
  });

  test("with a key that does not exist is told so", async () => {
    expect(refusal(verify(await signed({}, { ...KEYS, accessKeyId: "AKIDOTHER" })))).toBe("unknown-key");
  });

  test.each([
    [-5 * 60_000, "verified"],
    [5 * 60_000, "verified"],
    [-5 * 60_000 - 1000, "clock-skew"],
    [5 * 60_000 + 1000, "clock-skew"],
  ])("made %i ms from now is %s", async (offset, outcome) => {
    expect(refusal(verify(await signed({}, KEYS, NOW + offset)))).toBe(outcome);
  });
});

describe("a presigned URL", () => {
  test.each([
    [60, 59_000, "verified"],
    [60, 61_000, "expired"],
    [604_800, 0, "verified"],
  ])("good for %i s is, %i ms later, %s", async (expiresIn, later, outcome) => {
    expect(refusal(verify(await presigned(expiresIn), NOW + later))).toBe(outcome);
  });

  test("good for more than a week is refused", async () => {
    const { target, headers, method } = await presigned(604_800);
    const longer = target.replace("X-Amz-Expires=604800", "X-Amz-Expires=604801");
    expect(refusal(verify(wireRequest({ method, target: longer, lines: linesOf(headers) })))).toBe("incomplete");
  });
});

describe("an incomplete signature", () => {
  test("no signature at all is told as missing", () => {
    expect(refusal(verify(wireRequest()))).toBe("missing");
  });

  test.each([
    ["without a credential", (text: string) => text.replace(/Credential=[^,]+, /, "")],
    ["without a signature", (text: string) => text.replace(/, Signature=.*/, "")],
    ["with a signature that is not one", (text: string) => text.replace(/Signature=.*/, "Signature=zz")],
    ["without signed headers", (text: string) => text.replace(/SignedHeaders=[^,]+, /, "")],
    ["with a credential of four parts", (text: string) => text.replace("/aws4_request", "")],
  ])("%s is refused", async (_, change) => {
    const request = await signed();
    const headers = { ...request.headers, authorization: change(request.headers["authorization"] ?? "") };
    expect(refusal(verify({ ...request, headers }))).toBe("incomplete");
  });

  test("a scope of another day than the request is no signature", async () => {
    const request = await signed();
    const headers = { ...request.headers, authorization: (request.headers["authorization"] ?? "").replace("/20260102/", "/20260103/") };
    expect(refusal(verify({ ...request, headers }))).toBe("invalid");
  });
});

describe("AWS's test suite", () => {
  const suiteKeys: Pick<Credentials, "find"> = {
    find: () => ({
      kind: "found",
      secretAccessKey: SUITE_KEYS.secretAccessKey,
      principal: rootPrincipal("123456789012", SUITE_KEYS.accessKeyId),
    }),
  };
  const now = Date.UTC(2015, 7, 30, 12, 36, 0);

  function sent({ method, target = "/", lines = [], body = "", signedHeaders = "host;x-amz-date", signature }: SuiteRequest) {
    const authorization = `AWS4-HMAC-SHA256 Credential=${SUITE_KEYS.accessKeyId}/${SUITE_SCOPE}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
    const all = ["Host", SUITE_HOST, "X-Amz-Date", SUITE_DATE, ...lines, "Authorization", authorization];
    return wireRequest({ method: method ?? "GET", target, lines: all, body });
  }

  const verifySuite = (request: WireRequest) => refusal(verifySignature(request, checkHead(request, suiteKeys, now), suiteKeys, now));

  test.each(SIGNATURE_SUITE.filter(({ name }) => name !== "post-sts-header-after"))("$name is verified", (request) => {
    expect(verifySuite(sent(request))).toBe("verified");
  });

  test.each(SIGNATURE_SUITE)("$name with one bit of its signature changed is not", (request) => {
    const { signature } = request;
    const last = (Number.parseInt(signature.slice(-1), 16) ^ 1).toString(16);
    expect(verifySuite(sent({ ...request, signature: signature.slice(0, -1) + last }))).not.toBe("verified");
  });

  test("post-sts-header-after: a token that was added after signing is refused", () => {
    const request = SIGNATURE_SUITE.find(({ name }) => name === "post-sts-header-after");
    expect(request && checkHead(sent(request), suiteKeys, now)).toEqual({
      refusal: { kind: "invalid", detail: "'x-amz-security-token' must be a 'SignedHeader' in the AWS Authorization." },
    });
  });
});

describe("what chooses the operation or who asks must be signed", () => {
  const target = ["x-amz-target", "secretsmanager.ListSecrets"];

  test.each(["host", "x-amz-target", "x-amz-security-token", "x-amz-date", "x-amz-anything"])("%s", (name) => {
    const lines = ["host", "localhost", ...target, "x-amz-security-token", "token", "x-amz-anything", "b"];
    const all = ["host", "x-amz-anything", "x-amz-date", "x-amz-security-token", "x-amz-target"];
    expect(refusal(verify(handSigned({ lines, signedHeaders: all }, KEYS, NOW)))).toBe("verified");
    const without = handSigned({ lines, signedHeaders: all.filter((one) => one !== name) }, KEYS, NOW);
    const quoted = name === "host" ? "'Host' or ':authority'" : `'${name}'`;
    expect(verify(without)).toEqual({
      refusal: { kind: "invalid", detail: `${quoted} must be a 'SignedHeader' in the AWS Authorization.` },
    });
  });

  test("a target that was changed, or given twice, after signing is a mismatch", () => {
    const lines = ["host", "localhost", ...target];
    const names = ["host", "x-amz-date", "x-amz-target"];
    const changed = (...more: string[]) => handSigned({ lines, signedHeaders: names, afterwards: more }, KEYS, NOW);
    expect(refusal(verify(changed()))).toBe("verified");
    expect(refusal(verify(changed("X-Amz-Target", "secretsmanager.GetSecretValue")))).toBe("mismatch");
    expect(refusal(verify(changed("x-amz-target", "")))).toBe("mismatch");
  });
});

describe("names are plain text", () => {
  test.each(["__proto__", "constructor", "toString", "hasOwnProperty", "set-cookie", "valueof"])("a header called %s", (name) => {
    const absent = handSigned({ lines: ["host", "localhost"], signedHeaders: ["host", name.toLowerCase(), "x-amz-date"] }, KEYS, NOW);
    expect(refusal(verify(absent))).toBe("verified");
    const lines = ["host", "localhost", name, "a", name, "b"];
    const twice = handSigned({ lines, signedHeaders: ["host", name.toLowerCase(), "x-amz-date"] }, KEYS, NOW);
    expect(refusal(verify(twice))).toBe("verified");
    expect(refusal(verify({ ...twice, headers: wireRequest({ lines: [...linesOf(twice.headers), name, "c"] }).headers }))).toBe("mismatch");
  });

  test.each(["__proto__", "constructor", "toString"])("a query parameter called %s", (name) => {
    const request = handSigned({ target: `/?${name}=1&${name}=0&a`, lines: ["host", "localhost"] }, KEYS, NOW);
    expect(refusal(verify(request))).toBe("verified");
    expect(refusal(verify({ ...request, target: `/?${name}=1&a` }))).toBe("mismatch");
  });
});

describe("one request says one thing of its signature", () => {
  const lines = ["host", "localhost"];

  test("two Authorization headers are none", () => {
    const request = handSigned({ lines }, KEYS, NOW);
    const { authorization = "" } = request.headers;
    for (const second of [authorization, "Bearer x", "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request"]) {
      const headers = wireRequest({ lines: [...linesOf(request.headers), "Authorization", second] }).headers;
      expect(refusal(verify({ ...request, headers }))).not.toBe("verified");
    }
  });

  test.each(["Credential", "SignedHeaders", "Signature"])("%s twice is incomplete", (name) => {
    const request = handSigned({ lines }, KEYS, NOW);
    const { authorization = "" } = request.headers;
    const again = new RegExp(`${name}=[^,]+`).exec(authorization)?.[0] ?? "";
    expect(refusal(verify({ ...request, headers: { ...request.headers, authorization: `${authorization}, ${again}` } }))).toBe(
      "incomplete",
    );
  });

  test("a presigned URL with an Authorization header is told that both were found", async () => {
    const request = await presigned(60);
    const headers = { ...request.headers, authorization: handSigned({ lines }, KEYS, NOW).headers["authorization"] };
    expect(verify({ ...request, headers })).toEqual({
      refusal: { kind: "invalid", detail: "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header." },
    });
  });

  test.each(["X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Expires", "X-Amz-Algorithm"])(
    "a presigned URL with %s twice is incomplete",
    async (name) => {
      const { method, target, headers } = await presigned(60);
      const again = new RegExp(`${name}=[^&]+`).exec(target)?.[0] ?? "";
      expect(refusal(verify(wireRequest({ method, target: `${target}&${again}`, lines: linesOf(headers) })))).toBe("incomplete");
    },
  );
});

describe("the time of a request", () => {
  const lines = ["host", "localhost"];

  test.each([
    ["HTTP's own header", ["date", "Fri, 02 Jan 2026 03:04:05 GMT"], "verified"],
    ["HTTP's own header in ISO 8601", ["date", "20260102T030405Z"], "verified"],
    ["X-Amz-Date, where both are there", ["date", "Fri, 02 Jan 2015 03:04:05 GMT", "x-amz-date", "20260102T030405Z"], "verified"],
    ["none", [], "incomplete"],
    ["no date", ["x-amz-date", "yesterday"], "incomplete"],
    ["a day that does not exist", ["x-amz-date", "20260231T030405Z"], "incomplete"],
    ["HTTP's format in AWS's header", ["x-amz-date", "Fri, 02 Jan 2026 03:04:05 GMT"], "incomplete"],
    ["two of them", ["x-amz-date", "20260102T030405Z", "x-amz-date", "20260102T030405Z"], "incomplete"],
  ])("%s: %s is %s", (_, date, outcome) => {
    const signedHeaders = date.includes("x-amz-date") ? ["host", "x-amz-date"] : ["host"];
    expect(refusal(verify(handSigned({ lines: [...lines, ...date], signedHeaders, dated: true }, KEYS, NOW)))).toBe(outcome);
  });
});

describe("what is no signature of ours", () => {
  test.each([
    ["Basic dXNlcjpwYXNz", "missing"],
    ["AWS AKIDEXAMPLE:c2lnbmF0dXJl", "missing"],
    ["AWS4-ECDSA-P256-SHA256 Credential=a/20260102/ecs/aws4_request, SignedHeaders=host, Signature=00", "incomplete"],
    ["AWS4-HMAC-SHA256", "incomplete"],
    ["AWS4-HMAC-SHA2567 Credential=a/b/c/d/aws4_request", "incomplete"],
  ])("%s is %s", (authorization, outcome) => {
    expect(refusal(verify(wireRequest({ lines: ["host", "a", "x-amz-date", "20260102T030405Z", "authorization", authorization] })))).toBe(
      outcome,
    );
  });
});

test("a key that is gone when the body has come is no key any more", async () => {
  const request = await signed();
  const head = checkHead(request, credentials, NOW);
  expect(refusal(verifySignature(request, head, { find: () => ({ kind: "unknown" }) }, NOW))).toBe("unknown-key");
});
