import { constants, createHash, privateEncrypt, publicDecrypt, randomBytes, timingSafeEqual, type KeyObject } from "node:crypto";

// Node signs messages, not digests: what stands around the digest is made here, the operation with the key is OpenSSL's.

export type RsaHash = "sha256" | "sha384" | "sha512";

/** DER of `DigestInfo` up to the digest. Source: RFC 8017, 9.2, note 1. */
const DIGEST_INFO: Readonly<Record<RsaHash, string>> = {
  sha256: "3031300d060960864801650304020105000420",
  sha384: "3041300d060960864801650304020205000430",
  sha512: "3051300d060960864801650304020305000440",
};

/** RSASSA-PKCS1-v1_5 over a digest that was made elsewhere. */
export function signPkcs1(key: KeyObject, hash: RsaHash, digest: Uint8Array): Buffer {
  return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, pkcs1Info(hash, digest));
}

export function verifyPkcs1(key: KeyObject, hash: RsaHash, digest: Uint8Array, signature: Uint8Array): boolean {
  const found = opened(key, constants.RSA_PKCS1_PADDING, signature);
  const wanted = pkcs1Info(hash, digest);
  return found !== undefined && found.length === wanted.length && timingSafeEqual(found, wanted);
}

function pkcs1Info(hash: RsaHash, digest: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(DIGEST_INFO[hash], "hex"), digest]);
}

/** RSASSA-PSS over a digest that was made elsewhere; MGF1 with the same hash, a salt as long as the digest. Source: RFC 8017, 9.1.1. */
export function signPss(key: KeyObject, hash: RsaHash, digest: Uint8Array): Buffer {
  const salt = randomBytes(digest.length);
  const length = modulusBytes(key);
  const h = seeded(hash, digest, salt);
  const padded = Buffer.concat([Buffer.alloc(length - 2 * digest.length - 2), Buffer.from([1]), salt]);
  const masked = exclusive(padded, mask(hash, h, padded.length));
  clearTopBit(masked);
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, Buffer.concat([masked, h, Buffer.from([0xbc])]));
}

/** Source: RFC 8017, 9.1.2. */
export function verifyPss(key: KeyObject, hash: RsaHash, digest: Uint8Array, signature: Uint8Array): boolean {
  const encoded = opened(key, constants.RSA_NO_PADDING, signature);
  const length = modulusBytes(key);
  if (encoded?.length !== length || encoded.at(-1) !== 0xbc) return false;
  const at = length - digest.length - 1;
  const masked = encoded.subarray(0, at);
  const h = encoded.subarray(at, -1);
  if (((masked[0] ?? 0) & 0x80) !== 0) return false;
  const padded = exclusive(masked, mask(hash, h, at));
  clearTopBit(padded);
  const salt = padded.subarray(-digest.length);
  const filling = padded.subarray(0, -digest.length);
  if (filling.at(-1) !== 1 || filling.subarray(0, -1).some((byte) => byte !== 0)) return false;
  return timingSafeEqual(h, seeded(hash, digest, salt));
}

function seeded(hash: RsaHash, digest: Uint8Array, salt: Uint8Array): Buffer {
  return createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
}

/** MGF1. Source: RFC 8017, B.2.1. */
function mask(hash: RsaHash, seed: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let made = 0, count = 0; made < length; count++) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(count);
    const block = createHash(hash).update(seed).update(counter).digest();
    blocks.push(block);
    made += block.length;
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function exclusive(a: Uint8Array, b: Uint8Array): Buffer {
  return Buffer.from(a.map((byte, at) => byte ^ (b[at] ?? 0)));
}

/** The encoded message has one bit less than the modulus, whose size here is always a multiple of eight. */
function clearTopBit(bytes: Buffer): void {
  bytes.writeUInt8((bytes[0] ?? 0) & 0x7f, 0);
}

function modulusBytes(key: KeyObject): number {
  return (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
}

function opened(key: KeyObject, padding: number, signature: Uint8Array): Buffer | undefined {
  // OpenSSL would take a shorter text for the same number. Source: RFC 8017, 8.1.2 and 8.2.2, step 1.
  if (signature.length !== modulusBytes(key)) return undefined;
  try {
    return publicDecrypt({ key, padding }, signature);
  } catch {
    // OpenSSL refuses what is too long, too large or padded otherwise: no signature.
    return undefined;
  }
}
