import { createHash } from "node:crypto";
import { MANIFEST_TYPES, readManifest } from "../../domain/image-manifest.ts";
import { isDigest, isImageTag } from "../../domain/image-reference.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Logger } from "../../ports/logger.ts";
import type { UpstreamRegistries } from "../../ports/upstream-registry.ts";
import { createRepositoryFor } from "../../state/ecr-created-repositories.ts";
import { blobDomain, blobsOf } from "../../state/ecr-encryption.ts";
import { copyImage } from "../../state/ecr-image-copies.ts";
import { findImage } from "../../state/ecr-images.ts";
import { beginImport, findImporting, mayTake, noteUpstreamTag } from "../../state/ecr-imports.ts";
import { storeManifest } from "../../state/ecr-manifests.ts";
import { isGoodHere, pullThroughRuleFor, upstreamTags, type PullThroughRuleRecord } from "../../state/ecr-pull-through.ts";
import { repositories, repositoryKey, type ImageRecord, type RepositoryRecord } from "../../state/ecr.ts";
import type { RegistryCall, RegistryPlatform } from "../call.ts";
import { RegistryError } from "../errors.ts";
import { noManifest, upstreamRefusal } from "./refusals.ts";
import { chainOf, nameAmongRegistries, sourceOf, type Source } from "./source.ts";

export interface PullThroughParts {
  readonly platform: RegistryPlatform;
  readonly upstreams: UpstreamRegistries;
  readonly logger: Logger;
}

/** A registry that did not answer is left in peace for so long where there is a copy to serve. */
const LEFT_IN_PEACE_MS = 60_000;

interface Wanted {
  readonly rule: PullThroughRuleRecord;
  readonly scope: Scope;
  readonly name: string;
  readonly reference: string;
  /** What is here of it already. */
  readonly here: ImageRecord | undefined;
  readonly via: readonly string[];
}

/** Makes the function that sees to it that what a tag or digest means upstream is here, before it is served, where a rule says so. */
export function manifestBringer(parts: PullThroughParts): (call: RegistryCall, name: string, reference: string) => Promise<void> {
  const { platform, logger } = parts;
  const { state, clock } = platform;
  const underWay = new Map<string, Promise<void>>();
  const quietUntil = new Map<string, number>();

  return async (call, name, reference) => {
    await bringHere(call, name, reference);
    const checked = state.table(upstreamTags).get(`${repositoryKey(call.scope, name)}:${reference}`);
    // How long ago the tag was last seen upstream, as caches tell it: RFC 9111, section 5.1.
    if (checked) call.response.setHeader("age", Math.max(0, Math.floor((clock.now() - checked.checkedAt) / 1000)));
  };

  async function bringHere(call: RegistryCall, name: string, reference: string): Promise<void> {
    const { scope } = call;
    const rule = pullThroughRuleFor(state, scope, name);
    const via = rule && chainOf(call.request.headers, nameAmongRegistries(platform.secrets, scope));
    if (!via || (!isDigest(reference) && !isImageTag(reference))) return;
    // A name that CreateRepository refuses is not made here either.
    if (name.length < 2 || name.length > 256) return;
    const key = repositoryKey(scope, name);
    const here = findImporting(state, key, reference) ?? findImage(state, key, reference);
    if (isGoodHere(state, key, reference, here, clock.now())) return;
    const url = rule.upstreamUrl;
    if (here && clock.now() < (quietUntil.get(url) ?? 0)) return;
    const denial = denialToImport(call, key, name);
    if (denial !== undefined && here) return;
    if (denial !== undefined) throw new RegistryError(403, "DENIED", denial);
    const asked = `${key} ${reference}`;
    const known = underWay.get(asked);
    const bringing = known ?? bring(parts, { rule, scope, name, reference, here, via }).finally(() => underWay.delete(asked));
    underWay.set(asked, bringing);
    try {
      await bringing;
    } catch (cause) {
      if (!here || !(cause instanceof RegistryError)) throw cause;
      if (cause.code === "UNAVAILABLE" || cause.code === "TOOMANYREQUESTS") quietUntil.set(url, clock.now() + LEFT_IN_PEACE_MS);
      logger.warn("the cached copy of an image is served, as its upstream registry did not tell of it", {
        ...{ repository: key, reference, why: cause.message },
      });
    }
  }

  /** Source: User Guide, "IAM permissions required to sync an upstream registry with an Amazon ECR private registry". */
  function denialToImport(call: RegistryCall, key: string, name: string): string | undefined {
    const creating = state.table(repositories).has(key) ? undefined : call.denial("ecr:CreateRepository", name);
    return creating ?? call.denial("ecr:BatchImportUpstreamImage", name);
  }
}

async function bring(parts: PullThroughParts, wanted: Wanted): Promise<void> {
  const source = sourceOf(parts.platform, wanted.rule, wanted.name, wanted.via);
  return source.kind === "here" ? copyFromHere(parts, wanted, source) : fetchFrom(parts, wanted, source);
}

async function copyFromHere({ platform }: PullThroughParts, wanted: Wanted, source: Source & { kind: "here" }): Promise<void> {
  const { state, clock } = platform;
  if (source.denial !== undefined) throw new RegistryError(403, "DENIED", source.denial);
  const image = findImage(state, source.repository, wanted.reference);
  if (!image) return;
  const { name, scope, reference } = wanted;
  const to = repositoryKey(scope, name);
  const target = makeRepository(platform, wanted);
  const tags = isDigest(reference) || !mayTake(state, target, to, reference, image.digest) ? [] : [reference];
  const failure = await copyImage(platform, { from: source.repository, to, digest: image.digest, tags, pushed: true });
  if (failure?.failureCode === "KmsException") throw new RegistryError(403, "DENIED", "KmsException: a key of the image cannot be used");
  if (failure) return;
  for (const tag of tags) noteUpstreamTag(state, to, tag, image.digest, clock.now());
  await state.durable();
}

async function fetchFrom(parts: PullThroughParts, wanted: Wanted, source: Source & { kind: "elsewhere" }): Promise<void> {
  const { platform, upstreams } = parts;
  const { state, clock, ids } = platform;
  const { scope, name, reference, here } = wanted;
  const key = repositoryKey(scope, name);
  const tags = isDigest(reference) ? [] : [reference];
  if (here && (await isStill(parts, wanted, source, here))) {
    noteUpstreamTag(state, key, reference, here.digest, clock.now());
    await state.durable();
    return;
  }
  const found = await upstreams.manifest(source.upstream, source.repository, reference);
  if ("failure" in found) {
    const refusal = upstreamRefusal(found);
    if (refusal) throw refusal;
    return;
  }
  const algorithm = reference.startsWith("sha512:") ? "sha512" : "sha256";
  const digest = `${algorithm}:${createHash(algorithm).update(found.bytes).digest("hex")}`;
  if (isDigest(reference) && reference !== digest) throw noManifest(`${reference} has the digest ${digest} there`);
  // Some registries name no type, or one that says nothing: then the manifest speaks for itself.
  const type = found.mediaType !== undefined && found.mediaType in MANIFEST_TYPES ? found.mediaType : undefined;
  const reading = readManifest(found.bytes.toString(), type);
  if (!("manifest" in reading)) throw noManifest("invalid" in reading ? reading.invalid : reading.unsupported);
  const target = makeRepository(platform, wanted);
  if (here && !tags.every((tag) => mayTake(state, target, key, tag, digest))) {
    // An immutable tag stays what it was when it came.
    noteUpstreamTag(state, key, reference, here.digest, clock.now());
    return;
  }
  const blobs = blobsOf(platform, target, ({ message }) => new RegistryError(403, "DENIED", `KmsException: ${message}`));
  await storeManifest({ blobs, ids }, found.bytes, digest);
  const now = state.table(repositories).get(key);
  if (!now || blobDomain(now) !== blobs.domain)
    throw new RegistryError(404, "NAME_UNKNOWN", `the repository '${name}' was deleted meanwhile`);
  beginImport(state, {
    repository: key,
    digest,
    manifest: reading.manifest,
    manifestSize: found.bytes.length,
    tags,
    startedAt: clock.now(),
  });
  await state.durable();
}

/** Whether the tag means upstream what it means here, as far as that can be asked without fetching it. */
async function isStill(
  { upstreams }: PullThroughParts,
  { reference }: Wanted,
  source: Source & { kind: "elsewhere" },
  here: ImageRecord,
): Promise<boolean> {
  const told = await upstreams.resolve(source.upstream, source.repository, reference);
  return "digest" in told && told.digest === here.digest;
}

function makeRepository(platform: RegistryPlatform, { scope, name }: Wanted): RepositoryRecord {
  const made = createRepositoryFor({ ...platform, scope, now: platform.clock.now() }, name, "PULL_THROUGH_CACHE");
  if ("refusal" in made) throw new RegistryError(403, "DENIED", `KmsException: ${made.refusal.message}`);
  return made;
}
