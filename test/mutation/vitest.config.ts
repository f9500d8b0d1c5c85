import { relative } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * The quickest tests first, and before them what noticed the mutant before, which was often on the same line: the first test that notices ends
 * the run. Vitest's own order, the longest first, is for runs that nothing ends.
 */
class QuickestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const costOf = ({ project, moduleId }: TestSpecification): number => {
      const known = this.ctx.cache.getFileTestResults(`${project.name}:${relative(this.ctx.config.root, moduleId)}`);
      return known === undefined ? Infinity : known.failed ? -1 : known.duration;
    };
    const costs = files.map((file) => ({ file, cost: costOf(file) }));
    return costs.sort((a, b) => (a.cost === b.cost ? 0 : a.cost - b.cost)).map(({ file }) => file);
  }
}

// What Stryker runs against each mutant: the tests that `main.ts` names for the room.
export default defineConfig({
  test: {
    include: JSON.parse(process.env["AIRFIELD_MUTATION_TESTS"] ?? "[]") as string[],
    sequence: { sequencer: QuickestFirst },
    // Stryker itself ends what takes longer than without the mutant: a loaded machine must not kill one.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
