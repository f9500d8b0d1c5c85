import { createCipheriv, createDecipheriv, randomBytes, type CipherGCM } from "node:crypto";
import { BlobCorruptError, LARGEST_WRAPPED_KEY } from "../../ports/blob-store.ts";

// A sealed blob is: header · records · trailer.
//   header   magic · length of the wrapped key (2 bytes, big endian) · wrapped key · zeros, up to HEADER_BYTES
//   record   nonce · ciphertext of CHUNK_BYTES of the blob, of fewer in the last one, of none in no one · tag
//   trailer  nonce · tag: over the header, the blob's size and its digest. An upload under way has none.
// Each blob has a key of its own, so that a record opens in no other one; its index is authenticated, so that it opens at no other place; the
// trailer tells how many there are and which blob they make.

export const HEADER_BYTES = 512;
export const CHUNK_BYTES = 256 * 1024;
const NONCE = 12;
const TAG = 16;
/** What a record has besides the blob's bytes. */
export const RECORD_OVERHEAD = NONCE + TAG;
export const RECORD_BYTES = CHUNK_BYTES + RECORD_OVERHEAD;
export const TRAILER_BYTES = NONCE + TAG;
/**
 * How much is given to a cipher at a time. Node allocates what it returns anew: 256 KiB at once are memory that the kernel must clear first, which
 * takes twice as long as decrypting them; pieces of this size are used again while they are still in the processor's cache.
 */
export const PIECE_BYTES = 64 * 1024;

const MAGIC = Buffer.from("AFBLOB1\n", "latin1");
const WRAPPED_AT = MAGIC.length + 2;

export function writeHeader(wrapped: Uint8Array): Buffer {
  if (wrapped.length > LARGEST_WRAPPED_KEY) throw new RangeError(`a wrapped key may have ${LARGEST_WRAPPED_KEY} bytes`);
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt16BE(wrapped.length, MAGIC.length);
  header.set(wrapped, WRAPPED_AT);
  return header;
}

/** The wrapped key of a header; `undefined` for bytes that are none. */
export function readHeader(header: Buffer): Buffer | undefined {
  if (header.length !== HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const length = header.readUInt16BE(MAGIC.length);
  return length > LARGEST_WRAPPED_KEY ? undefined : header.subarray(WRAPPED_AT, WRAPPED_AT + length);
}

/** The bytes that a blob has sealed, without a trailer. */
export function unfinishedBytes(size: number): number {
  return HEADER_BYTES + size + Math.ceil(size / CHUNK_BYTES) * RECORD_OVERHEAD;
}

/** The bytes that a blob has sealed. */
export function sealedBytes(size: number): number {
  return unfinishedBytes(size) + TRAILER_BYTES;
}

/** The size of the blob in so many bytes without a trailer; `undefined` where no blob seals to that. */
export function sizeOfUnfinished(bytes: number): number | undefined {
  const records = bytes - HEADER_BYTES;
  const last = records % RECORD_BYTES;
  if (records < 0 || (last > 0 && last <= RECORD_OVERHEAD)) return undefined;
  return Math.floor(records / RECORD_BYTES) * CHUNK_BYTES + Math.max(0, last - RECORD_OVERHEAD);
}

export function sizeOfSealed(bytes: number): number | undefined {
  return sizeOfUnfinished(bytes - TRAILER_BYTES);
}

/** Where the record with that index begins. */
export function recordAt(index: number): number {
  return HEADER_BYTES + index * RECORD_BYTES;
}

/** Starts a record: its nonce goes first, then what the cipher gives, then its tag. */
export function startRecord(key: Uint8Array, index: number): { readonly nonce: Buffer; readonly cipher: CipherGCM } {
  const nonce = randomBytes(NONCE);
  return { nonce, cipher: createCipheriv("aes-256-gcm", key, nonce).setAAD(recordName(index)) };
}

/** The blob's bytes in a record, in pieces. @throws BlobCorruptError */
export function openRecord(key: Uint8Array, index: number, record: Buffer): Buffer[] {
  if (record.length <= RECORD_OVERHEAD) throw new BlobCorruptError(`record ${index} is cut off`);
  const end = record.length - TAG;
  const decipher = createDecipheriv("aes-256-gcm", key, record.subarray(0, NONCE)).setAAD(recordName(index));
  decipher.setAuthTag(record.subarray(end));
  const pieces: Buffer[] = [];
  for (let at = NONCE; at < end; at += PIECE_BYTES) pieces.push(decipher.update(record.subarray(at, Math.min(at + PIECE_BYTES, end))));
  try {
    decipher.final();
  } catch (cause) {
    throw new BlobCorruptError(`record ${index} was changed`, { cause });
  }
  return pieces;
}

export function writeTrailer(key: Uint8Array, header: Buffer, size: number, digest: string): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(wholeName(header, size, digest));
  cipher.final();
  return Buffer.concat([nonce, cipher.getAuthTag()]);
}

/** @throws BlobCorruptError */
export function checkTrailer(key: Uint8Array, header: Buffer, size: number, digest: string, trailer: Buffer): void {
  const decipher = createDecipheriv("aes-256-gcm", key, trailer.subarray(0, NONCE)).setAAD(wholeName(header, size, digest));
  decipher.setAuthTag(trailer.subarray(NONCE));
  try {
    decipher.final();
  } catch (cause) {
    throw new BlobCorruptError("its header, size or name was changed", { cause });
  }
}

// The first byte tells a record's name from a whole blob's.

function recordName(index: number): Buffer {
  const name = Buffer.alloc(9);
  name.writeUInt8(0x01);
  name.writeBigUInt64BE(BigInt(index), 1);
  return name;
}

function wholeName(header: Buffer, size: number, digest: string): Buffer {
  const start = Buffer.alloc(9);
  start.writeUInt8(0x02);
  start.writeBigUInt64BE(BigInt(size), 1);
  return Buffer.concat([start, header, Buffer.from(digest)]);
}
