import type {
  EncryptionConfigurationForRepositoryCreationTemplate,
  ImageTagMutability,
  ImageTagMutabilityExclusionFilter,
  RCTAppliedFor,
  Tag,
} from "@aws-sdk/client-ecr";
import { mostExact } from "../domain/repository-prefix.ts";
import { keyInScope, type Scope, scopeKey } from "../domain/scope.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

/** The settings of the repositories below a prefix that are made without anybody calling CreateRepository. Times are in milliseconds. */
export interface CreationTemplateRecord extends Scope {
  /** Without a slash at its end; `ROOT` for all that no other one covers. */
  readonly prefix: string;
  readonly appliedFor: readonly RCTAppliedFor[];
  readonly description?: string;
  readonly encryption?: EncryptionConfigurationForRepositoryCreationTemplate;
  readonly resourceTags: readonly Tag[];
  readonly tagMutability: ImageTagMutability;
  readonly tagMutabilityExclusions: readonly ImageTagMutabilityExclusionFilter[];
  /** The documents as they were given. */
  readonly repositoryPolicy?: string;
  readonly lifecyclePolicy?: string;
  readonly customRoleArn?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export function creationTemplateKey(scope: Scope, prefix: string): string {
  return keyInScope(scope, prefix);
}

export const creationTemplates = defineTable<CreationTemplateRecord>()(
  "ecr.creation-templates",
  (template) => creationTemplateKey(template, template.prefix),
  ofAccount,
  { scope: scopeKey },
);

/** The template for a repository that is made for this reason: the one with the most exact prefix among those that apply. */
export function creationTemplateFor(
  state: State,
  { account, region }: Scope,
  repository: string,
  reason: RCTAppliedFor,
): CreationTemplateRecord | undefined {
  const applying = state
    .table(creationTemplates)
    .by("scope", scopeKey({ account, region }))
    .filter(({ appliedFor }) => appliedFor.includes(reason));
  return mostExact(applying, ({ prefix }) => prefix, repository);
}
