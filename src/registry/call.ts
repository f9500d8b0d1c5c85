import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Credentials } from "../authorization/credentials.ts";
import type { Scope } from "../domain/scope.ts";
import type { Blobs, BlobStore } from "../ports/blob-store.ts";
import type { Clock } from "../ports/clock.ts";
import type { Ids } from "../ports/ids.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import { imageKey, layers, repositories, repositoryKey, type LayerRecord, type RepositoryRecord } from "../state/ecr.ts";
import { blobsOf } from "../state/ecr-encryption.ts";
import type { RegistryHolder } from "../state/registry-token.ts";
import type { WholeState } from "../state/state.ts";
import { RegistryError } from "./errors.ts";

/** The parts of the platform that the registry works with. */
export interface RegistryPlatform {
  readonly state: WholeState;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly secrets: SecretBox;
  readonly credentials: Credentials;
  /** Origins that the operator lets the pull-through cache read besides the registries that ECR knows. */
  readonly allowedUpstreams?: readonly string[];
}

/** One request to a registry that may be answered, by whatever right. */
export interface OpenCall {
  readonly platform: RegistryPlatform;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** The account and region of the registry that is asked: the caller's own, or another that the host, the token or the URL names. */
  readonly scope: Scope;
}

/** One request of the distribution API, authenticated and permitted. */
export interface RegistryCall extends OpenCall {
  readonly query: URLSearchParams;
  readonly holder: RegistryHolder;
  /** Whether the caller may also do something to another repository of this registry. */
  readonly may: (action: string, repository: string) => boolean;
  /** Why the caller may not, in the words of IAM; `undefined` where it may. */
  readonly denial: (action: string, repository: string) => string | undefined;
}

/** The repository of a request. Never kept over an `await`: it may be deleted meanwhile. */
export function requireRepository({ platform, scope }: Pick<RegistryCall, "platform" | "scope">, name: string): RepositoryRecord {
  const found = platform.state.table(repositories).get(repositoryKey(scope, name));
  if (found) return found;
  throw new RegistryError(
    404,
    "NAME_UNKNOWN",
    `The repository with name '${name}' does not exist in the registry with id '${scope.account}'`,
  );
}

/** The bytes of a repository. Reading and writing them throws where its KMS key cannot be used: 403, with the text of KMS. */
export function repositoryBlobs({ platform }: Pick<RegistryCall, "platform">, repository: RepositoryRecord): Blobs {
  return blobsOf(platform, repository, ({ code, message }) => new RegistryError(403, "DENIED", `KmsException: ${message || code}`));
}

/** The link of a repository to a blob. */
export function findLayer({ platform, scope }: OpenCall, name: string, digest: string): LayerRecord | undefined {
  return platform.state.table(layers).get(imageKey(repositoryKey(scope, name), digest));
}

export function answer(
  call: OpenCall,
  status: number,
  headers: Readonly<Record<string, string | number | readonly string[]>>,
  body?: string | Buffer,
): void {
  const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
  // What has no body says so, except where the status or the method implies it.
  const empty = body === undefined && status !== 204 && !("content-length" in headers) ? { "content-length": 0 } : {};
  call.response.writeHead(status, { ...headers, ...length, ...empty } as OutgoingHttpHeaders);
  call.response.end(call.method === "HEAD" ? undefined : body);
}

export function answerJson(call: RegistryCall, headers: Readonly<Record<string, string>>, body: object): void {
  answer(call, 200, { "content-type": "application/json; charset=utf-8", ...headers }, JSON.stringify(body));
}

/** A header that clients show to their users. Source: OCI distribution specification 1.1, "Warnings": code 299, no agent, no date. */
export function warning(text: string): { readonly warning: string } {
  return { warning: `299 - "${text.replaceAll(/[^ !#-[\]-~]/g, "?")}"` };
}
