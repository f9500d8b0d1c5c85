import { newDeployment } from "../../src/decide/rollout/new-deployment.ts";
import { arn } from "../../src/domain/arn.ts";
import { balancedCluster, putBalancedCluster, putService, SCOPE } from "../../src/testing/balanced-cluster.ts";
import { systemClock as clock } from "../../src/drivers/system/clock.ts";
import { systemIds as ids } from "../../src/drivers/system/ids.ts";
import { putDefaultSecurityGroup } from "../../src/state/default-vpc.ts";
import { subnets, vpcs } from "../../src/state/ec2.ts";
import { services, taskDefinitions, type DeploymentRecord, type ServiceRecord } from "../../src/state/ecs.ts";
import type { WholeState } from "../../src/state/state.ts";

const BENCH = balancedCluster("bench");
export const CLUSTER = BENCH.cluster;
const VPC = "vpc-bench";
const SUBNETS = ["a", "b", "c", "d"].map((zone, at) => ({
  id: `subnet-${zone}`,
  zone: `${SCOPE.region}${zone}`,
  block: `10.200.${at * 64}.0/18`,
}));

/** A cluster in a VPC of 65,000 addresses, and a load balancer whose target group a service may use. */
export function furnish(state: WholeState): void {
  state.commit(() => {
    const vpc = state.table(vpcs).put({ ...SCOPE, id: VPC, cidrBlock: "10.200.0.0/16", isDefault: true, tags: [] });
    putDefaultSecurityGroup(state, ids, vpc);
    for (const { id, zone, block } of SUBNETS)
      state.table(subnets).put({
        ...SCOPE,
        id,
        vpcId: VPC,
        cidrBlock: block,
        availabilityZone: zone,
        availabilityZoneId: `use1-${zone}`,
        defaultForAz: true,
        mapPublicIpOnLaunch: true,
        tags: [],
      });
    putBalancedCluster(state, BENCH, { vpcId: VPC, deregistrationDelay: 0, now: clock.now() });
  });
}

/** A task definition of one container with a port, and with a health check where nothing else tells that it is well. */
export function publish(state: WholeState, family: string, revision: number, image: string, healthCheck: boolean): string {
  const own = arn("ecs", SCOPE, `task-definition/${family}:${revision}`);
  const container = { name: "app", image, essential: true, memory: 64, portMappings: [{ containerPort: 80 }] };
  state.commit(() =>
    state.table(taskDefinitions).put({
      ...SCOPE,
      arn: own,
      family,
      revision,
      status: "ACTIVE",
      definition: {
        family,
        networkMode: "awsvpc",
        cpu: "256",
        memory: "512",
        containerDefinitions: [healthCheck ? { ...container, healthCheck: { command: ["CMD", "true"] } } : container],
      },
      tags: [],
      registeredAt: clock.now(),
      registeredBy: "root",
    }),
  );
  return own;
}

export interface NewService {
  readonly name: string;
  readonly definition: string;
  readonly desiredCount: number;
  readonly balanced: boolean;
}

/** Writes down what CreateService would. */
export function createService(state: WholeState, wanted: NewService): string {
  const { name } = wanted;
  const own = arn("ecs", SCOPE, `service/bench/${name}`);
  putService(state, BENCH, { arn: own, name, deployment: deploymentOf(wanted), now: clock.now() });
  return own;
}

/** Writes down what UpdateService would for another task definition. */
export function deploy(state: WholeState, arn: string, definition: string): void {
  state.commit(() =>
    state.table(services).update(arn, (service) => {
      const fresh = deploymentOf({ ...service, definition, balanced: service.loadBalancers.length > 0 });
      const old = service.deployments.map((one): DeploymentRecord => ({ ...one, status: "ACTIVE" }));
      return { ...service, taskDefinitionArn: definition, deployments: [fresh, ...old] };
    }),
  );
}

/** Writes down what DeleteService would. */
export function remove(state: WholeState, arn: string): void {
  state.commit(() => state.table(services).update(arn, (service) => ({ ...service, status: "DRAINING", desiredCount: 0 })));
}

/** Resolves when every one of the services is as `is` says. Costs a look at each change. */
export function untilAll(state: WholeState, arns: readonly string[], is: (service: ServiceRecord) => boolean): Promise<void> {
  const waiting = new Set(arns.filter((arn) => !is(requireService(state, arn))));
  return new Promise((resolve) => {
    if (waiting.size === 0) return resolve();
    const watch = state.watch(services, ({ key, after }) => {
      if (!waiting.has(key) || !after || !is(after)) return;
      waiting.delete(key);
      if (waiting.size > 0) return;
      watch[Symbol.dispose]();
      resolve();
    });
  });
}

export function isCompleted({ deployments }: ServiceRecord): boolean {
  return deployments.length === 1 && deployments[0]?.rolloutState === "COMPLETED";
}

function requireService(state: WholeState, arn: string): ServiceRecord {
  const service = state.table(services).get(arn);
  if (!service) throw new Error(`no service ${arn}`);
  return service;
}

function deploymentOf({ definition, desiredCount, balanced }: Omit<NewService, "name">): DeploymentRecord {
  const now = clock.now();
  return {
    ...newDeployment(`ecs-svc/${ids.digits(19)}`, definition, desiredCount, now),
    updatedAt: now,
    launchType: "FARGATE",
    networkConfiguration: { awsvpcConfiguration: { subnets: SUBNETS.map(({ id }) => id) } },
    loadBalancers: balanced ? [{ targetGroupArn: BENCH.targetGroup, containerName: "app", containerPort: 80 }] : [],
  };
}
