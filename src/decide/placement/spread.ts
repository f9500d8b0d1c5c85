/** A place for a task. */
export interface Place {
  readonly subnetId: string;
  readonly zone: string;
}

/** What placement knows of a task that is or will be running. */
export interface Placed {
  readonly deploymentId: string;
  readonly subnetId?: string | undefined;
}

/**
 * The subnet for one more task of the deployment: in the zone that has the fewest of the deployment's tasks, then the fewest of the
 * service's; in it the subnet with the fewest. Ties go to the name that sorts first. `undefined` where there is no subnet.
 * Source: Amazon ECS spreads the tasks of a service evenly over the zones of its subnets.
 */
export function subnetForNext(subnets: readonly Place[], placed: readonly Placed[], deploymentId: string): string | undefined {
  const zoneOf = new Map(subnets.map((subnet) => [subnet.subnetId, subnet.zone]));
  const own = new Map<string, number>();
  const all = new Map<string, number>();
  const inSubnet = new Map<string, number>();
  for (const task of placed) {
    const zone = task.subnetId === undefined ? undefined : zoneOf.get(task.subnetId);
    if (task.subnetId === undefined || zone === undefined) continue;
    add(all, zone);
    add(inSubnet, task.subnetId);
    if (task.deploymentId === deploymentId) add(own, zone);
  }
  const [best] = subnets.toSorted(
    (a, b) =>
      count(own, a.zone) - count(own, b.zone) ||
      count(all, a.zone) - count(all, b.zone) ||
      count(inSubnet, a.subnetId) - count(inSubnet, b.subnetId) ||
      compareText(a.zone, b.zone) ||
      compareText(a.subnetId, b.subnetId),
  );
  return best?.subnetId;
}

/** What is looked at to choose which of several tasks to take away. */
export interface Removable {
  readonly arn: string;
  readonly createdAt: number;
  readonly zone: string;
  /** Lower goes first. */
  readonly worth: number;
}

/**
 * Chooses `count` tasks to take away: those of least worth first; among equals from the zone that has most left, and there the newest,
 * since the others have served longest without trouble.
 */
export function chooseToRemove<T extends Removable>(tasks: readonly T[], count: number): readonly T[] {
  const inZone = new Map<string, number>();
  for (const task of tasks) add(inZone, task.zone);
  const left = [...tasks];
  const chosen: T[] = [];
  while (chosen.length < count && left.length > 0) {
    const next = left.reduce((a, b) =>
      (a.worth - b.worth || size(inZone, b) - size(inZone, a) || b.createdAt - a.createdAt || compareText(a.arn, b.arn)) <= 0 ? a : b,
    );
    left.splice(left.indexOf(next), 1);
    inZone.set(next.zone, size(inZone, next) - 1);
    chosen.push(next);
  }
  return chosen;
}

/** Orders by code unit, the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const size = (inZone: ReadonlyMap<string, number>, task: Removable): number => count(inZone, task.zone);
const count = (counts: ReadonlyMap<string, number>, key: string): number => counts.get(key) ?? 0;
const add = (counts: Map<string, number>, key: string): void => void counts.set(key, count(counts, key) + 1);
