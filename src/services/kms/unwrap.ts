import { constants, createDecipheriv, createPrivateKey, privateDecrypt } from "node:crypto";

/** The ways in which key material may be wrapped for its import. */
const OAEP_HASHES = {
  RSAES_OAEP_SHA_1: "sha1",
  RSAES_OAEP_SHA_256: "sha256",
  RSA_AES_KEY_WRAP_SHA_1: "sha1",
  RSA_AES_KEY_WRAP_SHA_256: "sha256",
} as const;

export type Wrapping = keyof typeof OAEP_HASHES;

export function isWrapping(algorithm: string | undefined): algorithm is Wrapping {
  return algorithm !== undefined && Object.hasOwn(OAEP_HASHES, algorithm);
}

/** The initial value of AES key wrap with padding. Source: RFC 5649, 3. */
const PADDED_WRAP = Buffer.from("a65959a6", "hex");

/**
 * Unwraps key material: RSAES-OAEP, or an AES key wrapped so, followed by the material under that key (RFC 5649). `undefined` where it does
 * not open. Source: KMS Developer Guide, "Encrypt the key material".
 *
 * @param privateKey PKCS #8, DER
 */
export function unwrap(wrapping: Wrapping, privateKey: Buffer, wrapped: Uint8Array): Buffer | undefined {
  const key = createPrivateKey({ key: privateKey, format: "der", type: "pkcs8" });
  const oaep = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: OAEP_HASHES[wrapping] };
  try {
    if (!wrapping.startsWith("RSA_AES_")) return privateDecrypt(oaep, wrapped);
    const modulus = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
    const ephemeral = privateDecrypt(oaep, wrapped.subarray(0, modulus));
    const unwrapping = createDecipheriv("id-aes256-wrap-pad", ephemeral, PADDED_WRAP);
    return Buffer.concat([unwrapping.update(wrapped.subarray(modulus)), unwrapping.final()]);
  } catch {
    // Not wrapped under this key in this way: there is no more to tell.
    return undefined;
  }
}
