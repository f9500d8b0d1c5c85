import type { ToldNames } from "../domain/told-names.ts";
import type { LaunchType } from "../domain/launch-type.ts";
import type { HealthStatus, StopCode } from "../domain/task-status.ts";

/**
 * Runs tasks. The contract is that of Amazon's own agent protocol: desired status goes in, state changes come out.
 * Everything is idempotent by task ARN, asynchronous and re-deliverable: `apply` may be called again at any time, also after
 * a restart of the control plane, and never restarts a container that runs.
 */
export interface TaskRunner {
  /**
   * Begins to bring a task about; what happens is told through the listener. Never rejects for what is wrong with the task itself.
   *
   * @param admitted no program of the task runs before it resolves, while all else is made ready; it never rejects. Absent where nothing is waited for
   */
  start(spec: TaskSpec, admitted?: Promise<void>): void;
  /**
   * The next task of `place`, such as a subnet, will probably have this network: what can be made ready for it may be. A hint; another one for the same
   * place replaces it.
   */
  foresee(place: string, network: TaskNetwork): void;
  /** Stops a task: SIGTERM, then SIGKILL after each container's `stopTimeout`. Idempotent; a task not known is reported as stopped. */
  stop(taskArn: string): void;
  /** Removes what is left of a stopped task: containers, volumes of its own. Resolves when it is gone. */
  forget(taskArn: string): Promise<void>;
  /**
   * Called once at start, before anything else: finds the tasks of this installation that the engine still has, watches them,
   * and tells what they are now. A task that the caller does not know is its to `stop` and `forget`.
   */
  adopt(): Promise<readonly TaskObservation[]>;
  /**
   * The addresses from which the containers of a task speak now, where they have addresses of their own: a request that comes from one of them
   * comes from the task. Empty for a task that is not there, and for one in the host's network.
   */
  addressesOf(taskArn: string): Promise<readonly string[]>;
  /** Whether everybody may have the image of exactly this name without a registry being asked, since it was made on the engine and came from none. */
  isMadeHere(image: string): Promise<boolean>;
  /** State changes. An observation is whole, not a difference, so that losing or repeating one does no harm. */
  onChange(listener: (observation: TaskObservation) => void): Disposable;
  /** Lets go of the engine without touching any task's containers. */
  close(): Promise<void>;
}

/** What the runner has brought about so far. Only moves forward. */
export type RunnerPhase = "pulling" | "creating" | "running" | "stopping" | "stopped";

export interface TaskObservation {
  readonly taskArn: string;
  readonly phase: RunnerPhase;
  readonly containers: readonly ContainerObservation[];
  readonly pullStartedAt?: number;
  readonly pullStoppedAt?: number;
  /** When the last essential container was started. */
  readonly startedAt?: number;
  /** When the first essential container exited, or the task failed to start. */
  readonly executionStoppedAt?: number;
  /** Present once the task fails or ends by itself: the words of AWS. Absent while it stops because it was told to. */
  readonly stop?: { readonly code: StopCode; readonly reason: string };
  /** Where each container port can be reached from this host. */
  readonly endpoints: readonly TaskEndpoint[];
}

export interface ContainerObservation {
  readonly name: string;
  readonly status: "PENDING" | "RUNNING" | "STOPPED";
  /** The engine's id of the container. */
  readonly runtimeId?: string;
  readonly imageDigest?: string;
  readonly exitCode?: number;
  /** AWS's words, such as `CannotPullContainerError: …` or `OutOfMemoryError: Container killed due to memory usage`. */
  readonly reason?: string;
  /** `UNKNOWN` where no health check is defined or none has passed yet. */
  readonly health: HealthStatus;
  readonly networkBindings: readonly {
    readonly containerPort: number;
    readonly hostPort: number;
    readonly protocol: "tcp" | "udp";
    readonly bindIP: string;
  }[];
}

export interface TaskEndpoint {
  readonly containerName: string;
  readonly containerPort: number;
  /** An address that this host can connect to: the task's own, or loopback where ports are published. */
  readonly address: string;
  readonly port: number;
}

/** All that is needed to run a task, with every reference resolved: secrets are values, image names are pullable. */
export interface TaskSpec {
  readonly taskArn: string;
  readonly taskId: string;
  readonly clusterName: string;
  readonly family: string;
  /** The task definition's revision: a label of the containers. */
  readonly revision?: number;
  /** Fargate gives the failing container's reason as the task's `stoppedReason`; the others say `Task failed to start`. */
  readonly launchType?: LaunchType;
  readonly network: TaskNetwork;
  readonly containers: readonly ContainerSpec[];
  readonly volumes: readonly TaskVolume[];
  /** Limits of the task as a whole. CPU in 1/1024 of a core, memory in MiB. */
  readonly cpu?: number;
  readonly memory?: number;
  readonly pidMode?: "host" | "task";
  readonly ipcMode?: "host" | "task" | "none";
}

export type TaskNetwork =
  | {
      readonly mode: "awsvpc";
      readonly vpcId: string;
      /** The VPC's CIDR block that this task has its address of, and the address. */
      readonly vpcCidr: string;
      /** Whether the block was associated with the VPC later: it has a network of its own. */
      readonly isFurther?: boolean;
      readonly address: string;
      readonly macAddress?: string;
      readonly hostname: string;
      /** Whom containers ask for names, and in which domains. The VPC's own server and no domains where absent. */
      readonly names?: ToldNames;
      /** The address at which the VPC's own resolver answers for sure, so that nobody else need be asked; `names` is there then, too. Absent where it does not. */
      readonly resolver?: string;
    }
  | { readonly mode: "bridge" }
  | { readonly mode: "host" }
  | { readonly mode: "none" };

/** What the engine needs to get an image; `failure` where the task stops before it has a container. */
export type PullableImage =
  | Pick<ContainerSpec, "pullReference" | "registryAuth" | "imageDigest" | "pullFailure" | "storedImage">
  | { readonly failure: string };

export interface ContainerSpec {
  readonly name: string;
  /** What `DescribeTasks` shows, as written in the task definition. */
  readonly image: string;
  /** What the engine pulls, with nothing left out that it could read otherwise: `localhost:4566/name@sha256:…`, `docker.io/library/nginx:1`. */
  readonly pullReference: string;
  readonly registryAuth?: { readonly username: string; readonly password: string };
  /**
   * How far an image that the engine has already may stand for what the registry gives. `granted`: the registry has said yes to this task for this
   * digest. `never`: the registry is asked in any case, and its word is final. Absent: as ECS's agent does by default, where the registry cannot be
   * asked, unless the image was got for another account.
   */
  readonly storedImage?: "granted" | "never";
  /** The digest that the tag meant when the task was started, where it is known. */
  readonly imageDigest?: string;
  /** What the image has to be made for; absent: what the engine itself is, or `amd64`, which ECS means where nothing is said. */
  readonly architecture?: "amd64" | "arm64";
  /**
   * Set where the image was found wanting before the runner was asked, such as a tag that our registry does not have: the task
   * stops with this reason as if the pull had failed.
   */
  readonly pullFailure?: string;
  /** Set where the task has no way to the image's registry, with the reason: it is not asked, and only an image that was made on this engine will do. */
  readonly unreachable?: string;
  readonly essential: boolean;
  readonly command?: readonly string[];
  readonly entryPoint?: readonly string[];
  /** Secrets are in here too: never log it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cpu?: number;
  /** Hard limit, MiB. */
  readonly memory?: number;
  /** Soft limit, MiB. */
  readonly memoryReservation?: number;
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly readonlyRootFilesystem?: boolean;
  readonly privileged?: boolean;
  readonly interactive?: boolean;
  readonly pseudoTerminal?: boolean;
  readonly hostname?: string;
  readonly dnsServers?: readonly string[];
  readonly dnsSearchDomains?: readonly string[];
  readonly extraHosts?: readonly { readonly hostname: string; readonly ipAddress: string }[];
  readonly dockerLabels?: Readonly<Record<string, string>>;
  readonly ulimits?: readonly { readonly name: string; readonly softLimit: number; readonly hardLimit: number }[];
  readonly systemControls?: Readonly<Record<string, string>>;
  /** As Docker writes them: `no-new-privileges`, `apparmor:profile`. */
  readonly securityOptions?: readonly string[];
  /** The container has no network but its loopback, whatever the task has. */
  readonly networkDisabled?: boolean;
  /** `bridge` only: other containers of the task, which it finds under their names and aliases. */
  readonly links?: readonly { readonly containerName: string; readonly alias: string }[];
  readonly linux?: {
    readonly addCapabilities?: readonly string[];
    readonly dropCapabilities?: readonly string[];
    readonly initProcessEnabled?: boolean;
    /** MiB. */
    readonly sharedMemorySize?: number;
    readonly devices?: readonly {
      readonly hostPath: string;
      readonly containerPath: string;
      readonly permissions: readonly ("read" | "write" | "mknod")[];
    }[];
    /** How much swap beyond its memory, MiB; none where absent. */
    readonly maxSwap?: number;
    /** 0 to 100. */
    readonly swappiness?: number;
    readonly tmpfs?: readonly { readonly containerPath: string; readonly size: number; readonly mountOptions: readonly string[] }[];
  };
  readonly portMappings: readonly { readonly containerPort: number; readonly hostPort?: number; readonly protocol: "tcp" | "udp" }[];
  readonly mountPoints: readonly { readonly sourceVolume: string; readonly containerPath: string; readonly readOnly: boolean }[];
  readonly volumesFrom: readonly { readonly sourceContainer: string; readonly readOnly: boolean }[];
  readonly dependsOn: readonly { readonly containerName: string; readonly condition: "START" | "COMPLETE" | "SUCCESS" | "HEALTHY" }[];
  /** Seconds. */
  readonly startTimeout?: number;
  /** Seconds; 30 where absent. */
  readonly stopTimeout?: number;
  /** It is started again in its place when it exits, unless with one of these codes or before it ran so many seconds. Its task goes on. */
  readonly restartPolicy?: { readonly ignoredExitCodes: readonly number[]; readonly attemptPeriod: number };
  /** Times in seconds. */
  readonly healthCheck?: {
    readonly command: readonly string[];
    readonly interval: number;
    readonly timeout: number;
    readonly retries: number;
    readonly startPeriod: number;
  };
  /** How the engine keeps its output: options of Docker's `json-file` driver, such as `max-size`. */
  readonly logOptions?: Readonly<Record<string, string>>;
  /** Where its output goes: lines are delivered to the runner's `LogSink`. Absent: the engine keeps them. */
  readonly log?: LogPlace;
}

/** Where a container's output goes. */
export interface LogPlace {
  readonly account: string;
  readonly region: string;
  readonly group: string;
  readonly stream: string;
  /** In the syntax of RE2: a line that matches begins an event, and the lines after it that do not are part of it. Each line is an event where absent. */
  readonly multilinePattern?: string;
}

/** What a volume is made with where the runner makes it. */
interface MadeVolume {
  readonly name: string;
  readonly driver?: string;
  readonly driverOptions?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

export type TaskVolume =
  /** Ends with its task. */
  | (MadeVolume & { readonly kind: "task" })
  /** A path of the host. It is looked at once more when it is mounted. */
  | { readonly name: string; readonly kind: "host"; readonly path: string }
  /** `account`: outlives its task, and is shared by all tasks of the account. `engine`: the engine's own volume of this name, whoever made it. */
  | (MadeVolume & { readonly kind: "account" | "engine"; readonly autoprovision: boolean });

/**
 * Where the runner delivers the output of containers that have `log`.
 * `resumeFrom` lets it continue after a restart without losing or repeating lines.
 */
export interface LogSink {
  /**
   * A container that writes to this log has started; it comes before its first lines. Also told of an adopted one of which no position is
   * stored: the process may have ended in between.
   */
  begin?(log: LogPlace): Promise<void>;
  /**
   * Lines of one container, oldest first; resolves when they are stored. Times are milliseconds since the Unix epoch.
   * `position` is opaque and says how far the container's output has come with these lines: store it in the same
   * transaction, so that after a crash the lines are there exactly if the position is.
   */
  write(log: LogPlace, lines: readonly { readonly timestamp: number; readonly message: string }[], position: string): Promise<void>;
  /**
   * The `position` stored last for this log. A sink without memory leaves this out: then the output of a container that is
   * adopted is followed from the adoption on, and what it printed while nobody listened is left to the engine.
   */
  resumeFrom?(log: LogPlace): Promise<string | undefined>;
}
