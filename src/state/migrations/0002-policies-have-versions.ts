import type { Migration } from "./migration.ts";

/** The first managed policies had one document, which was their version v1. */
export const policiesHaveVersions: Migration = {
  to: 2,
  title: "managed policies have versions",
  migrate(contents) {
    const policies = contents.table("iam.policies");
    for (const [arn, { document, ...policy }] of policies) {
      if (typeof document !== "string") continue;
      const createdAt = policy["createdAt"];
      const versions = [{ id: "v1", document, createdAt }];
      policies.set(arn, { ...policy, versions, defaultVersionId: "v1", nextVersion: 2, updatedAt: createdAt });
    }
  },
};
