import { scopeKey } from "../../domain/scope.ts";
import {
  LimitExceededException,
  TemplateAlreadyExistsException,
  TemplateNotFoundException,
  type EncryptionConfigurationForRepositoryCreationTemplate,
  type RCTAppliedFor,
  type RepositoryCreationTemplate,
} from "@aws-sdk/client-ecr";
import { parseLifecyclePolicy } from "../../decide/lifecycle-policy/parse-policy.ts";
import { creationTemplateKey, creationTemplates, type CreationTemplateRecord } from "../../state/ecr-creation-templates.ts";
import { because, type OperationContext } from "../operation.ts";
import { checkRepositoryPolicy } from "./check-policy.ts";
import { checkRoleArn, readPrefix } from "./check-prefix.ts";
import { invalid, mustBeOneOf, mustHaveLength, operation, pageOf } from "./ecr-operation.ts";
import { onRegistry, passesRole } from "./registry-permission.ts";
import { readTagMutability } from "./tag-mutability.ts";
import { checkTags } from "./tags.ts";

const REASONS: readonly RCTAppliedFor[] = ["CREATE_ON_PUSH", "PULL_THROUGH_CACHE", "REPLICATION"];
/** Ours: AWS publishes none. */
const MOST_TEMPLATES = 100;

export const createRepositoryCreationTemplate = operation("CreateRepositoryCreationTemplate", {
  authorize: ({ customRoleArn }, at) => [onRegistry("CreateRepositoryCreationTemplate")({}, at), ...passesRole(at, customRoleArn)],
  run(input, context) {
    const { state, now, account, region } = context;
    const prefix = readTemplatePrefix(input.prefix);
    const table = state.table(creationTemplates);
    const template: CreationTemplateRecord = {
      account,
      region,
      prefix,
      appliedFor: readReasons(input.appliedFor),
      ...readSettings(input, context),
      ...readTagMutability(input),
      encryption: readTemplateEncryption(input.encryptionConfiguration ?? { encryptionType: "AES256" }),
      resourceTags: checkTags(input.resourceTags),
      createdAt: now,
      updatedAt: now,
    };
    if (table.has(creationTemplates.key(template)))
      throw new TemplateAlreadyExistsException(
        because(`The repository creation template with prefix '${prefix}' already exists in the registry with id '${account}'`),
      );
    if (table.by("scope", scopeKey({ account, region })).length >= MOST_TEMPLATES)
      throw new LimitExceededException(because(`A registry may have at most ${MOST_TEMPLATES} repository creation templates`));
    state.commit(() => table.put(template));
    return { registryId: account, repositoryCreationTemplate: templateView(template) };
  },
});

export const updateRepositoryCreationTemplate = operation("UpdateRepositoryCreationTemplate", {
  authorize: ({ customRoleArn }, at) => [onRegistry("UpdateRepositoryCreationTemplate")({}, at), ...passesRole(at, customRoleArn)],
  run(input, context) {
    const { state, now, account } = context;
    const found = requireTemplate(input.prefix, context);
    const { imageTagMutability, imageTagMutabilityExclusionFilters, encryptionConfiguration, resourceTags, appliedFor } = input;
    const mutability = imageTagMutability !== undefined || imageTagMutabilityExclusionFilters !== undefined;
    const template: CreationTemplateRecord = {
      ...found,
      ...readSettings(input, context),
      ...(mutability && readTagMutability({ imageTagMutability: found.tagMutability, ...input })),
      ...(encryptionConfiguration && { encryption: readTemplateEncryption(encryptionConfiguration) }),
      ...(resourceTags && { resourceTags: checkTags(resourceTags) }),
      ...(appliedFor && { appliedFor: readReasons(appliedFor) }),
      updatedAt: now,
    };
    state.commit(() => state.table(creationTemplates).put(template));
    return { registryId: account, repositoryCreationTemplate: templateView(template) };
  },
});

export const deleteRepositoryCreationTemplate = operation("DeleteRepositoryCreationTemplate", {
  authorize: (_input, at) => onRegistry("DeleteRepositoryCreationTemplate")({}, at),
  run(input, context) {
    const template = requireTemplate(input.prefix, context);
    context.state.commit(() => context.state.table(creationTemplates).delete(creationTemplates.key(template)));
    return { registryId: context.account, repositoryCreationTemplate: templateView(template) };
  },
});

export const describeRepositoryCreationTemplates = operation("DescribeRepositoryCreationTemplates", {
  authorize: (_input, at) => onRegistry("DescribeRepositoryCreationTemplates")({}, at),
  run({ prefixes, nextToken, maxResults }, context) {
    const { state, account, region } = context;
    mustHaveLength("prefixes", prefixes, 0, 100);
    const all = prefixes?.length
      ? prefixes.map((prefix) => requireTemplate(prefix, context))
      : state.table(creationTemplates).by("scope", scopeKey({ account, region }));
    const page = pageOf(all, ({ prefix }) => prefix, { nextToken, maxResults }, context);
    return {
      registryId: account,
      repositoryCreationTemplates: page.items.map(templateView),
      ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
    };
  },
});

/** @throws TemplateNotFoundException, InvalidParameterException */
function requireTemplate(asked: string | undefined, { state, account, region }: OperationContext): CreationTemplateRecord {
  const prefix = readTemplatePrefix(asked);
  const found = state.table(creationTemplates).get(creationTemplateKey({ account, region }, prefix));
  if (found) return found;
  throw new TemplateNotFoundException(
    because(`The repository creation template with prefix '${prefix}' does not exist in the registry with id '${account}'`),
  );
}

function readTemplatePrefix(prefix = ""): string {
  return readPrefix("prefix", prefix, 1, 256);
}

function readReasons(reasons: readonly RCTAppliedFor[] = []): readonly RCTAppliedFor[] {
  mustHaveLength("appliedFor", reasons, 1, REASONS.length);
  for (const reason of reasons) mustBeOneOf("appliedFor", reason, REASONS);
  return REASONS.filter((reason) => reasons.includes(reason));
}

/** The settings that are documents and texts. An empty policy stands for none. */
function readSettings(
  input: {
    readonly description?: string | undefined;
    readonly repositoryPolicy?: string | undefined;
    readonly lifecyclePolicy?: string | undefined;
    readonly customRoleArn?: string | undefined;
  },
  context: OperationContext,
): Pick<CreationTemplateRecord, "description" | "repositoryPolicy" | "lifecyclePolicy" | "customRoleArn"> {
  const { description, repositoryPolicy, lifecyclePolicy, customRoleArn } = input;
  mustHaveLength("description", description, 0, 256);
  mustHaveLength("lifecyclePolicy", lifecyclePolicy, 0, 30_720);
  checkRoleArn(customRoleArn, context);
  if (repositoryPolicy) checkRepositoryPolicy(context.state, context, repositoryPolicy, "repositoryPolicy");
  const lifecycle = lifecyclePolicy ? parseLifecyclePolicy(lifecyclePolicy) : undefined;
  if (lifecycle && "refusal" in lifecycle) throw invalid("lifecyclePolicy", `Lifecycle policy validation failure: ${lifecycle.refusal}`);
  return {
    ...(description !== undefined && { description }),
    ...(repositoryPolicy !== undefined && { repositoryPolicy }),
    ...(lifecyclePolicy !== undefined && { lifecyclePolicy }),
    ...(customRoleArn !== undefined && { customRoleArn }),
  };
}

/** A key is looked for when a repository is made: until then it may come and go. */
function readTemplateEncryption(
  asked: EncryptionConfigurationForRepositoryCreationTemplate,
): EncryptionConfigurationForRepositoryCreationTemplate {
  const { encryptionType, kmsKey } = asked;
  mustBeOneOf("encryptionConfiguration.encryptionType", encryptionType, ["AES256", "KMS"]);
  if (encryptionType === "AES256" && kmsKey !== undefined)
    throw invalid("encryptionConfiguration.kmsKey", "must not be set when encryptionType is AES256");
  mustHaveLength("encryptionConfiguration.kmsKey", kmsKey, 1, 2048);
  return { encryptionType, ...(kmsKey !== undefined && { kmsKey }) };
}

function templateView(template: CreationTemplateRecord): RepositoryCreationTemplate {
  const { prefix, description, encryption, resourceTags, tagMutability, tagMutabilityExclusions, appliedFor, customRoleArn } = template;
  const { repositoryPolicy, lifecyclePolicy } = template;
  return {
    prefix,
    ...(description !== undefined && { description }),
    encryptionConfiguration: encryption ?? { encryptionType: "AES256" },
    resourceTags: [...resourceTags],
    imageTagMutability: tagMutability,
    ...(tagMutabilityExclusions.length > 0 && { imageTagMutabilityExclusionFilters: [...tagMutabilityExclusions] }),
    ...(repositoryPolicy && { repositoryPolicy }),
    ...(lifecyclePolicy && { lifecyclePolicy }),
    appliedFor: [...appliedFor],
    ...(customRoleArn !== undefined && { customRoleArn }),
    createdAt: new Date(template.createdAt),
    updatedAt: new Date(template.updatedAt),
  };
}
