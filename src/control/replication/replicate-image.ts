import { rootPrincipal } from "../../authorization/credentials.ts";
import { decide } from "../../authorization/authorize.ts";
import { arn } from "../../domain/arn.ts";
import type { Scope } from "../../domain/scope.ts";
import { createRepositoryFor } from "../../state/ecr-created-repositories.ts";
import { copyImage, type CopyParts } from "../../state/ecr-image-copies.ts";
import type { ReplicationDestination } from "../../state/ecr-replication.ts";
import { repositories, repositoryKey, type RepositoryRecord } from "../../state/ecr.ts";
import type { WholeState } from "../../state/state.ts";

export type ReplicationParts = CopyParts & { readonly state: WholeState };

export interface ReplicationOutcome {
  /** Absent where the image arrived. */
  readonly failureCode?: string;
  /** Of an index: the failures of the images that it lists. */
  readonly listed?: readonly string[];
}

/**
 * Brings an image to a destination: into the repository of the same name, which is made where there is none. Another account must have
 * allowed it in its registry's policy. May be repeated, and ends with the reason of `stopping` where that is aborted.
 * Source: Amazon ECR User Guide, "Registry permissions", `ecr:ReplicateImage` and `ecr:CreateRepository`.
 */
export async function replicateImage(
  parts: ReplicationParts,
  source: RepositoryRecord,
  image: { readonly digest: string; readonly tags: readonly string[] },
  { region, registryId }: ReplicationDestination,
): Promise<ReplicationOutcome> {
  const { state, clock } = parts;
  const scope: Scope = { account: registryId, region };
  const { name } = source;
  const resource = arn("ecr", scope, `repository/${name}`);
  const may = (action: string): boolean =>
    decide({ state, now: clock.now() }, rootPrincipal(source.account, ""), { action, resource }).allowed;
  const to = repositoryKey(scope, name);
  if (!may("ecr:ReplicateImage")) return { failureCode: "AccessDeniedException" };
  if (!state.table(repositories).has(to)) {
    if (!may("ecr:CreateRepository")) return { failureCode: "AccessDeniedException" };
    const made = createRepositoryFor({ ...parts, scope, now: clock.now() }, name, "REPLICATION");
    if ("refusal" in made) return { failureCode: "KmsException" };
  }
  return (await copyImage(parts, { from: repositoryKey(source, name), to, ...image, pushed: false })) ?? {};
}
