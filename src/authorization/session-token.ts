import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Principal } from "../domain/principal.ts";
import type { SecretBox } from "../ports/secret-box.ts";

/** Temporary credentials as they are handed out. The token says everything: nothing of a session is kept here. */
export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

interface Contents {
  readonly secretAccessKey: string;
  readonly principal: Principal;
}

const CONTEXT = "sts:session-token";

/** Seals a session into a token that only this installation can make and read. The principal has a session and a key of its own. */
export function mintSessionToken(secrets: SecretBox, contents: Contents): string {
  // Packed, since it travels in a header of each request: policies and tags come to many kilobytes.
  return secrets.seal(deflateRawSync(JSON.stringify(contents)), CONTEXT);
}

/** What a token says, if we made it, whether or not its time is over; `undefined` for any other text. */
export function readSessionToken(secrets: SecretBox, token: string): Contents | undefined {
  try {
    return JSON.parse(inflateRawSync(secrets.open(token, CONTEXT)).toString()) as Contents;
  } catch {
    // Not ours, or changed on its way: the box opens nothing else.
    return undefined;
  }
}
