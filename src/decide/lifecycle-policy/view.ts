import type { LifecycleAction } from "./policy.ts";

/** What of an image decides over it. Times are milliseconds since the Unix epoch. */
export interface LifecycleImage {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly pushedAt: number;
  readonly lastPulledAt?: number;
  /** Active where absent. */
  readonly status?: "ARCHIVED" | "ACTIVATING";
  readonly lastArchivedAt?: number;
  readonly lastActivatedAt?: number;
  /** The image that this artifact refers to. */
  readonly subject?: string;
  /** The images that this index lists. */
  readonly manifests: readonly { readonly digest: string }[];
}

export interface LifecycleStep<I extends LifecycleImage = LifecycleImage> {
  readonly image: I;
  readonly action: LifecycleAction;
  /** Of the rule that acts: the image's own, or that of the subject which it follows. */
  readonly rulePriority: number;
}
