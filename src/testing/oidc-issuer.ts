import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from "jose";

/** A key with which an issuer signs, and its public half as it is published. */
export interface IssuerKey {
  readonly id: string;
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  readonly published: JWK;
}

export async function issuerKey(id: string, algorithm = "RS256"): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { id, algorithm, privateKey, published: { ...(await exportJWK(publicKey)), kid: id, alg: algorithm, use: "sig" } };
}

/** Signs claims as they are: nothing is added, whatever a token should have. */
export function signToken(key: IssuerKey, claims: Record<string, unknown>): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: key.algorithm, kid: key.id, typ: "JWT" }).sign(key.privateKey);
}

/** An OpenID Connect issuer on loopback, with discovery and key set. What it answers can be changed while it runs. */
export interface OidcIssuer extends AsyncDisposable {
  /** Its `iss`: `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** The keys that it publishes now. */
  keys: readonly JWK[];
  /** Answers in place of the usual documents, by path. */
  readonly answers: Map<string, (request: IncomingMessage, response: ServerResponse) => void>;
  /** The paths that were asked for, in order. */
  readonly requests: readonly string[];
}

export const DISCOVERY_PATH = "/.well-known/openid-configuration";
export const KEYS_PATH = "/keys";

/** @param port 0 lets the system choose; another one brings an issuer back where it was */
export async function oidcIssuer(keys: readonly JWK[] = [], port = 0): Promise<OidcIssuer> {
  const requests: string[] = [];
  const answers: OidcIssuer["answers"] = new Map();
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push(path);
    const own = answers.get(path);
    if (own) return own(request, response);
    const { url } = issuer;
    const document = { [DISCOVERY_PATH]: { issuer: url, jwks_uri: `${url}${KEYS_PATH}` }, [KEYS_PATH]: { keys: issuer.keys } }[path];
    response.writeHead(document ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(document ?? {}));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const issuer: OidcIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    answers,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}
