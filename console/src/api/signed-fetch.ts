import { Sha256 } from "@aws-crypto/sha256-browser";
import { SignatureV4 } from "@smithy/signature-v4";
import { ApiError } from "./errors.ts";

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

interface SignedRequest {
  readonly method: "GET" | "POST";
  /** Below `/console/api/`. */
  readonly path: string;
  readonly keys: Keys;
  readonly region: string;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** Asks one of the console's own endpoints, signed as the APIs are. @throws ApiError for what is refused */
export async function signedFetch({ method, path, keys, region, body = "", signal }: SignedRequest): Promise<Response> {
  const { protocol, hostname, port, host } = location;
  const signer = new SignatureV4({ credentials: keys, region, service: "airfield", sha256: Sha256 });
  const full = `/console/api/${path}`;
  const { headers } = await signer.sign({
    method,
    protocol,
    hostname,
    ...(port === "" ? {} : { port: Number(port) }),
    path: full,
    query: {},
    headers: { host },
    body,
  });
  const { host: _host, ...sent } = headers;
  const answer = await fetch(full, {
    method,
    headers: sent,
    credentials: "omit",
    ...(body === "" ? {} : { body }),
    ...(signal ? { signal } : {}),
  });
  if (!answer.ok) throw await ApiError.of(answer);
  return answer;
}
