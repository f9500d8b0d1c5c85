/** What `airfield explain` tells of a task: where it is, and each step of its way. */
export interface TaskExplanation {
  readonly task: {
    readonly arn: string;
    readonly lastStatus: string;
    readonly desiredStatus: string;
    readonly launchType: string;
    readonly networkMode: string;
    readonly stoppedReason?: string;
  };
  /** Absent where the task has no interface of its own. */
  readonly place?: {
    readonly vpc: string;
    readonly subnet: string;
    readonly availabilityZone: string;
    readonly networkInterface: string;
    readonly address: string;
    readonly publicAddress?: string;
    readonly securityGroups: readonly string[];
  };
  readonly steps: readonly ExplainedStep[];
  /** The first thing in the way; absent where nothing is. */
  readonly inTheWay?: Obstruction;
}

export interface ExplainedStep {
  /** Such as `image 123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:1`. */
  readonly what: string;
  readonly outcome: "passes" | "barred" | "not yet";
  /** The components on the way, in order: `network-interface eni-…`, `route-table rtb-… (0.0.0.0/0)`. */
  readonly hops: readonly string[];
  readonly obstruction?: Obstruction;
}

export interface Obstruction {
  /** A code of AWS's Reachability Analyzer, or the reason of a target's health. */
  readonly code: string;
  /** The one component to look at: `sg-…`, `rtb-…`, `acl-…`, `igw-…`, the ARN of a target group. */
  readonly component: string;
  readonly text: string;
  readonly remedy?: string;
}

/** What `airfield explain service` tells: its tasks, one for all that are alike (of one deployment, in one subnet, in one state), and each step of their ways. */
export interface ServiceExplanation {
  readonly service: {
    readonly arn: string;
    readonly status: string;
    readonly desiredCount: number;
    readonly runningCount: number;
    readonly pendingCount: number;
    readonly lastEvent?: string;
  };
  readonly tasks: readonly ExplainedPart[];
  readonly inTheWay?: Obstruction;
}

/** What `airfield explain target` tells: the targets of a group, or one, from who connects to what the health check says. */
export interface TargetExplanation {
  readonly targetGroup: { readonly arn: string; readonly protocol: string; readonly port?: number; readonly targetType: string };
  readonly targets: readonly ExplainedPart[];
  readonly inTheWay?: Obstruction;
}

export interface ExplainedPart {
  /** A task's ARN, or `10.0.1.5:8080`. */
  readonly what: string;
  /** `PENDING`, `unhealthy`. */
  readonly status: string;
  /** How many it stands for, itself too. */
  readonly alike: number;
  readonly steps: readonly ExplainedStep[];
  readonly inTheWay?: Obstruction;
}
