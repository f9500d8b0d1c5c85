import { lookup as systemLookup } from "node:dns";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { isForbiddenAddress } from "../upstream-registry/forbidden-address.ts";
import { guardedLookup } from "../upstream-registry/guarded-lookup.ts";

/**
 * Asks for a document, and follows no redirection. Addresses of the link and of clouds' metadata services are asked by nobody, in whatever
 * form they are written and whichever name leads there: what is looked at is what is connected to. Rejects where there is no answer.
 */
export function guardedGet(url: URL, signal: AbortSignal, lookup: LookupFunction = systemLookup): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) !== 0 && isForbiddenAddress(host)) return Promise.reject(forbidden(host));
  const guarded = guardedLookup(lookup, isForbiddenAddress, () => forbidden(host));
  return new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    send(url, { headers: { accept: "application/json" }, signal, agent: false, lookup: guarded })
      .once("error", reject)
      .once("response", resolve)
      .end();
  });
}

function forbidden(host: string): Error {
  return new Error(`${host} is no address of an issuer`);
}
