import { createHash } from "node:crypto";
import type { SecretBox } from "../../ports/secret-box.ts";

/** A token is sealed for the question it belongs to: with another one it does not open. */
export function writePageToken(secrets: SecretBox, position: string, question: string): string {
  return secrets.seal(Buffer.from(position), contextOf(question));
}

/** The position, if we made this token for this question; else `undefined`. */
export function readPageToken(secrets: SecretBox, token: string, question: string): string | undefined {
  try {
    return Buffer.from(secrets.open(token, contextOf(question))).toString();
  } catch {
    // Not ours, changed on its way, or of another question: the box opens nothing else.
    return undefined;
  }
}

function contextOf(question: string): string {
  return `cloudtrail:page:${createHash("sha256").update(question).digest("hex")}`;
}
