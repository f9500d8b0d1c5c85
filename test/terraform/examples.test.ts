import { fileURLToPath } from "node:url";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { airfieldProcess, freePort } from "../../src/testing/airfield-process.ts";
import { terraform, terraformMirror } from "../../src/testing/terraform.ts";

const mirror = await terraformMirror();
const missing = mirror === undefined ? " (Terraform or its AWS provider is not here)" : "";
const folderOf = (name: string): string => fileURLToPath(new URL(`../../examples/terraform/${name}`, import.meta.url));

test.skipIf(mirror === undefined)(
  `the example of production is applied with a NAT gateway, changed to endpoints, plans clean and is destroyed${missing}`,
  { timeout: 900_000 },
  async () => {
    await using airfield = await airfieldProcess();
    const listener_port = await freePort();
    await using tf = await terraform(airfield, mirror ?? "", {
      folder: folderOf("production"),
      variables: (step) => ({ listener_port, way_out: step === 1 ? "nat" : "endpoints" }),
    });
    await tf.apply(1);
    expect(await tf.plan(1)).toEqual([]);
    await tf.apply(2);
    expect(await tf.plan(2)).toEqual([]);
    await tf.destroy(2);
    expect(await tf.made()).toEqual([]);
    const { Vpcs } = await airfield.client(EC2Client).send(new DescribeVpcsCommand({}));
    expect(Vpcs?.map(({ IsDefault }) => IsDefault)).toEqual([true]);
  },
);
