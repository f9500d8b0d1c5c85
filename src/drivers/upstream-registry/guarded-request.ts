import { lookup as systemLookup } from "node:dns";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { isForbiddenAddress, isPrivateAddress } from "./forbidden-address.ts";
import { guardedLookup } from "./guarded-lookup.ts";

export interface RequestLimits {
  /** Until the head of the answer is there, redirections included, in milliseconds. */
  readonly answerMs: number;
  /** Without a byte of the body, in milliseconds. */
  readonly idleMs: number;
  readonly mostRedirects: number;
}

/** What happens instead of an answer. The message is for people. */
export class RequestFailed extends Error {
  readonly forbidden: boolean;
  constructor(message: string, forbidden = false) {
    super(message);
    this.forbidden = forbidden;
  }
}

export interface GuardedRequests extends Disposable {
  /**
   * Sends a request without a body and follows where it leads. Headers that prove who asks go to no other origin, and from TLS nothing leads
   * to a connection without. Rejects with `RequestFailed`.
   */
  send(url: URL, method: "GET" | "HEAD", headers: OutgoingHttpHeaders, private_: OutgoingHttpHeaders): Promise<IncomingMessage>;
}

const REDIRECTIONS: readonly (number | undefined)[] = [301, 302, 303, 307, 308];

/**
 * @param allowed origins of the operator's, as `URL` writes them, which may have addresses of this machine and of private networks
 * @param lookup how names become addresses; each address is looked at before it is used, so that a name cannot lead where none should
 */
export function guardedRequests(limits: RequestLimits, allowed: readonly string[], lookup: LookupFunction = systemLookup): GuardedRequests {
  const agents = { "http:": new HttpAgent({ keepAlive: true }), "https:": new HttpsAgent({ keepAlive: true }) };

  return {
    async send(url, method, headers, private_) {
      const signal = AbortSignal.timeout(limits.answerMs);
      let [at, own] = [url, private_];
      for (let redirects = 0; redirects <= limits.mostRedirects; redirects++) {
        const answer = await once(at, method, { ...headers, ...own }, signal);
        const { location } = answer.headers;
        if (!REDIRECTIONS.includes(answer.statusCode) || location === undefined) return answer;
        answer.resume();
        const next = URL.canParse(location, at.href) ? new URL(location, at) : undefined;
        if (!next || !(next.protocol in agents) || (at.protocol === "https:" && next.protocol !== "https:"))
          throw new RequestFailed(`${at.host} leads to where nobody may be sent`, true);
        if (next.origin !== at.origin) own = {};
        at = next;
      }
      throw new RequestFailed(`${url.host} redirects more than ${limits.mostRedirects} times`);
    },
    [Symbol.dispose]() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };

  async function once(url: URL, method: string, headers: OutgoingHttpHeaders, signal: AbortSignal): Promise<IncomingMessage> {
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    const isBad = (address: string): boolean => isForbiddenAddress(address) || (isPrivateAddress(address) && !allowed.includes(url.origin));
    if (isIP(host) !== 0 && isBad(host)) throw forbidden(host, host);
    return new Promise((resolve, reject) => {
      const [send, agent] = url.protocol === "https:" ? [httpsRequest, agents["https:"]] : [httpRequest, agents["http:"]];
      const request = send(url, { method, headers, agent, lookup: guardedLookup(lookup, isBad, (address) => forbidden(host, address)) });
      const abort = (): void =>
        void request.destroy(new RequestFailed(`${url.host} did not answer within ${limits.answerMs / 1000} seconds`));
      signal.addEventListener("abort", abort, { once: true });
      request.once("error", (cause) =>
        reject(cause instanceof RequestFailed ? cause : new RequestFailed(`${url.host}: ${reasonOf(cause)}`)),
      );
      request.once("response", (answer) => {
        // The body may take longer than its head, as long as something comes.
        signal.removeEventListener("abort", abort);
        answer.setTimeout(limits.idleMs, () =>
          answer.destroy(new RequestFailed(`${url.host} sent nothing for ${limits.idleMs / 1000} seconds`)),
        );
        resolve(answer);
      });
      request.end();
    });
  }
}

function forbidden(host: string, address: string): RequestFailed {
  const found = host === address ? `${host} is` : `${host} is ${address}, which is`;
  return new RequestFailed(
    `${found} ${isForbiddenAddress(address) ? "no address of a registry" : "an address of this machine or of a private network"}`,
    true,
  );
}

function reasonOf(cause: Error): string {
  return (cause as NodeJS.ErrnoException).code ?? cause.message;
}
