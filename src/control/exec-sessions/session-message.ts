import { createHash } from "node:crypto";

/**
 * A message of Session Manager's data channel, by which `session-manager-plugin` and what runs a command speak: binary frames of a WebSocket.
 * Source: the layout that the plugin documents in its package `message`.
 */
export interface SessionMessage {
  readonly type: string;
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
  readonly sequence: number;
  /** Bit 0: the first of its stream; bit 1: the last. */
  readonly flags: number;
  /** A UUID. */
  readonly id: string;
  readonly payloadType: number;
  readonly payload: Uint8Array;
}

/** What a payload is. */
export const PAYLOAD = {
  output: 1,
  error: 2,
  size: 3,
  parameter: 4,
  handshakeRequest: 5,
  handshakeResponse: 6,
  handshakeComplete: 7,
  encryptionChallengeRequest: 8,
  encryptionChallengeResponse: 9,
  flag: 10,
  exitCode: 12,
} as const;

/** What a payload of the type `flag` says: an integer of four bytes. */
export const FLAG = { terminate: 2 } as const;

const AT = { type: 4, version: 36, created: 40, sequence: 48, flags: 56, id: 64, digest: 80, payloadType: 112, length: 116, payload: 120 };
const TYPE_LENGTH = AT.version - AT.type;
const VERSION = 1;

export function encodeMessage({ type, createdAt, sequence, flags, id, payloadType, payload }: SessionMessage): Buffer {
  const bytes = Buffer.alloc(AT.payload + payload.length);
  // The head's length is that of all before the payload's.
  bytes.writeUInt32BE(AT.length, 0);
  bytes.write(type.padEnd(TYPE_LENGTH), AT.type, "latin1");
  bytes.writeUInt32BE(VERSION, AT.version);
  bytes.writeBigUInt64BE(BigInt(createdAt), AT.created);
  bytes.writeBigInt64BE(BigInt(sequence), AT.sequence);
  bytes.writeBigUInt64BE(BigInt(flags), AT.flags);
  swapHalves(Buffer.from(id.replaceAll("-", ""), "hex")).copy(bytes, AT.id);
  createHash("sha256").update(payload).digest().copy(bytes, AT.digest);
  bytes.writeUInt32BE(payloadType, AT.payloadType);
  bytes.writeUInt32BE(payload.length, AT.length);
  bytes.set(payload, AT.payload);
  return bytes;
}

/** `undefined` for what is no such message: too short, of other lengths than it says, of another digest. */
export function decodeMessage(bytes: Buffer): SessionMessage | undefined {
  if (bytes.length < AT.payload) return undefined;
  const head = bytes.readUInt32BE(0);
  if (head < AT.length || bytes.length < head + 4) return undefined;
  const payload = bytes.subarray(head + 4);
  const sequence = Number(bytes.readBigInt64BE(AT.sequence));
  if (!Number.isSafeInteger(sequence)) return undefined;
  const type = bytes.toString("latin1", AT.type, AT.version).replaceAll("\0", " ").trim();
  if (!createHash("sha256").update(payload).digest().equals(bytes.subarray(AT.digest, AT.payloadType))) return undefined;
  return {
    type,
    createdAt: Number(bytes.readBigUInt64BE(AT.created)),
    sequence,
    flags: Number(bytes.readBigUInt64BE(AT.flags)),
    id: uuidOf(swapHalves(bytes.subarray(AT.id, AT.digest))),
    payloadType: bytes.readUInt32BE(AT.payloadType),
    payload,
  };
}

/** The less significant half of an id comes first. */
function swapHalves(id: Buffer): Buffer {
  return Buffer.concat([id.subarray(8, 16), id.subarray(0, 8)]);
}

function uuidOf(id: Buffer): string {
  return id.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
