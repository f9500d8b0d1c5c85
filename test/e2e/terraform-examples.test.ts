import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { airfieldProcess, freePort } from "../../src/testing/airfield-process.ts";
import { buildImage, pushImage, removeImage, webImage } from "../../src/testing/images.ts";
import { terraform, terraformMirror } from "../../src/testing/terraform.ts";

// The services of examples/terraform with real tasks, as `test/terraform` has them without: made, their image pushed, asked for their page, changed, and gone.

const mirror = await terraformMirror();
const missing = mirror === undefined ? " (Terraform or its AWS provider is not here)" : "";
const IMAGE = "airfield-test/terraform:1";

beforeAll(() => buildImage(webImage(IMAGE, "from terraform")));
afterAll(() => removeImage(IMAGE));

test.skipIf(mirror === undefined).each([
  ["default-vpc", "web", {}],
  ["production", "shop", { way_out: "nat" }],
])(
  `the service of %s (%s, %j) is made, answers through its load balancer, and is destroyed${missing}`,
  { timeout: 600_000 },
  async (name, repository, more) => {
    await using airfield = await airfieldProcess();
    const listener_port = await freePort();
    const folder = fileURLToPath(new URL(`../../examples/terraform/${name}`, import.meta.url));
    await using tf = await terraform(airfield, mirror ?? "", { folder, variables: () => ({ listener_port, ...more }) });
    await tf.apply(1);
    const reference = await pushImage(airfield, IMAGE, repository, "latest");
    const page = async (): Promise<string> => (await fetch(`http://127.0.0.1:${listener_port}/`)).text();
    await expect.poll(page, { timeout: 180_000, interval: 500 }).toBe("from terraform");
    const stable = await airfield.aws("ecs", "wait", "services-stable", "--cluster", repository, "--services", repository);
    expect(stable).toMatchObject({ code: 0, stderr: "" });
    expect(await tf.plan(1)).toEqual([]);
    await tf.destroy(1);
    expect(await tf.made()).toEqual([]);
    await removeImage(reference);
  },
);
