import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { SecretBox } from "../../ports/secret-box.ts";

const NONCE = 12;
const TAG = 16;

/** AES-256-GCM under keys that HKDF-SHA-256 derives from the root key, one for each purpose. */
export function secretBox(rootKey: Uint8Array): SecretBox {
  if (rootKey.length !== 32) throw new Error("the root key must have 32 bytes");
  const derived = new Map<string, Uint8Array>();
  const derive = (purpose: string): Uint8Array => {
    const known = derived.get(purpose);
    if (known) return known;
    const key = new Uint8Array(hkdfSync("sha256", rootKey, "airfield", purpose, 32));
    // Purposes are written in the code, so there are only a few.
    derived.set(purpose, key);
    return key;
  };
  const sealing = derive("seal");
  return {
    derive,
    seal(plain, context) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv("aes-256-gcm", sealing, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64");
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed, "base64");
      const decipher = createDecipheriv("aes-256-gcm", sealing, bytes.subarray(0, NONCE));
      decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]);
    },
  };
}
