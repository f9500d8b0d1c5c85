import { createECDH, createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import type { SecretBox } from "../../ports/secret-box.ts";

/** The key by which targets are told about users. It follows from the installation's root key, so that nobody has to keep it. */
export class ClaimsKey {
  readonly id: string;
  readonly publicPem: string;
  readonly #key: KeyObject;

  constructor(secrets: SecretBox) {
    const curve = createECDH("prime256v1");
    const scalar = secrets.derive("elb:user-claims");
    curve.setPrivateKey(scalar);
    const point = curve.getPublicKey();
    const coordinate = (from: number): string => point.subarray(from, from + 32).toString("base64url");
    const jwk = { kty: "EC", crv: "P-256", d: Buffer.from(scalar).toString("base64url"), x: coordinate(1), y: coordinate(33) };
    this.#key = createPrivateKey({ key: jwk, format: "jwk" });
    this.publicPem = createPublicKey(this.#key).export({ format: "pem", type: "spki" }) as string;
    const name = createHash("sha256").update(this.publicPem).digest("hex");
    this.id = [8, 4, 4, 4, 12]
      .reduce<string[]>((parts, length) => [...parts, name.slice(parts.join("").length).slice(0, length)], [])
      .join("-");
  }

  /**
   * A JWT as load balancers sign them, parts padded. Source: Elastic Load Balancing, "User claims encoding and signature verification".
   * @param until seconds since the Unix epoch
   */
  sign(
    claims: Readonly<Record<string, unknown>>,
    about: { readonly signer: string; readonly issuer: string; readonly client: string; readonly until: number },
  ): string {
    const { signer, issuer: iss, client, until: exp } = about;
    const head = encoded(Buffer.from(JSON.stringify({ typ: "JWT", kid: this.id, alg: "ES256", iss, client, signer, exp })));
    const body = encoded(Buffer.from(JSON.stringify({ ...claims, exp, iss })));
    const signature = sign("sha256", Buffer.from(`${head}.${body}`), { key: this.#key, dsaEncoding: "ieee-p1363" });
    return `${head}.${body}.${encoded(signature)}`;
  }
}

function encoded(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}
