import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { ApiError } from "../api/errors.ts";
import { clientFor } from "../api/clients.ts";
import { signedFetch, type Keys } from "../api/signed-fetch.ts";
import { startSession, type Session } from "./session.ts";

/**
 * Exchanges a key at once for a session, and keeps that alone. Who has temporary credentials already, with a session token, is let in with them.
 * @throws what the server refuses
 */
export async function signInWithKey(keys: Keys, region: string): Promise<void> {
  if (keys.sessionToken === undefined) {
    const answer = await signedFetch({ method: "POST", path: "sessions", keys, region });
    startSession((await answer.json()) as Session);
    return;
  }
  const credentials = { ...keys, sessionToken: keys.sessionToken };
  const sts = clientFor(STSClient, { credentials, account: "", arn: "" }, region);
  const { Account = "", Arn = "" } = await sts.send(new GetCallerIdentityCommand({}));
  startSession({ credentials, account: Account, arn: Arn });
}

/** Redeems the link of `airfield console`. @throws ApiError where it was used, or is too old */
export async function signInWithLink(link: string): Promise<void> {
  const answer = await fetch("/console/api/sessions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    credentials: "omit",
    body: JSON.stringify({ link }),
  });
  if (!answer.ok) throw await ApiError.of(answer);
  startSession((await answer.json()) as Session);
}

/** Takes the secret of a link out of the address, where it would stay in the browser's history. */
export function takeLink(): string | undefined {
  const link = new URLSearchParams(location.hash.slice(1)).get("link") ?? undefined;
  if (link !== undefined) history.replaceState(null, "", location.pathname + location.search);
  return link;
}
