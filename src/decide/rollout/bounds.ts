import type { ServiceView } from "./view.ts";

export interface Bounds {
  readonly desired: number;
  /** The scheduler takes no healthy task away that would leave fewer healthy ones than this. */
  readonly minimum: number;
  /** The scheduler starts no task that would make more than this take up room. */
  readonly maximum: number;
}

/**
 * `minimumHealthyPercent` rounds up, `maximumPercent` rounds down. A maximum below 100 percent never keeps a service from its desired
 * count, nor does a minimum above it ask for more.
 * Source: Amazon ECS API, `DeploymentConfiguration`.
 */
export function boundsOf(service: ServiceView): Bounds {
  const { desiredCount: desired, minimumHealthyPercent, maximumPercent } = service;
  return {
    desired,
    minimum: Math.min(desired, Math.ceil((desired * minimumHealthyPercent) / 100)),
    maximum: Math.max(desired, Math.floor((desired * maximumPercent) / 100)),
  };
}
