import type { ContainerSpec, TaskSpec } from "../../ports/task-runner.ts";
import { vpcEndpoints } from "../../state/ec2-endpoints.ts";
import { elasticAddresses, internetGateways, natGateways } from "../../state/ec2-gateways.ts";
import { networkAcls } from "../../state/ec2-network-acls.ts";
import { vpcPeerings } from "../../state/ec2-peering.ts";
import { routeTables } from "../../state/ec2-routing.ts";
import { securityGroups, vpcs } from "../../state/ec2.ts";
import type { TaskRecord } from "../../state/ecs.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import type { WholeState } from "../../state/state.ts";
import type { TableDefinition } from "../../state/table.ts";
import type { ImageHome } from "./needs.ts";
import { barredWays, type BarredWays } from "./task-ways.ts";

/** Ways of tasks to what they need, as a start looks at them. */
export interface WaysOfTasks {
  /** What bars a task; `undefined` where nothing does, or nothing that it has waited for long enough. */
  readonly barred: (task: TaskRecord) => BarredWays | undefined;
  /** Milliseconds for which Fargate's agent tries again before a task stops. */
  readonly patience: number;
  /** Calls `wake` with the VPC in which a way may have opened. */
  readonly watch: (wake: (vpcId: string) => void) => Disposable;
}

export function waysOfTasks(state: WholeState, homeOf: ImageHome, patience: number): WaysOfTasks {
  return {
    patience,
    barred: (task) => barredWays(state, task, homeOf),
    watch(wake) {
      // What belonged to a VPC and what belongs to one: a gateway may have been attached.
      const on = <R extends object, I extends string>(table: TableDefinition<R, I>, vpcOf: (record: R) => string | undefined): Disposable =>
        state.watch(table, ({ before, after }) => {
          const changed = [before, after].flatMap((record) => (record ? (vpcOf(record) ?? []) : []));
          for (const vpcId of new Set(changed)) wake(vpcId);
        });
      const ofVpc = ({ vpcId }: { readonly vpcId?: string }): string | undefined => vpcId;
      const subscriptions = [
        on(vpcEndpoints, ofVpc),
        on(internetGateways, ofVpc),
        on(natGateways, ofVpc),
        on(networkAcls, ofVpc),
        on(routeTables, ofVpc),
        on(securityGroups, ofVpc),
        on(networkInterfaces, ofVpc),
        on(vpcs, ({ id }) => id),
        on(vpcPeerings, ({ requester }) => requester.vpcId),
        on(vpcPeerings, ({ accepter }) => accepter.vpcId),
        on(elasticAddresses, ({ association }) => state.table(networkInterfaces).get(association?.networkInterfaceId ?? "")?.vpcId),
      ];
      return { [Symbol.dispose]: () => subscriptions.forEach((one) => one[Symbol.dispose]()) };
    },
  };
}

/** Whether a task that nothing else keeps from starting has all images without asking anybody. @param isMadeHere asks the engine for an image of that name */
export async function needsNoPull({ failure, pulls }: BarredWays, isMadeHere: (image: string) => Promise<boolean>): Promise<boolean> {
  if (failure !== undefined) return false;
  const images = new Set([...pulls.values()].map(({ image }) => image));
  const made = await Promise.all([...images].map(async (image) => image !== undefined && (await isMadeHere(image))));
  return made.every(Boolean);
}

/** A task whose images cannot be pulled stops as if that had been tried. What the engine has of a registry elsewhere, and was made there, will do. */
export function withBarredPulls(spec: TaskSpec, barred: BarredWays | undefined): TaskSpec {
  if (!barred || barred.pulls.size === 0) return spec;
  const containers = spec.containers.map((container): ContainerSpec => {
    const pull = barred.pulls.get(container.name);
    if (!pull) return container;
    return pull.fromEcr ? { ...container, pullFailure: pull.text } : { ...container, unreachable: pull.text };
  });
  return { ...spec, containers };
}

/** Which tasks wait for a way, since when, and in which VPC. */
export class WaitingForWays {
  readonly #since = new Map<string, { readonly at: number; readonly vpcId: string }>();

  /** Until when a task waits, milliseconds since the Unix epoch; the first call begins its time. */
  until({ arn }: TaskRecord, { vpcId }: BarredWays, now: number, patience: number): number {
    const at = this.#since.get(arn)?.at ?? now;
    this.#since.set(arn, { at, vpcId });
    return at + patience;
  }

  has(arn: string): boolean {
    return this.#since.has(arn);
  }

  end(arn: string): void {
    this.#since.delete(arn);
  }

  /** Those of a VPC. */
  in(vpc: string): readonly string[] {
    return [...this.#since].flatMap(([arn, { vpcId }]) => (vpc === vpcId ? [arn] : []));
  }
}
