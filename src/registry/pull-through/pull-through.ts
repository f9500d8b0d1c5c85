import { awaitedBlob } from "../../state/ecr-imports.ts";
import { imageKey, layers, repositoryKey } from "../../state/ecr.ts";
import { answer, type RegistryCall } from "../call.ts";
import { background } from "./background.ts";
import { blobFetches } from "./blob-fetches.ts";
import { manifestBringer, type PullThroughParts } from "./bring-manifest.ts";
import { Follower } from "./follower.ts";
import { chainOf, nameAmongRegistries } from "./source.ts";

export interface PullThrough extends AsyncDisposable {
  /**
   * Sees to it that what a tag or digest means upstream is here, where a rule covers the repository and the caller may import it.
   * @throws RegistryError where it is not here and cannot be had
   */
  bring(call: RegistryCall, name: string, reference: string): Promise<void>;
  /** Answers a request for a blob that is on its way here; false where it is none, or has come: then it is read like any other. */
  answerBlob(call: RegistryCall, name: string, digest: string): Promise<boolean>;
}

/** The pull-through cache of a registry: one for all requests, so that they share what they fetch. */
export function pullThrough(parts: PullThroughParts): PullThrough {
  const { state, clock, secrets } = parts.platform;
  const fetches = blobFetches(parts);
  const rest = background(parts, fetches);

  return {
    bring: manifestBringer(parts),
    async answerBlob(call, name, digest) {
      const repository = repositoryKey(call.scope, name);
      if (state.table(layers).has(imageKey(repository, digest))) return false;
      const awaited = awaitedBlob(state, repository, digest);
      const via = awaited && chainOf(call.request.headers, nameAmongRegistries(secrets, call.scope));
      if (!via) return false;
      rest.asked(repository, digest);
      const head = {
        "content-type": "application/octet-stream",
        "docker-content-digest": digest,
        "content-length": awaited.size,
        etag: `"${digest}"`,
      };
      if (call.method === "HEAD") {
        answer(call, 200, head);
        return true;
      }
      const wanted = { repository, digest, size: awaited.size, via };
      // A part of a blob is read from the store, and so is a blob that another client is following already.
      if (call.request.headers.range !== undefined || fetches.busy(repository, digest)) {
        await fetches.fetch(wanted);
        return false;
      }
      const follower = new Follower(call.response, clock, head);
      try {
        await fetches.fetch(wanted, follower);
      } catch (cause) {
        if (!follower.begun) throw cause;
        // What has begun cannot be refused any more: the client sees that it is not whole, and asks again.
        follower.cut();
        parts.logger.warn("a blob broke off on its way from upstream", { repository, digest, why: String(cause) });
      }
      return true;
    },
    async [Symbol.asyncDispose]() {
      rest[Symbol.dispose]();
      await fetches[Symbol.asyncDispose]();
    },
  };
}
