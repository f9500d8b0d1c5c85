/** What `airfield status` shows, and prints with `--json`. */
export interface Overview {
  readonly endpoint: string;
  /** What is wrong with the server itself just now. */
  readonly troubles: readonly TroubleOverview[];
  readonly regions: readonly RegionOverview[];
}

export interface TroubleOverview {
  /** ISO 8601. */
  readonly since: string;
  readonly text: string;
}

export interface RegionOverview {
  readonly region: string;
  readonly clusters: readonly ClusterOverview[];
  readonly loadBalancers: readonly LoadBalancerOverview[];
}

export interface ClusterOverview {
  readonly name: string;
  readonly services: readonly ServiceOverview[];
  /** Those of no service. */
  readonly tasks: readonly TaskOverview[];
}

export interface ServiceOverview {
  readonly name: string;
  readonly status: string;
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  readonly deployments: readonly DeploymentOverview[];
  readonly tasks: readonly TaskOverview[];
  readonly lastEvent?: string;
}

export interface DeploymentOverview {
  readonly status: string;
  readonly rolloutState: string;
  /** `family:revision` */
  readonly taskDefinition: string;
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  readonly failed: number;
  readonly reason?: string;
}

export interface TaskOverview {
  readonly id: string;
  readonly status: string;
  readonly health: string;
  readonly taskDefinition: string;
  readonly address?: string;
}

export interface LoadBalancerOverview {
  readonly name: string;
  readonly type: string;
  readonly state: string;
  readonly listeners: readonly ListenerOverview[];
}

export interface ListenerOverview {
  readonly url: string;
  readonly port: number;
  /** The port that could really be bound, where it is another one. */
  readonly boundPort?: number;
  /** True where another load balancer took the port first: only requests for this one's own name get here. */
  readonly onlyByName?: boolean;
  readonly healthyTargets: number;
  readonly targets: number;
}
