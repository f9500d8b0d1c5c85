/**
 * A lifecycle policy whose text was checked. The members are called as in the text, so that `JSON.stringify` gives it back.
 * Source: ECR User Guide, "Lifecycle policy properties in Amazon ECR".
 */
export interface LifecyclePolicy {
  /** In the order of their priority: the lowest number, which goes before all others, first. */
  readonly rules: readonly LifecycleRule[];
}

export interface LifecycleRule {
  readonly rulePriority: number;
  readonly description?: string;
  readonly selection: LifecycleSelection;
  readonly action: LifecycleAction;
}

export interface LifecycleSelection {
  readonly tagStatus: TagStatus;
  /** Where `tagStatus` is `tagged`, one of the two lists is given. An image matches when each entry is matched by one of its tags. */
  readonly tagPatternList?: readonly string[];
  readonly tagPrefixList?: readonly string[];
  /** `standard` where absent. */
  readonly storageClass?: StorageClass;
  readonly countType: CountType;
  /** Given for each count type but `imageCountMoreThan`. */
  readonly countUnit?: "days";
  /** Images to keep, or days. */
  readonly countNumber: number;
}

export type LifecycleAction = { readonly type: "expire" } | { readonly type: "transition"; readonly targetStorageClass: "archive" };

export type TagStatus = "tagged" | "untagged" | "any";
export type StorageClass = "standard" | "archive";
export type CountType = "imageCountMoreThan" | "sinceImagePushed" | "sinceImagePulled" | "sinceImageTransitioned";

export function storageClassOf({ storageClass = "standard" }: LifecycleSelection): StorageClass {
  return storageClass;
}
