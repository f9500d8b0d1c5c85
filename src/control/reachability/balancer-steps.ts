import { pathOf, type Path } from "../../decide/reachability/path.ts";
import { TCP, UDP, type WorldInterface } from "../../domain/network-world.ts";
import type { ExplainedStep } from "../../domain/task-explanation.ts";
import { services, type TaskRecord, type TaskTarget } from "../../state/ecs.ts";
import { interfacesOf } from "../../state/elb-interfaces.ts";
import {
  listeners,
  loadBalancers,
  rules,
  targetGroups,
  targetKey,
  targets,
  type ListenerRecord,
  type LoadBalancerRecord,
  type TargetGroupRecord,
} from "../../state/elb.ts";
import { interfaceInWorld, taskInWorld, worldAround } from "../../state/network-world.ts";
import type { WholeState } from "../../state/state.ts";
import { pathStep } from "./path-step.ts";

/** A client on the internet: anybody. */
const CLIENT = "192.0.2.1";

/** From clients to the load balancers of a task's service, from there to the task, and what their health checks say. */
export function balancerSteps(state: WholeState, task: TaskRecord): readonly ExplainedStep[] {
  return wantedTargets(state, task).flatMap((wanted) => targetSteps(state, taskInWorld(state, task), wanted));
}

export interface WantedTarget {
  readonly targetGroupArn: string;
  readonly port: number;
  /** Absent where it is not registered. */
  readonly registered?: Pick<TaskTarget, "targetGroupArn" | "targetId" | "port">;
}

/** Those that the task has, or will have once it runs. */
function wantedTargets(state: WholeState, task: TaskRecord): readonly WantedTarget[] {
  if (task.targets.length > 0)
    return task.targets.map((registered) => ({ targetGroupArn: registered.targetGroupArn, port: registered.port, registered }));
  const service = task.serviceArn === undefined ? undefined : state.table(services).get(task.serviceArn);
  const deployment = service?.deployments.find(({ id }) => id === task.deploymentId);
  return (deployment?.loadBalancers ?? []).flatMap(({ targetGroupArn, containerPort }) =>
    targetGroupArn === undefined || containerPort === undefined ? [] : [{ targetGroupArn, port: containerPort }],
  );
}

/** The same of one target. @param target its interface; absent where it has none in a VPC here */
export function targetSteps(state: WholeState, target: WorldInterface | undefined, wanted: WantedTarget): readonly ExplainedStep[] {
  const group = state.table(targetGroups).get(wanted.targetGroupArn);
  if (!group) {
    const text = `the target group ${wanted.targetGroupArn} is not there`;
    return [
      barred(
        `target group ${wanted.targetGroupArn}`,
        "NO_SOURCE_OR_DESTINATION",
        wanted.targetGroupArn,
        text,
        "update the service with one that is",
      ),
    ];
  }
  const used = listenersTo(state, group.arn);
  if (used.length === 0)
    return [
      barred(
        `a listener that forwards to ${group.name}`,
        "ELBV2_LISTENERS_MISMATCH",
        group.arn,
        `no listener of a load balancer forwards to the target group ${group.arn}`,
        "make a listener, or a rule, that forwards there",
      ),
    ];
  const ways = used.flatMap(([balancer, listener, rule]) => [
    ...(balancer.scheme === "internet-facing" ? [fromClient(state, balancer, listener)] : []),
    ...(target && group.targetType === "ip" ? [led(toTarget(state, balancer, group, target, wanted.port), listener, rule, group)] : []),
  ]);
  return [...once(ways), ...healthStep(state, group, wanted)];
}

/** From the listener that took a request, and the rule that sends it on. */
function led(step: ExplainedStep, { protocol, port }: ListenerRecord, rule: string, { name }: TargetGroupRecord): ExplainedStep {
  return { ...step, hops: [`listener ${protocol}:${port}`, `rule ${rule}`, `target-group ${name}`, ...step.hops] };
}

/** Several listeners of a load balancer have the same way to a target. */
function once(steps: readonly ExplainedStep[]): readonly ExplainedStep[] {
  return [...new Map(steps.map((step) => [step.what, step])).values()];
}

/** Each with its load balancer, and the rule by which it forwards there. */
function listenersTo(state: WholeState, targetGroupArn: string): readonly (readonly [LoadBalancerRecord, ListenerRecord, rule: string])[] {
  const found = new Map<string, readonly [ListenerRecord, string]>();
  for (const { arn, listenerArn, priority } of state.table(rules).by("targetGroup", targetGroupArn)) {
    const listener = state.table(listeners).get(listenerArn);
    if (listener) found.set(listenerArn, [listener, `${priority} (${arn.slice(arn.lastIndexOf("/") + 1)})`]);
  }
  for (const listener of state.table(listeners).by("targetGroup", targetGroupArn)) found.set(listener.arn, [listener, "default"]);
  return [...found.values()].flatMap(([listener, rule]) => {
    const balancer = state.table(loadBalancers).get(listener.loadBalancerArn);
    return balancer ? [[balancer, listener, rule] as const] : [];
  });
}

function fromClient(state: WholeState, balancer: LoadBalancerRecord, { port, protocol }: ListenerRecord): ExplainedStep {
  const what = `clients to ${balancer.name}:${port}`;
  return firstOf(what, interfacesIn(state, balancer), (end) =>
    pathOf(worldAround(state, [end]), { from: CLIENT, to: end.address, protocol: transport(protocol), port }),
  );
}

function toTarget(
  state: WholeState,
  balancer: LoadBalancerRecord,
  group: TargetGroupRecord,
  target: WorldInterface,
  port: number,
): ExplainedStep {
  const what = `${balancer.name} to ${target.address}:${port}`;
  return firstOf(what, interfacesIn(state, balancer), (end) =>
    pathOf(worldAround(state, [end, target]), {
      from: end.address,
      to: target.address,
      protocol: transport(group.protocol ?? "HTTP"),
      port,
    }),
  );
}

/** Each address of a load balancer must get through; the first that does not is told. */
function firstOf(what: string, ends: readonly WorldInterface[], way: (end: WorldInterface) => Path): ExplainedStep {
  const ways = ends.map(way);
  const [told = ways[0]] = ways.filter(({ explanation }) => explanation !== undefined);
  return told ? pathStep(what, told) : { what, outcome: "not yet", hops: [] };
}

function interfacesIn(state: WholeState, { arn }: LoadBalancerRecord): readonly WorldInterface[] {
  return interfacesOf(state, arn).map((record) => interfaceInWorld(state, record));
}

function transport(protocol: string): number {
  return protocol === "UDP" ? UDP : TCP;
}

function healthStep(state: WholeState, group: TargetGroupRecord, { registered }: WantedTarget): readonly ExplainedStep[] {
  const what = `health in ${group.name}`;
  const target = registered && state.table(targets).get(targetKey(registered.targetGroupArn, registered.targetId, registered.port));
  if (!target) return [{ what, outcome: "not yet", hops: [`target-group ${group.name}`] }];
  const hops = [`target-group ${group.name}`, `target ${target.id}:${target.port}`];
  const { state: is, reason = "", description = "" } = target.health;
  if (is === "healthy") return [{ what, outcome: "passes", hops }];
  if (is === "initial" || is === "draining") return [{ what: `${what}: ${is}`, outcome: "not yet", hops }];
  const { protocol, port, path } = group.healthCheck;
  const check = `${protocol} ${path ?? ""} on ${port === "traffic-port" ? `port ${target.port}` : `port ${port}`}`.replace(/ {2}/, " ");
  const text = `the target ${target.id}:${target.port} is ${is}: ${description}`;
  return [{ ...barred(what, reason, group.arn, text, `look at what answers to the health check, ${check}`), hops }];
}

function barred(what: string, code: string, component: string, text: string, remedy: string): ExplainedStep {
  return { what, outcome: "barred", hops: [], obstruction: { code, component, text, remedy } };
}
