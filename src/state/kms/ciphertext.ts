import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** What a ciphertext says of itself, in the clear and authenticated: under which key and which of its materials it was made. */
export interface CiphertextHeader {
  readonly keyId: string;
  readonly materialId: string;
}

/** Pairs that are bound to a ciphertext: it opens only with the same ones. Source: KMS Developer Guide, "Encryption context". */
export type EncryptionContext = Readonly<Record<string, string>>;

// version · kind of key id · key id · material id · salt · nonce · tag · body
const VERSION = 0x01;
const KINDS = { uuid: 0x02, multiRegion: 0x03 } as const;
const ID = 16;
const MATERIAL = 32;
const HEADER = 2 + ID + MATERIAL;
const SALT = 16;
const NONCE = 12;
const TAG = 16;
const OVERHEAD = HEADER + SALT + NONCE + TAG;

/**
 * Encrypts under a key's material: AES-256-GCM with a key of its own for each message, derived by HKDF-SHA-256 from the material and a
 * random salt, so that the number of messages under one material has no bound that matters.
 */
export function seal(material: Uint8Array, header: CiphertextHeader, plaintext: Uint8Array, context: EncryptionContext): Buffer {
  const head = writeHeader(header);
  const salt = randomBytes(SALT);
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv("aes-256-gcm", messageKey(material, salt), nonce).setAAD(authenticated(head, context));
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([head, salt, nonce, cipher.getAuthTag(), body]);
}

/** `undefined` where anything was changed: a byte of the ciphertext, or a pair of the context. */
export function open(material: Uint8Array, ciphertext: Uint8Array, context: EncryptionContext): Buffer | undefined {
  const bytes = Buffer.from(ciphertext);
  if (bytes.length < OVERHEAD) return undefined;
  const [salt, nonce, tag] = [HEADER, HEADER + SALT, HEADER + SALT + NONCE].map((at, part) =>
    bytes.subarray(at, at + ([SALT, NONCE, TAG][part] ?? 0)),
  ) as [Buffer, Buffer, Buffer];
  const decipher = createDecipheriv("aes-256-gcm", messageKey(material, salt), nonce)
    .setAAD(authenticated(bytes.subarray(0, HEADER), context))
    .setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(bytes.subarray(OVERHEAD)), decipher.final()]);
  } catch {
    // Node tells no more of a tag that does not fit.
    return undefined;
  }
}

/** What a ciphertext says of itself; `undefined` for bytes that are none of ours. Believed only once `open` succeeded. */
export function readHeader(ciphertext: Uint8Array): CiphertextHeader | undefined {
  const bytes = Buffer.from(ciphertext);
  if (bytes.length < OVERHEAD || bytes[0] !== VERSION) return undefined;
  const id = bytes.subarray(2, 2 + ID).toString("hex");
  const materialId = bytes.subarray(2 + ID, HEADER).toString("hex");
  if (bytes[1] === KINDS.multiRegion) return { keyId: `mrk-${id}`, materialId };
  if (bytes[1] === KINDS.uuid) return { keyId: id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"), materialId };
  return undefined;
}

function writeHeader({ keyId, materialId }: CiphertextHeader): Buffer {
  const multiRegion = keyId.startsWith("mrk-");
  const id = Buffer.from(keyId.replace(/^mrk-/, "").replaceAll("-", ""), "hex");
  return Buffer.concat([Buffer.from([VERSION, multiRegion ? KINDS.multiRegion : KINDS.uuid]), id, Buffer.from(materialId, "hex")]);
}

function messageKey(material: Uint8Array, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", material, salt, "airfield kms message", 32));
}

/** The header, and the pairs in the order of their keys. Lengths stand before texts, so that no two contexts have the same bytes. */
function authenticated(header: Uint8Array, context: EncryptionContext): Buffer {
  const texts = Object.keys(context)
    .toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .flatMap((key) => [key, context[key] ?? ""]);
  const parts = texts.flatMap((text) => {
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat([header, ...parts]);
}
