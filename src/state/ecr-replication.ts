import type { ReplicationStatus } from "@aws-sdk/client-ecr";
import { type Scope, scopeKey } from "../domain/scope.ts";
import { imageKey, type ImageRecord, type RepositoryRecord } from "./ecr.ts";
import type { State } from "./state.ts";
import { accountOfKey, defineTable, ofAccount } from "./table.ts";

/** Another registry: that of an account in a region. */
export interface ReplicationDestination {
  readonly region: string;
  readonly registryId: string;
}

/** Where a registry's images go, of those repositories whose names begin with one of the filters; of all where there is none. */
export interface ReplicationRule {
  readonly destinations: readonly ReplicationDestination[];
  readonly filters: readonly string[];
}

export interface ReplicationConfigurationRecord extends Scope {
  readonly rules: readonly ReplicationRule[];
}

export const replicationConfigurations = defineTable<ReplicationConfigurationRecord>()(
  "ecr.replication-configurations",
  scopeKey,
  ofAccount,
);

export function replicationRules(state: State, { account, region }: Scope): readonly ReplicationRule[] {
  return state.table(replicationConfigurations).get(scopeKey({ account, region }))?.rules ?? [];
}

/** How far one image is on its way to one destination. */
export interface ReplicationRecord extends ReplicationDestination {
  /** Its `repositoryKey`, here. */
  readonly repository: string;
  readonly digest: string;
  readonly status: ReplicationStatus;
  /** Why it came to nothing: the name of an exception of the SDK. */
  readonly failureCode?: string;
  /** The tags that were pushed and are to be over there. */
  readonly tags: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly queuedAt: number;
}

export function replicationKey(image: string, { region, registryId }: ReplicationDestination): string {
  return `${image}>${registryId}/${region}`;
}

export const replications = defineTable<ReplicationRecord>()(
  "ecr.replications",
  (record) => replicationKey(imageKey(record.repository, record.digest), record),
  ({ repository }) => accountOfKey(repository),
  { image: ({ repository, digest }) => imageKey(repository, digest) },
);

/** Where a repository is replicated to, each destination once. */
export function destinationsOf(
  state: State,
  repository: Pick<RepositoryRecord, "account" | "region" | "name">,
): readonly ReplicationDestination[] {
  const found = new Map<string, ReplicationDestination>();
  for (const { destinations, filters } of replicationRules(state, repository)) {
    if (filters.length > 0 && !filters.some((filter) => repository.name.startsWith(filter))) continue;
    for (const { region, registryId } of destinations) found.set(`${registryId}/${region}`, { region, registryId });
  }
  return [...found.values()];
}

/**
 * Notes that a push is to be replicated, in the same commit as the push: so that none is forgotten. Only what is pushed after the
 * configuration was made is replicated, and once: what comes to a registry by replication does not go on from there.
 * Source: Amazon ECR User Guide, "Private image replication", considerations.
 */
export function queueReplication(
  state: State,
  repository: Pick<RepositoryRecord, "account" | "region" | "name">,
  image: Pick<ImageRecord, "repository" | "digest">,
  tags: readonly string[],
  now: number,
): void {
  const destinations = destinationsOf(state, repository);
  if (destinations.length === 0) return;
  const table = state.table(replications);
  state.commit(() => {
    for (const destination of destinations) {
      const before = table.get(replicationKey(imageKey(image.repository, image.digest), destination));
      const waiting = before?.status === "IN_PROGRESS" ? before.tags : [];
      table.put({
        ...destination,
        repository: image.repository,
        digest: image.digest,
        status: "IN_PROGRESS",
        tags: [...new Set([...waiting, ...tags])],
        queuedAt: now,
      });
    }
  });
}
