import { expect, test } from "vitest";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { load } from "../../src/testing/load.ts";
import { webService } from "../../src/testing/web-service.ts";

/** Containers of tasks with the time they were started: a restart of one would show. */
async function containers(port: number): Promise<readonly string[]> {
  const format = "{{.ID}}";
  const { stdout } = await runCommand(
    "docker",
    ["ps", "--no-trunc", "--filter", `ancestor=localhost:${port}/web:v1`, "--format", format],
    process.env,
  );
  const ids = stdout.trim().split("\n").filter(Boolean);
  const { stdout: started } = await runCommand("docker", ["inspect", "--format", "{{.Id}} {{.State.StartedAt}}", ...ids], process.env);
  return started.trim().split("\n").sort();
}

test("a control plane that is killed leaves traffic flowing, and restarts no container", { timeout: 240_000 }, async () => {
  await using first = await airfieldProcess();
  await using web = await webService(first);
  await web.deploy(await web.publish("v1"));
  await web.stable();
  const before = await containers(first.port);
  expect(before).toHaveLength(2);

  const traffic = load(web.url);
  await first.kill();
  const meanwhile = traffic.answered();
  const second = await first.restart();
  await using airfield = second;
  expect(traffic.answered()).toBeGreaterThan(meanwhile);
  const { code, stdout } = await airfield.aws(
    "ecs",
    "describe-services",
    "--cluster",
    "production",
    "--services",
    "web",
    "--query",
    "services[0].runningCount",
  );
  expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: "2" });
  expect(await containers(first.port)).toEqual(before);
  expect((await traffic.stop()).failures).toEqual([]);
});

test.each([0, 100, 300, 700, 1500])(
  "killed %i ms into a deploy, it finishes the deploy after a restart and loses no request",
  { timeout: 240_000 },
  async (delay) => {
    const first = await airfieldProcess();
    await using world = first;
    await using web = await webService(first);
    const versions = [await web.publish("v1"), await web.publish("v2")] as const;
    await web.deploy(versions[0]);
    await web.stable();
    const traffic = load(web.url);
    await web.deploy(versions[1]);
    await new Promise((resolve) => setTimeout(resolve, delay));
    await world.kill();
    await using second = await first.restart();
    await web.stable();
    expect(second.output()).toContain("ready");
    const service = await web.describe();
    expect(service.deployments).toMatchObject([{ rolloutState: "COMPLETED", runningCount: 2, taskDefinition: versions[1] }]);
    expect(await web.get()).toContain("v2");
    expect((await traffic.stop()).failures).toEqual([]);
  },
);
