/** A place for a task. */
export interface Place {
  readonly subnetId: string;
  readonly zone: string;
}

/** How many tasks are or will be running in a subnet. */
export interface Occupied extends Place {
  /** Those of the deployment that the next one is of. */
  readonly own: number;
  /** Those of the service. */
  readonly all: number;
}

/**
 * The subnet for one more task of the deployment: in the zone that has the fewest of the deployment's tasks, then the fewest of the
 * service's; in it the subnet with the fewest. Ties go to the name that sorts first. `undefined` where there is no subnet.
 * Costs a look at each subnet. Source: Amazon ECS spreads the tasks of a service evenly over the zones of its subnets.
 */
export function subnetForNext(subnets: readonly Occupied[]): string | undefined {
  const own = new Map<string, number>();
  const all = new Map<string, number>();
  for (const subnet of subnets) {
    add(own, subnet.zone, subnet.own);
    add(all, subnet.zone, subnet.all);
  }
  const order = (a: Occupied, b: Occupied): number =>
    count(own, a.zone) - count(own, b.zone) ||
    count(all, a.zone) - count(all, b.zone) ||
    a.all - b.all ||
    compareText(a.zone, b.zone) ||
    compareText(a.subnetId, b.subnetId);
  let best: Occupied | undefined;
  for (const subnet of subnets) if (!best || order(subnet, best) < 0) best = subnet;
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
 * since the others have served longest without trouble. Costs one sorting, and a look at each zone for each task that is chosen.
 */
export function chooseToRemove<T extends Removable>(tasks: readonly T[], count: number): readonly T[] {
  const zones = new Map<string, T[]>();
  for (const task of tasks) {
    const known = zones.get(task.zone);
    if (known) known.push(task);
    else zones.set(task.zone, [task]);
  }
  // The next one of a zone is its last.
  const left = [...zones.values()].map((zone) => zone.sort((a, b) => byWorth(b, a)));
  const chosen: T[] = [];
  while (chosen.length < count) {
    let from: T[] | undefined;
    for (const zone of left) if (zone.length > 0 && (!from || goesBefore(zone, from))) from = zone;
    const next = from?.pop();
    if (!next) break;
    chosen.push(next);
  }
  return chosen;
}

function byWorth(a: Removable, b: Removable): number {
  return a.worth - b.worth || b.createdAt - a.createdAt || compareText(a.arn, b.arn);
}

/** Whether the next one of a zone goes before that of another. Both have one. */
function goesBefore(zone: readonly Removable[], other: readonly Removable[]): boolean {
  const [a, b] = [zone.at(-1), other.at(-1)];
  return a !== undefined && b !== undefined && (a.worth - b.worth || other.length - zone.length || byWorth(a, b)) < 0;
}

/** Orders by code unit, the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const count = (counts: ReadonlyMap<string, number>, key: string): number => counts.get(key) ?? 0;
const add = (counts: Map<string, number>, key: string, more: number): void => void counts.set(key, count(counts, key) + more);
