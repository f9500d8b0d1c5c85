import type { EmptyValues } from "../empty-values.ts";

/** By the least lengths and the patterns of ECR's model. */
export const emptyValues: EmptyValues = {
  text: "refused",
  members: {
    description: "value",
    "Tag.Value": "value",
    nextToken: "absent",
    imageDigest: "absent",
    imageManifestMediaType: "absent",
    customRoleArn: "absent",
    kmsKey: "absent",
    "CreateRepositoryCreationTemplateRequest.repositoryPolicy": "absent",
    "CreateRepositoryCreationTemplateRequest.lifecyclePolicy": "absent",
    "UpdateRepositoryCreationTemplateRequest.repositoryPolicy": "value",
    "UpdateRepositoryCreationTemplateRequest.lifecyclePolicy": "value",
    // Told of digest by digest.
    "BatchCheckLayerAvailabilityRequest.layerDigests[]": "value",
    artifactTypes: "answered",
    "PutRegistryScanningConfigurationRequest.rules": "value",
    "RegistryScanningRule.repositoryFilters": "value",
    "ReplicationConfiguration.rules": "value",
    "ReplicationRule.destinations": "value",
    "TagResourceRequest.tags": "value",
    "UpdateRepositoryCreationTemplateRequest.resourceTags": "value",
    "UpdateRepositoryCreationTemplateRequest.appliedFor": "value",
    "CreateRepositoryCreationTemplateRequest.appliedFor": "value",
  },
};
