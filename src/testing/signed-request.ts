import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { TEST_KEYS, type Keys } from "./api-world.ts";

export interface RawRequest {
  readonly service: string;
  /** POST where absent. */
  readonly method?: string;
  /** `/` where absent. Without a query. */
  readonly path?: string;
  readonly region?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Root's where absent. */
  readonly keys?: Keys;
}

/** SHA-256 as the SDK's signer takes it. */
export class NodeSha256 {
  readonly #hash;
  constructor(secret?: string | Uint8Array) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {
    // A signer makes a new one for every hash.
  }
}

/** The headers of a signed request. */
export async function signedHeaders(
  url: string,
  { service, region = "us-east-1", method = "POST", path = "/", headers = {}, body = "", keys = TEST_KEYS }: RawRequest,
): Promise<Readonly<Record<string, string>>> {
  const { host, hostname, port } = new URL(url);
  const signer = new SignatureV4({ credentials: keys, region, service, sha256: NodeSha256 as never });
  const request = {
    method,
    protocol: "http:",
    hostname,
    port: Number(port),
    path,
    query: {},
    headers: { host, ...headers },
    body,
  };
  return (await signer.sign(request)).headers;
}

/** Sends a request that no SDK would send, rightly signed. */
export async function sendSigned(url: string, request: RawRequest): Promise<Response> {
  const { method = "POST", path = "" } = request;
  const body = method === "GET" ? {} : { body: Buffer.from((request.body ?? "") as string) };
  return fetch(`${url}${path}`, { method, headers: await signedHeaders(url, request), ...body });
}

/** The URL of a signed GET, good for five minutes for whoever has it. */
export async function presignedUrl(url: string, service: string, query: Readonly<Record<string, string>>): Promise<string> {
  const { host, hostname, port, protocol } = new URL(url);
  const signer = new SignatureV4({ credentials: TEST_KEYS, region: "us-east-1", service, sha256: NodeSha256 as never });
  const request = { method: "GET", protocol, hostname, port: Number(port), path: "/", query: { ...query }, headers: { host } };
  const { query: signed = {} } = await signer.presign(request, { expiresIn: 300 });
  return `${url}/?${new URLSearchParams(signed as Record<string, string>).toString()}`;
}
