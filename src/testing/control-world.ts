import { balancedCluster, putBalancedCluster, putService, SCOPE } from "./balanced-cluster.ts";
import { arn } from "../domain/arn.ts";
import { loadBalancing } from "../control/load-balancing/load-balancing.ts";
import { targetSurroundings } from "../control/load-balancing/target-surroundings.ts";
import { proxyShares } from "../control/proxy-shares.ts";
import { serviceConnect } from "../control/service-connect/service-connect.ts";
import { serviceLoop } from "../control/services/service-loop.ts";
import { taskLoop } from "../control/tasks/task-loop.ts";
import { keepHostBlocks } from "../control/vpc-networks/follow-networks.ts";
import { networkForTask } from "../control/vpc-networks/network-for-task.ts";
import { newDeployment } from "../decide/rollout/new-deployment.ts";
import { Disposals } from "../disposals.ts";
import { memoryJournal } from "../drivers/memory/journal.ts";
import type { Ids } from "../ports/ids.ts";
import type { Journal, JournalRecord } from "../ports/journal.ts";
import type { Logger } from "../ports/logger.ts";
import { defaultNetwork } from "../state/default-vpc.ts";
import {
  services,
  taskDefinitions,
  tasks,
  type ConnectEndpoint,
  type DeploymentRecord,
  type ServiceRecord,
  type TaskRecord,
} from "../state/ecs.ts";
import { connectServers, type ConnectServerRecord } from "../state/ecs-connect.ts";
import { targets, type TargetRecord } from "../state/elb.ts";
import { JournaledState } from "../state/journaled-state.ts";
import type { WholeState } from "../state/state.ts";
import { ControlLaws, type Watched } from "./control-laws.ts";
import { FakeTaskEngine, fakeTaskRunner, type FakeBehaviour } from "./fake-task-runner.ts";
import { FakeTrafficProxy } from "./fake-traffic-proxy.ts";
import { FakeVpcNetworks } from "./fake-vpc-networks.ts";
import { HeldJournal } from "./held-journal.ts";
import { ManualClock } from "./manual-clock.ts";
import type { Random } from "./seeded-random.ts";
import { openResolver } from "./open-resolver.ts";

const CLUSTER = balancedCluster("web");
const SERVICE = arn("ecs", SCOPE, "service/web/web");

/** What the service offers by Service Connect, besides. */
const ENDPOINT: ConnectEndpoint = {
  ...{ namespaceId: "ns-mesh", discoveryServiceId: "srv-web", discoveryArn: "arn", discoveryName: "web" },
  ...{ containerName: "web", containerPort: 80, protocol: "http", alias: { dnsName: "web", port: 80 } },
  ...{ idleTimeout: 300, requestTimeout: 15 },
};

/** How the tasks of a version fare. */
export interface Version {
  readonly container: FakeBehaviour;
  /** Whether the load balancer's checks find it healthy. */
  readonly healthy: boolean;
}

/**
 * The real control loops over a simulated engine, proxy, disk and clock. The disk is late; the control plane can die at any moment, loses what had not
 * got there, and comes back with the rest; the engine and the proxy go on meanwhile. The laws are looked at whenever anything happens.
 */
export class ControlWorld {
  readonly clock = new ManualClock();
  readonly engine = new FakeTaskEngine(this.clock);
  readonly proxy = new FakeTrafficProxy();
  /** The networks of the host, which outlive the control plane too. */
  readonly networks = new FakeVpcNetworks();
  readonly random: Random;
  /** What the loops told as errors: steps that threw. */
  readonly errors: string[] = [];
  readonly laws = new ControlLaws();
  readonly #records = new Map<string, JournalRecord>();
  readonly #versions = new Map<string, Version>();
  readonly #probed = new Set<string>();
  readonly #ids: Ids;
  #state: WholeState;
  #running: { readonly parts: Disposals; readonly journal: HeldJournal } | undefined;
  #count = 0;
  /** What was deployed, in order, and whether the API would have answered. */
  readonly #asked: { readonly definition: string; acknowledged: boolean }[] = [];

  constructor(random: Random) {
    this.random = random;
    this.#ids = seededIds(random);
    this.#state = this.#recovered(memoryJournal(this.#records));
  }

  get service(): ServiceRecord {
    const service = this.#state.table(services).get(SERVICE);
    if (!service) throw new Error("the world has no service");
    return service;
  }

  get tasks(): readonly TaskRecord[] {
    return [...this.#state.table(tasks).values()];
  }

  get targets(): readonly TargetRecord[] {
    return [...this.#state.table(targets).values()];
  }

  /** The tasks that Service Connect offers, and how; each as the proxy has it. */
  get offered(): readonly string[] {
    const inProxy = new Set(this.proxy.configuration.backends.find(({ connect }) => connect)?.servers.map(({ id }) => id));
    const how = ({ taskId, passed, drainingUntil }: ConnectServerRecord): string =>
      !inProxy.has(taskId) ? "missing" : drainingUntil !== undefined ? "draining" : passed ? "passed" : "initial";
    return [...this.#state.table(connectServers).values()].map((server) => `${server.taskId} ${how(server)}`).sort();
  }

  /** The tasks of which the engine has a container, running or not. */
  containers(): readonly string[] {
    return [...this.engine.tasks]
      .flatMap(([arn, { containers }]) => (containers.some(({ state }) => state !== "absent") ? arn : []))
      .sort();
  }

  /** The definitions one of which is deployed in the end: the last one that was acknowledged, and those asked for after it. */
  get deployable(): readonly string[] {
    const last = this.#asked.findLastIndex(({ acknowledged }) => acknowledged);
    return this.#asked.slice(Math.max(last, 0)).map(({ definition }) => definition);
  }

  /** Makes a cluster, a load balancer and a service of version `v1`. */
  async begin(desiredCount: number, version: Version): Promise<void> {
    const state = this.#state;
    const network = defaultNetwork(state, this.#ids, SCOPE, 1);
    const subnets = network.subnets.map(({ id }) => id);
    const now = this.clock.now();
    state.commit(() => {
      putBalancedCluster(state, CLUSTER, { vpcId: network.vpc.id, deregistrationDelay: 20, now });
      putService(state, CLUSTER, {
        arn: SERVICE,
        name: "web",
        deployment: this.#deployment(this.#publish(version), desiredCount, subnets),
        now,
      });
    });
    this.#asked.push({ definition: this.service.taskDefinitionArn, acknowledged: true });
    await this.start();
  }

  /** What UpdateService does with a new task definition. */
  deploy(version: Version): string {
    const definition = this.#publish(version);
    const { service } = this;
    const subnets = service.networkConfiguration?.awsvpcConfiguration?.subnets ?? [];
    const deployment = this.#deployment(definition, service.desiredCount, subnets);
    const others = service.deployments.map((other): DeploymentRecord =>
      other.status === "PRIMARY" ? { ...other, status: "ACTIVE" } : other,
    );
    this.#state.commit(() =>
      this.#state.table(services).put({ ...service, taskDefinitionArn: definition, deployments: [deployment, ...others] }),
    );
    const asked = { definition, acknowledged: false };
    this.#asked.push(asked);
    this.#state.durable().then(
      () => (asked.acknowledged = true),
      () => undefined,
    );
    return definition;
  }

  /** For so long the engine starts no container. */
  failStarts(ms: number): void {
    this.engine.failStarts("the engine has no room");
    this.clock.after(ms, () => this.engine.failStarts(undefined));
  }

  /** What StopTask does. */
  stopTask(arn: string): void {
    this.#state.commit(() =>
      this.#state
        .table(tasks)
        .update(arn, (task) =>
          task.desiredStatus === "STOPPED"
            ? task
            : { ...task, desiredStatus: "STOPPED", stopCode: "UserInitiated", stoppedReason: "Task stopped by user" },
        ),
    );
  }

  scale(desiredCount: number): void {
    this.#state.commit(() => this.#state.table(services).update(SERVICE, (service) => ({ ...service, desiredCount })));
  }

  /** The control plane begins, with what the journal has. */
  async start(): Promise<void> {
    if (this.#running) return;
    const { clock, engine, random } = this;
    // As a rule a sync takes milliseconds; now and then the disk has something else to do.
    const late = (): number => (random.chance(0.1) ? random.between(100, 3000) : random.between(0, 20));
    const journal = new HeldJournal(this.#records, (write) => void clock.after(late(), write));
    this.#state = this.#recovered(journal);
    const state = this.#state;
    const ids = this.#ids;
    const logger: Logger = {
      info: () => undefined,
      warn: () => undefined,
      error: (message, fields) => void this.errors.push(`${message} ${JSON.stringify(fields)}`),
    };
    const parts = new Disposals();
    this.#running = { parts, journal };
    const watched: Watched = { state, journal, engine, proxy: this.proxy, now: () => clock.now() };
    const check = (): void => this.laws.check(watched);
    for (const watch of [state.watch(tasks, check), state.watch(targets, check), engine.watch(check)])
      parts.defer(() => watch[Symbol.dispose]());
    const runner = this.laws.runner(fakeTaskRunner({ engine, clock }), watched);
    parts.defer(() => runner.close());
    parts.use(keepHostBlocks(state, this.networks));
    const surroundings = targetSurroundings({ state, host: () => ({ ownBlocks: [], bridgedBlocks: [] }), openedBlocks: [] });
    const proxy = this.laws.proxy(this.proxy.reopen(), watched);
    const shares = proxyShares(proxy, ["balancing", "connect"]);
    parts.use(loadBalancing({ state, clock, proxy: shares.balancing, logger, surroundings }));
    const connecting = parts.use(serviceConnect({ state, clock, proxy: shares.connect, logger, isEnforced: false }));
    const network = networkForTask({ state, networks: this.networks, logger });
    const connectReady = (task: TaskRecord) => connecting.ready(task);
    parts.use(await taskLoop({ state, clock, ids, runner, logger, resolver: openResolver, networkForTask: network, connectReady }));
    parts.use(serviceLoop({ state, clock, ids, logger }));
  }

  /** The control plane dies: what it was about to do is not done, and what the disk had not taken is lost. */
  async die(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    // Whatever it still commits goes to a state that nobody will read again.
    this.#state.commit = () => {
      throw new Error("this control plane is dead");
    };
    running.journal.fail(new Error("this control plane is dead"));
    this.#state = this.#recovered(memoryJournal(this.#records));
    await running.parts[Symbol.asyncDispose]();
  }

  #recovered(journal: Journal): WholeState {
    return new JournaledState(journal, { records: this.#records.values() });
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Lets time pass. The proxy's checks see each new server after a while. */
  async pass(ms: number): Promise<void> {
    const step = 250;
    for (let passed = 0; passed < ms; passed += step) {
      await this.clock.pass(Math.min(step, ms - passed));
      this.#probe();
      this.laws.check({ state: this.#state, engine: this.engine, proxy: this.proxy });
    }
  }

  #probe(): void {
    for (const backend of this.proxy.configuration.backends)
      for (const server of backend.servers) {
        const key = `${backend.id}/${server.id}`;
        if (this.#probed.has(key)) continue;
        this.#probed.add(key);
        const task = this.tasks.find(({ networkInterface }) => networkInterface?.privateIpv4Address === server.address);
        const healthy = (task && this.#versions.get(task.taskDefinitionArn)?.healthy) ?? false;
        this.clock.after(this.random.between(0, 3000), () => {
          if (healthy) this.proxy.see(backend.id, server.id, "healthy");
          else this.proxy.see(backend.id, server.id, "unhealthy", { kind: "status", status: 503 });
        });
        this.#visit(backend.id, server.id);
        // Another task may get the same address later: then its server is looked at anew.
        this.clock.after(30_000, () => this.#probed.delete(key));
      }
  }

  /** Clients come now and then, as long as new requests go to the server, and some stay for a while. */
  #visit(backend: string, server: string): void {
    const { proxy, random, clock } = this;
    clock.after(random.between(1000, 40_000), () => {
      if (!proxy.inRotation().some(({ backend: of, id }) => of === backend && id === server)) return;
      proxy.carry(backend, server, random.between(1, 5));
      const stay = random.chance(0.2) ? random.between(10_000, 40_000) : random.between(10, 3000);
      clock.after(stay, () => proxy.carry(backend, server, 0));
      this.#visit(backend, server);
    });
  }

  #publish(version: Version): string {
    this.#count += 1;
    const definition = arn("ecs", SCOPE, `task-definition/web:${this.#count}`);
    const image = `web:${this.#count}`;
    this.engine.script(image, version.container);
    this.#versions.set(definition, version);
    this.#state.commit(() =>
      this.#state.table(taskDefinitions).put({
        ...SCOPE,
        arn: definition,
        family: "web",
        revision: this.#count,
        status: "ACTIVE",
        definition: {
          family: "web",
          networkMode: "awsvpc",
          containerDefinitions: [{ name: "web", image, essential: true, portMappings: [{ containerPort: 80 }] }],
        },
        tags: [],
        registeredAt: this.clock.now(),
        registeredBy: "root",
      }),
    );
    return definition;
  }

  #deployment(definition: string, desiredCount: number, subnets: string[]): DeploymentRecord {
    const id = `ecs-svc/${this.#ids.digits(19)}`;
    const now = this.clock.now();
    return {
      ...newDeployment(id, definition, desiredCount, now),
      updatedAt: now,
      launchType: "FARGATE",
      networkConfiguration: { awsvpcConfiguration: { subnets } },
      loadBalancers: [{ targetGroupArn: CLUSTER.targetGroup, containerName: "web", containerPort: 80 }],
      connect: { configuration: { enabled: true }, namespaceId: ENDPOINT.namespaceId, endpoints: [ENDPOINT], names: [] },
    };
  }
}

function seededIds(random: Random): Ids {
  const from = (alphabet: string, length: number): string =>
    Array.from({ length }, () => alphabet[random.between(0, alphabet.length - 1)]).join("");
  const hex = (length: number): string => from("0123456789abcdef", length);
  return {
    hex,
    alphanumeric: (length) => from("ABCDEFabcdef0123456789", length),
    digits: (length) => from("123456789", length),
    uuid: () => [8, 4, 4, 4, 12].map(hex).join("-"),
  };
}
