import { describe, expect, test } from "vitest";
import { SignatureV4 } from "@smithy/signature-v4";
import { rootPrincipal, type Credentials } from "../authorization/credentials.ts";
import { NodeSha256 } from "../testing/signed-request.ts";
import type { WireRequest } from "./protocols/protocol.ts";
import { verifySignature } from "./sigv4.ts";

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
  const url = new URL(`http://localhost:4566${signed.path}`);
  for (const [name, value] of Object.entries((signed.query ?? {}) as Record<string, string>)) url.searchParams.set(name, value);
  url.search = url.search.replaceAll("+", "%20");
  const headers = Object.fromEntries(Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { method: signed.method, url, headers, body: Buffer.from((signed.body as string | undefined) ?? ""), secure: false };
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

const refusal = (result: ReturnType<typeof verifySignature>): string => ("refusal" in result ? result.refusal.kind : "verified");

describe("a signed request", () => {
  test.each<[string, Draft]>([
    ["with a JSON body", { body: '{"cluster":"a"}' }],
    ["with a query that needs escapes", { query: { a: "b c", "d/e": "ü*'()", f: "" } }],
    ["with a path that needs escapes", { path: "/some/thing%20else/~x" }],
    ["without a body", { method: "GET", body: "" }],
  ])("%s is accepted", async (_, draft) => {
    expect(verifySignature(await signed(draft), credentials, NOW)).toMatchObject({
      principal: { accessKeyId: KEYS.accessKeyId },
      scope: { region: "us-east-1", service: "ecs" },
    });
  });

  test("with another secret is a mismatch", async () => {
    expect(refusal(verifySignature(await signed({}, { ...KEYS, secretAccessKey: "wrong" }), credentials, NOW))).toBe("mismatch");
  });

  test("whose body, header, path or query was changed on the way is a mismatch", async () => {
    const request = await signed({ body: "{}" });
    const altered: WireRequest[] = [
      { ...request, body: Buffer.from("[]") },
      { ...request, headers: { ...request.headers, "content-type": "text/plain" } },
      { ...request, url: new URL("http://localhost:4566/other") },
      { ...request, url: new URL("http://localhost:4566/?a=b") },
      { ...request, method: "PUT" },
    ];
    for (const request of altered) expect(refusal(verifySignature(request, credentials, NOW))).toBe("mismatch");
  });

  test("with a key that does not exist is told so", async () => {
    expect(refusal(verifySignature(await signed({}, { ...KEYS, accessKeyId: "AKIDOTHER" }), credentials, NOW))).toBe("unknown-key");
  });

  test.each([
    [-5 * 60_000, "verified"],
    [5 * 60_000, "verified"],
    [-5 * 60_000 - 1000, "clock-skew"],
    [5 * 60_000 + 1000, "clock-skew"],
  ])("made %i ms from now is %s", async (offset, outcome) => {
    expect(refusal(verifySignature(await signed({}, KEYS, NOW + offset), credentials, NOW))).toBe(outcome);
  });
});

describe("a presigned URL", () => {
  test.each([
    [60, 59_000, "verified"],
    [60, 61_000, "expired"],
    [604_800, 0, "verified"],
  ])("good for %i s is, %i ms later, %s", async (expiresIn, later, outcome) => {
    expect(refusal(verifySignature(await presigned(expiresIn), credentials, NOW + later))).toBe(outcome);
  });

  test("good for more than a week is refused", async () => {
    const request = await presigned(604_800);
    request.url.searchParams.set("X-Amz-Expires", "604801");
    expect(refusal(verifySignature(request, credentials, NOW))).toBe("incomplete");
  });
});

describe("an incomplete signature", () => {
  test("no signature at all is told as missing", () => {
    expect(
      refusal(
        verifySignature(
          { method: "POST", url: new URL("http://localhost/"), headers: {}, body: Buffer.alloc(0), secure: false },
          credentials,
          NOW,
        ),
      ),
    ).toBe("missing");
  });

  test.each([
    ["without a credential", (text: string) => text.replace(/Credential=[^,]+, /, "")],
    ["without a signature", (text: string) => text.replace(/, Signature=.*/, "")],
    ["with a signature that is not one", (text: string) => text.replace(/Signature=.*/, "Signature=zz")],
    ["without signed headers", (text: string) => text.replace(/SignedHeaders=[^,]+, /, "")],
    ["with a credential of four parts", (text: string) => text.replace("/aws4_request", "")],
    ["that does not cover the host", (text: string) => text.replace("host;", "")],
  ])("%s is refused", async (_, change) => {
    const request = await signed();
    const headers = { ...request.headers, authorization: change(request.headers["authorization"] ?? "") };
    expect(refusal(verifySignature({ ...request, headers }, credentials, NOW))).toBe("incomplete");
  });

  test("a scope of another day than the request is refused", async () => {
    const request = await signed();
    const headers = { ...request.headers, authorization: (request.headers["authorization"] ?? "").replace("/20260102/", "/20260103/") };
    expect(refusal(verifySignature({ ...request, headers }, credentials, NOW))).toBe("incomplete");
  });
});
