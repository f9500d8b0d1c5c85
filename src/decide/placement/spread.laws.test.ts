import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseToRemove, compareText, subnetForNext, type Place, type Removable } from "./spread.ts";

/** The rules said plainly, at the cost of a look at everything for each choice: what the real ones must agree with. */
interface Placed {
  readonly deploymentId: string;
  readonly subnetId: string;
}

function plainSubnet(subnets: readonly Place[], placed: readonly Placed[], deploymentId: string): string | undefined {
  const zoneOf = (id: string): string | undefined => subnets.find(({ subnetId }) => subnetId === id)?.zone;
  const inZone = (zone: string): readonly Placed[] => placed.filter(({ subnetId }) => zoneOf(subnetId) === zone);
  const own = (zone: string): number => inZone(zone).filter((task) => task.deploymentId === deploymentId).length;
  const inSubnet = (id: string): number => placed.filter(({ subnetId }) => subnetId === id).length;
  const [best] = subnets.toSorted(
    (a, b) =>
      own(a.zone) - own(b.zone) ||
      inZone(a.zone).length - inZone(b.zone).length ||
      inSubnet(a.subnetId) - inSubnet(b.subnetId) ||
      compareText(a.zone, b.zone) ||
      compareText(a.subnetId, b.subnetId),
  );
  return best?.subnetId;
}

function plainRemoval(tasks: readonly Removable[], count: number): readonly string[] {
  const left = [...tasks];
  const chosen: string[] = [];
  while (chosen.length < count && left.length > 0) {
    const size = ({ zone }: Removable): number => left.filter((task) => task.zone === zone).length;
    const order = (a: Removable, b: Removable): number =>
      a.worth - b.worth || size(b) - size(a) || b.createdAt - a.createdAt || compareText(a.arn, b.arn);
    const next = left.reduce((a, b) => (order(a, b) <= 0 ? a : b));
    left.splice(left.indexOf(next), 1);
    chosen.push(next.arn);
  }
  return chosen;
}

const zone = fc.constantFrom("a", "b", "c");
const subnets = fc
  .uniqueArray(fc.record({ subnetId: fc.constantFrom("1", "2", "3", "4", "5"), zone }), { selector: ({ subnetId }) => subnetId })
  .map((all): readonly Place[] => all);

test("the next subnet is the one that the rule names, for one task after another", () => {
  const task = fc.record({ deploymentId: fc.constantFrom("new", "old"), subnetId: fc.constantFrom("1", "2", "3", "4", "5", "elsewhere") });
  fc.assert(
    fc.property(subnets, fc.array(task, { maxLength: 30 }), (places, before) => {
      const placed: Placed[] = [...before];
      for (let started = 0; started < 10; started += 1) {
        const occupied = places.map((place) => {
          const there = placed.filter(({ subnetId }) => subnetId === place.subnetId);
          return { ...place, all: there.length, own: there.filter(({ deploymentId }) => deploymentId === "new").length };
        });
        const chosen = subnetForNext(occupied);
        expect(chosen).toBe(plainSubnet(places, placed, "new"));
        if (chosen !== undefined) placed.push({ deploymentId: "new", subnetId: chosen });
      }
    }),
  );
});

test("tasks are taken away in the order that the rule names", () => {
  const task = fc.record({ createdAt: fc.nat(5), zone, worth: fc.nat(2) });
  fc.assert(
    fc.property(fc.array(task, { maxLength: 30 }), fc.nat(35), (given, count) => {
      const tasks = given.map((one, at) => ({ ...one, arn: `task-${(at * 7) % 31}` }));
      expect(chooseToRemove(tasks, count).map(({ arn }) => arn)).toEqual(plainRemoval(tasks, count));
    }),
  );
});

test("taking many of many away looks at each only some times", () => {
  let looks = 0;
  const counted = Array.from({ length: 4_000 }, (_, at) => ({
    arn: `task-${at}`,
    createdAt: at % 97,
    zone: `zone-${at % 3}`,
    get worth() {
      looks += 1;
      return at % 2;
    },
  }));
  expect(chooseToRemove(counted, 4_000)).toHaveLength(4_000);
  // Sorting takes about twelve comparisons of two each.
  expect(looks).toBeLessThan(4_000 * 50);
});
