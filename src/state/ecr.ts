import type { EncryptionConfiguration, ImageTagMutability, ImageTagMutabilityExclusionFilter, Tag } from "@aws-sdk/client-ecr";
import { keyInScope, type Scope, scopeKey } from "../domain/scope.ts";
import { accountOfKey, defineTable, ofAccount } from "./table.ts";

// Times in these records are milliseconds since the Unix epoch.

/** Names a repository in the keys below: `account/region/name`. */
export function repositoryKey(scope: Scope, name: string): string {
  return keyInScope(scope, name);
}

/** The name in a `repositoryKey`; it may have slashes itself. */
export function repositoryNameOf(key: string): string {
  return key.split("/").slice(2).join("/");
}

export interface RepositoryRecord extends Scope {
  readonly arn: string;
  readonly name: string;
  readonly tagMutability: ImageTagMutability;
  readonly tagMutabilityExclusions: readonly ImageTagMutabilityExclusionFilter[];
  readonly scanOnPush: boolean;
  readonly encryption: EncryptionConfiguration;
  /** The policy document as it was set. */
  readonly policy?: string;
  readonly tags: readonly Tag[];
  readonly createdAt: number;
}

export const repositories = defineTable<RepositoryRecord>()(
  "ecr.repositories",
  (repository) => repositoryKey(repository, repository.name),
  ofAccount,
  {
    scope: scopeKey,
    account: ({ account }) => account,
    arn: ({ arn }) => arn,
  },
);

/** A manifest of a repository: an image, an index of images, or another artifact. Its bytes are the blob `digest`. */
export interface ImageRecord {
  /** Its `repositoryKey`. */
  readonly repository: string;
  readonly digest: string;
  readonly kind: "image" | "index";
  readonly mediaType: string;
  /** Of the manifest itself, in bytes. */
  readonly manifestSize: number;
  /** Of configuration and layers; of an index, that of its largest image. */
  readonly size: number;
  readonly artifactType?: string;
  readonly blobs: readonly string[];
  /** The images that an index lists. */
  readonly manifests: readonly { readonly digest: string; readonly os?: string; readonly architecture?: string }[];
  /** The digest that this artifact refers to, which need not be here. */
  readonly subject?: string;
  /** Kept for artifacts with a subject: the list of referrers shows them. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly pushedAt: number;
  /** When it was last pulled, told to the hour. */
  readonly lastPulledAt?: number;
  /** Active where absent; `ACTIVATING` while it is fetched back from the archive. */
  readonly status?: "ARCHIVED" | "ACTIVATING";
  readonly lastArchivedAt?: number;
  readonly lastActivatedAt?: number;
}

export function imageKey(repository: string, digest: string): string {
  return `${repository}@${digest}`;
}

export const images = defineTable<ImageRecord>()(
  "ecr.images",
  ({ repository, digest }) => imageKey(repository, digest),
  ({ repository }) => accountOfKey(repository),
  {
    repository: ({ repository }) => repository,
    tag: ({ repository, tags }) => tags.map((tag) => `${repository}:${tag}`),
    /** The blobs of a repository that images need: `repository@digest`. */
    blob: ({ repository, blobs }) => blobs.map((digest) => imageKey(repository, digest)),
    /** The indexes that list an image. */
    listed: ({ repository, manifests }) => manifests.map(({ digest }) => imageKey(repository, digest)),
    subject: ({ repository, subject }) => subject && imageKey(repository, subject),
    status: ({ status }) => status,
    manifest: ({ digest }) => digest,
  },
);

/**
 * A blob that a repository has. The store keeps a blob once; who may read it is decided by these links, so that nobody gets at
 * another repository's layer by knowing its digest.
 */
export interface LayerRecord {
  readonly repository: string;
  readonly digest: string;
  readonly size: number;
  /** When a push brought it, mounted it, or was told that it is here already (told to the hour). */
  readonly usedAt: number;
}

export const layers = defineTable<LayerRecord>()(
  "ecr.layers",
  ({ repository, digest }) => imageKey(repository, digest),
  ({ repository }) => accountOfKey(repository),
  {
    repository: ({ repository }) => repository,
    digest: ({ digest }) => digest,
  },
);
