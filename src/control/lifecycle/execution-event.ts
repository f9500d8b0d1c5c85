import type { LifecycleStep } from "../../decide/lifecycle-policy/view.ts";
import type { LifecyclePolicy, LifecycleRule } from "../../decide/lifecycle-policy/policy.ts";
import type { AuditRecord } from "../../ports/audit-log.ts";
import type { LifecyclePolicyRecord } from "../../state/ecr-lifecycle.ts";
import type { ImageRecord, RepositoryRecord } from "../../state/ecr.ts";

/** What was done to the images of a repository, and why. */
export interface Execution {
  readonly repository: RepositoryRecord;
  /** As it was before this evaluation. */
  readonly record: LifecyclePolicyRecord;
  readonly policy: LifecyclePolicy;
  readonly steps: readonly LifecycleStep<ImageRecord>[];
  readonly at: number;
}

/** So that no record grows without bounds. */
const MOST_IMAGES = 100;

/** The record that CloudTrail has of this. Source: ECR User Guide, "Logging Amazon ECR actions with AWS CloudTrail", image lifecycle policy action. */
export function executionEvents(execution: Execution, eventID: () => string): readonly AuditRecord[] {
  const { steps } = execution;
  const parts = Array.from({ length: Math.ceil(steps.length / MOST_IMAGES) }, (_, at) =>
    steps.slice(at * MOST_IMAGES, (at + 1) * MOST_IMAGES),
  );
  return parts.map((part) => executionEvent({ ...execution, steps: part }, eventID()));
}

function executionEvent({ repository, record, policy, steps, at }: Execution, eventID: string): AuditRecord {
  const { account, region, arn, name } = repository;
  return {
    eventVersion: "1.11",
    userIdentity: { accountId: account, invokedBy: "AWS Internal" },
    eventTime: `${new Date(at).toISOString().slice(0, 19)}Z`,
    eventSource: "ecr.amazonaws.com",
    eventName: "PolicyExecutionEvent",
    awsRegion: region,
    sourceIPAddress: "AWS Internal",
    userAgent: "AWS Internal",
    requestParameters: null,
    responseElements: null,
    eventID,
    readOnly: false,
    resources: [{ ARN: arn, accountId: account, type: "AWS::ECR::Repository" }],
    eventType: "AwsServiceEvent",
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: "Management",
    serviceEventDetails: {
      repositoryName: name,
      lifecycleEventPolicy: {
        lifecycleEventRules: policy.rules.map(ruleDetails),
        lastEvaluatedAt: record.lastEvaluatedAt ?? 0,
        policyVersion: record.version,
        policyId: record.id,
      },
      lifecycleEventImageActions: steps.map(({ image, rulePriority }) => ({
        lifecycleEventImage: {
          digest: image.digest,
          tagStatus: image.tags.length > 0 ? "Tagged" : "Untagged",
          tagList: image.tags,
          pushedAt: image.pushedAt,
        },
        rulePriority,
      })),
    },
  };
}

const COUNT_TYPES = {
  imageCountMoreThan: "Image count more than",
  sinceImagePushed: "Since image pushed",
  sinceImagePulled: "Since image pulled",
  sinceImageTransitioned: "Since image transitioned",
} as const;
const TAG_STATUSES = { any: "Any", tagged: "Tagged", untagged: "Untagged" } as const;

function ruleDetails({ rulePriority, description, selection, action }: LifecycleRule): object {
  const { tagStatus, tagPatternList, tagPrefixList, countType, countUnit, countNumber } = selection;
  return {
    rulePriority,
    ...(description !== undefined && { description }),
    lifecycleEventSelection: {
      tagStatus: TAG_STATUSES[tagStatus],
      tagPrefixList: tagPrefixList ?? [],
      ...(tagPatternList && { tagPatternList }),
      countType: COUNT_TYPES[countType],
      ...(countUnit && { countUnit }),
      countNumber,
    },
    action: action.type,
  };
}
