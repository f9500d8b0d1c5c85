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
  return secrets.seal(Buffer.from(JSON.stringify(contents)), CONTEXT);
}

/** What a token says, if we made it, whether or not its time is over; `undefined` for any other text. */
export function readSessionToken(secrets: SecretBox, token: string): Contents | undefined {
  try {
    return JSON.parse(Buffer.from(secrets.open(token, CONTEXT)).toString()) as Contents;
  } catch {
    // Not ours, or changed on its way: the box opens nothing else.
    return undefined;
  }
}
