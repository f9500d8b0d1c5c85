import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { LookupFunction } from "node:net";
import { LARGEST_MANIFEST, MANIFEST_TYPES } from "../../domain/image-manifest.ts";
import { isDigest } from "../../domain/image-reference.ts";
import { givesTokens } from "../../domain/upstream-registry.ts";
import type { Clock } from "../../ports/clock.ts";
import { VIA_HEADER, type Upstream, type UpstreamFailure, type UpstreamRegistries } from "../../ports/upstream-registry.ts";
import { authorizations } from "./authorization.ts";
import { guardedRequests, RequestFailed, type RequestLimits } from "./guarded-request.ts";
import { readBounded } from "./read-bounded.ts";

export interface RegistryClientOptions {
  readonly clock: Clock;
  /** Origins of the operator's: they may be of private networks, and give tokens for credentials. */
  readonly allowed?: readonly string[];
  readonly limits?: Partial<RequestLimits>;
  readonly lookup?: LookupFunction;
}

const LIMITS: RequestLimits = { answerMs: 30_000, idleMs: 60_000, mostRedirects: 5 };
const ACCEPT = Object.keys(MANIFEST_TYPES).join(", ");

/** Reads other registries over HTTP. */
export function registryClient({ clock, allowed = [], limits, lookup }: RegistryClientOptions): UpstreamRegistries & Disposable {
  const requests = guardedRequests({ ...LIMITS, ...limits }, allowed, ...(lookup ? [lookup] : []));
  const authorization = authorizations(requests, clock, (registry, at) => givesTokens(registry, at, allowed));

  /** The answer, with status 200; or why there is none. */
  async function ask(
    upstream: Upstream,
    method: "GET" | "HEAD",
    path: string,
    repository?: string,
  ): Promise<IncomingMessage | UpstreamFailure> {
    const scope = repository === undefined ? "" : `repository:${repository}:pull`;
    const url = new URL(`/v2/${path}`, upstream.url);
    const headers: OutgoingHttpHeaders = {
      "user-agent": "airfield",
      ...(path.includes("/manifests/") && { accept: ACCEPT }),
      ...(upstream.via.length > 0 && { [VIA_HEADER]: upstream.via.join(",") }),
    };
    const send = (shown: string | undefined): Promise<IncomingMessage> =>
      requests.send(url, method, headers, shown === undefined ? {} : { authorization: shown });
    try {
      let answer = await send(authorization.known(upstream, scope));
      if (answer.statusCode === 401) {
        answer.resume();
        const shown = await authorization.answerTo(answer, upstream, scope);
        if (shown === undefined) return { failure: "denied", detail: `${url.host} does not take the credentials` };
        answer = await send(shown);
      }
      if (answer.statusCode === 200) return answer;
      answer.resume();
      return failureOf(answer.statusCode ?? 0, `${url.host} answered ${answer.statusCode} to ${method} ${url.pathname}`);
    } catch (cause) {
      return failed(cause);
    }
  }

  return {
    async check(upstream) {
      const answer = await ask(upstream, "GET", "");
      if ("failure" in answer)
        return answer.failure === "not-found" ? { failure: "unavailable", detail: `${answer.detail}: it is no registry` } : answer;
      answer.resume();
      return undefined;
    },
    async resolve(upstream, repository, tag) {
      const answer = await ask(upstream, "HEAD", `${repository}/manifests/${tag}`, repository);
      if ("failure" in answer) return answer;
      answer.resume();
      const digest = answer.headers["docker-content-digest"];
      if (typeof digest === "string" && isDigest(digest)) return { digest };
      return { failure: "unavailable", detail: `${new URL(upstream.url).host} does not tell digests` };
    },
    async manifest(upstream, repository, reference) {
      const answer = await ask(upstream, "GET", `${repository}/manifests/${reference}`, repository);
      if ("failure" in answer) return answer;
      const mediaType = answer.headers["content-type"]?.split(";")[0]?.trim();
      try {
        const bytes = await readBounded(answer, LARGEST_MANIFEST);
        if (!bytes) return { failure: "unavailable", detail: `the manifest ${reference} has more than ${LARGEST_MANIFEST} bytes` };
        return { bytes, ...(mediaType !== undefined && { mediaType }) };
      } catch (cause) {
        return failed(cause);
      }
    },
    async blob(upstream, repository, digest) {
      const answer = await ask(upstream, "GET", `${repository}/blobs/${digest}`, repository);
      if ("failure" in answer) return answer;
      const size = answer.headers["content-length"];
      return { stream: answer, ...(size !== undefined && { size: Number(size) }) };
    },
    [Symbol.dispose]: () => requests[Symbol.dispose](),
  };
}

function failureOf(status: number, detail: string): UpstreamFailure {
  if (status === 404) return { failure: "not-found", detail };
  if (status === 401 || status === 403) return { failure: "denied", detail };
  if (status === 429) return { failure: "throttled", detail };
  return { failure: "unavailable", detail };
}

function failed(cause: unknown): UpstreamFailure {
  if (cause instanceof RequestFailed) return { failure: cause.forbidden ? "forbidden" : "unavailable", detail: cause.message };
  const code = (cause as NodeJS.ErrnoException).code;
  return { failure: "unavailable", detail: `the connection broke${code === undefined ? "" : `: ${code}`}` };
}
