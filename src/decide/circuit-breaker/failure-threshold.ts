/** `deploymentConfiguration.deploymentCircuitBreaker`, with AWS's defaults where a member is absent. */
export interface CircuitBreaker {
  readonly enable: boolean;
  /** Go back to the last completed deployment once one has failed. */
  readonly rollback: boolean;
  /** Default true: a task that becomes healthy sets the count of failures back to zero. */
  readonly resetOnHealthyTask?: boolean;
  /** Default `BOUNDED_PERCENT` of 50. */
  readonly threshold?: { readonly type: "BOUNDED_PERCENT" | "UNBOUNDED_PERCENT" | "COUNT"; readonly value: number };
}

/**
 * The number of failed tasks at which a deployment is FAILED: half of the desired count rounded up, at least 3 and at most 200,
 * unless it is configured otherwise.
 * Source: Amazon ECS Developer Guide, "How the Amazon ECS deployment circuit breaker detects failures".
 */
export function failureThreshold(breaker: CircuitBreaker, desiredCount: number): number {
  const { type, value } = breaker.threshold ?? { type: "BOUNDED_PERCENT", value: 50 };
  const percent = Math.ceil((desiredCount * value) / 100);
  switch (type) {
    case "BOUNDED_PERCENT":
      return Math.min(200, Math.max(3, percent));
    case "UNBOUNDED_PERCENT":
      return Math.max(1, percent);
    case "COUNT":
      return Math.max(1, value);
  }
}
