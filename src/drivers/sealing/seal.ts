import type { CipherGCM } from "node:crypto";
import { CHUNK_BYTES, PIECE_BYTES, startRecord } from "./format.ts";

/**
 * Encrypts a blob's bytes as they come into pieces to be written one after the other. A record that was begun is ended by `end`, also in the
 * middle of a chunk; who goes on later seals that chunk anew, from its start.
 */
export class Sealer {
  readonly #key: Uint8Array;
  #index: number;
  #filled = 0;
  #cipher: CipherGCM | undefined;

  /** @param index of the first record */
  constructor(key: Uint8Array, index: number) {
    this.#key = key;
    this.#index = index;
  }

  /** Bytes of the blob in the record that is not ended. */
  get filled(): number {
    return this.#filled;
  }

  add(bytes: Uint8Array, into: Uint8Array[]): void {
    for (let at = 0; at < bytes.length;) {
      if (!this.#cipher) {
        const { nonce, cipher } = startRecord(this.#key, this.#index);
        this.#cipher = cipher;
        into.push(nonce);
      }
      const piece = bytes.subarray(at, at + Math.min(PIECE_BYTES, CHUNK_BYTES - this.#filled));
      into.push(this.#cipher.update(piece));
      this.#filled += piece.length;
      at += piece.length;
      if (this.#filled === CHUNK_BYTES) this.end(into);
    }
  }

  end(into: Uint8Array[]): void {
    if (!this.#cipher) return;
    this.#cipher.final();
    into.push(this.#cipher.getAuthTag());
    this.#cipher = undefined;
    this.#index += 1;
    this.#filled = 0;
  }
}
