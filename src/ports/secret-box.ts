/** Encryption at rest under the installation's root key. Authenticated: a changed byte is an error, never garbage. */
export interface SecretBox {
  /** `context` is bound to the ciphertext: opening it under another context fails. */
  seal(plain: Uint8Array, context: string): string;
  open(sealed: string, context: string): Uint8Array;
  /** A key for one purpose (signing registry tokens, pagination cursors), derived from the root key. 32 bytes. */
  derive(purpose: string): Uint8Array;
}
