import type { RCTAppliedFor } from "@aws-sdk/client-ecr";
import { arn } from "../domain/arn.ts";
import type { Ids } from "../ports/ids.ts";
import { creationTemplateFor } from "./ecr-creation-templates.ts";
import { settleEncryption } from "./ecr-encryption.ts";
import { putLifecyclePolicy, storedLifecyclePolicy } from "./ecr-lifecycle.ts";
import { repositories, repositoryKey, type RepositoryRecord } from "./ecr.ts";
import type { KmsParts } from "./kms/encryption.ts";
import type { Refused } from "./kms/refusal.ts";

/**
 * Makes a repository that nobody asked for by name, with the settings of the template that covers it, or ECR's own where none does. The
 * one that is there already where there is one. Refused where the template's key cannot be used.
 * Source: Amazon ECR User Guide, "Templates to control repositories created during a pull through cache, create on push, or replication action".
 */
export function createRepositoryFor(
  parts: KmsParts & { readonly ids: Ids },
  name: string,
  reason: RCTAppliedFor,
): RepositoryRecord | Refused {
  const { state, scope, now } = parts;
  const table = state.table(repositories);
  const here = table.get(repositoryKey(scope, name));
  if (here) return here;
  const template = creationTemplateFor(state, scope, name, reason);
  return state.commit(() => {
    const encryption = settleEncryption(parts, template?.encryption);
    if ("refusal" in encryption) return encryption;
    if (template?.lifecyclePolicy) {
      const policy = storedLifecyclePolicy(template.lifecyclePolicy);
      putLifecyclePolicy(state, { repository: repositoryKey(scope, name), id: parts.ids.uuid(), policy });
    }
    return table.put({
      account: scope.account,
      region: scope.region,
      arn: arn("ecr", scope, `repository/${name}`),
      name,
      tagMutability: template?.tagMutability ?? "MUTABLE",
      tagMutabilityExclusions: template?.tagMutabilityExclusions ?? [],
      scanOnPush: false,
      encryption,
      ...(template?.repositoryPolicy && { policy: template.repositoryPolicy }),
      tags: template?.resourceTags ?? [],
      createdAt: now,
    });
  });
}
