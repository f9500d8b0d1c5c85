import { expect, test } from "vitest";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { terraform, terraformMirror } from "../../src/testing/terraform.ts";

const mirror = await terraformMirror();

interface Lifecycle {
  readonly configuration: string | (() => Promise<string>);
  /** What the second step changes, and nothing else: `aws_lb.a update`. */
  readonly changes: readonly string[];
  /** What is imported, and is as it was made then. */
  readonly imports?: readonly string[];
  readonly ids?: Parameters<Awaited<ReturnType<typeof terraform>>["reimport"]>[2];
  readonly environment?: Parameters<typeof airfieldProcess>[0];
  /** Calls of the command line whose answers are empty in the end. */
  readonly left?: readonly (readonly string[])[];
}

/** A test of a configuration of two steps, which is applied, plans clean, changes, is imported and destroyed. */
export function lifecycle(name: string, { configuration, changes, imports = [], ids, environment, left = [] }: Lifecycle): void {
  test.skipIf(mirror === undefined)(
    `${name}${mirror === undefined ? " (Terraform or its AWS provider is not here)" : ""}`,
    { timeout: 300_000 },
    async () => {
      await using airfield = await airfieldProcess(environment);
      const written = typeof configuration === "string" ? configuration : await configuration();
      await using stack = await terraform(airfield, mirror ?? "", written);
      await stack.apply(1);
      expect(await stack.plan(1)).toEqual([]);
      expect(await stack.plan(2)).toEqual(changes.toSorted());
      await stack.apply(2);
      expect(await stack.plan(2)).toEqual([]);
      expect(imports.length > 0 ? await stack.reimport(imports, 2, ids) : []).toEqual([]);
      await stack.destroy(2);
      for (const call of left) {
        const { stdout } = await airfield.aws(...call, "--output", "json");
        expect([call, JSON.parse(stdout)]).toEqual([call, []]);
      }
    },
  );
}
