import { execFile } from "node:child_process";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { AirfieldProcess } from "./airfield-process.ts";

/** Where Terraform's AWS provider may lie unpacked, in a folder `registry.terraform.io`: nothing is downloaded. */
const MIRRORS = [
  process.env["AIRFIELD_TEST_TERRAFORM_PLUGINS"] ?? "",
  "/opt/tf-plugins",
  "/usr/local/share/terraform/plugins",
  "/usr/share/terraform/plugins",
  join(homedir(), ".terraform.d/plugins"),
];

/** The folder of the provider, where Terraform and it are on this machine. */
export async function terraformMirror(): Promise<string | undefined> {
  try {
    await promisify(execFile)("terraform", ["version"]);
  } catch {
    return undefined;
  }
  for (const mirror of MIRRORS) {
    if (mirror === "") continue;
    const found = await access(join(mirror, "registry.terraform.io/hashicorp/aws")).then(
      () => true,
      () => false,
    );
    if (found) return mirror;
  }
  return undefined;
}

export interface Terraform extends AsyncDisposable {
  /** Makes what the configuration says of this step. */
  apply(step: number): Promise<void>;
  /** The addresses of what a plan would change, with how: `aws_lb.a update`. */
  plan(step: number): Promise<readonly string[]>;
  /**
   * Forgets resources and takes them up again by their ids; gives what would be changed of them then, as `plan` does.
   * @param ids of those that are imported by something else than their `id`
   */
  reimport(
    addresses: readonly string[],
    step: number,
    ids?: Readonly<Record<string, (values: Values) => string>>,
  ): Promise<readonly string[]>;
  destroy(step: number): Promise<void>;
}

/** A configuration with the variable `step`, in a folder of its own. What it made is destroyed with the test. */
export async function terraform(airfield: AirfieldProcess, mirror: string, configuration: string): Promise<Terraform> {
  const directory = await mkdtemp(join(tmpdir(), "airfield-terraform-"));
  const run = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await airfield.run("env", [
      `TF_CLI_CONFIG_FILE=${join(directory, "terraform.rc")}`,
      "CHECKPOINT_DISABLE=1",
      "terraform",
      `-chdir=${directory}`,
      ...args,
    ]);
    if (code !== 0) throw new Error(`terraform ${args.join(" ")}\n${stdout}\n${stderr}`);
    return stdout;
  };
  await writeFile(join(directory, "terraform.rc"), `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`);
  await writeFile(join(directory, "main.tf"), PROVIDER + configuration);
  await run("init", "-input=false");
  const at = (step: number): readonly string[] => ["-input=false", "-no-color", `-var=step=${step}`];
  const plan = async (step: number): Promise<readonly string[]> => {
    await run("plan", "-out=plan", ...at(step));
    const { resource_changes: changes = [] } = JSON.parse(await run("show", "-json", "plan")) as Plan;
    return changes.flatMap(({ address, change: { actions } }) => (actions.join() === "no-op" ? [] : [`${address} ${actions.join("+")}`]));
  };
  return {
    apply: async (step) => void (await run("apply", "-auto-approve", ...at(step))),
    plan,
    async reimport(addresses, step, ids = {}) {
      const { values } = JSON.parse(await run("show", "-json")) as State;
      const idOf = (address: string): string => {
        const found = values?.root_module.resources.find((one) => one.address === address)?.values ?? {};
        return ids[address]?.(found) ?? found["id"] ?? "";
      };
      const imports = addresses.map((address) => `import {\n  to = ${address}\n  id = "${idOf(address)}"\n}\n`);
      await run("state", "rm", ...addresses);
      await writeFile(join(directory, "imports.tf"), imports.join(""));
      const changes = await plan(step);
      await run("apply", "-input=false", "plan");
      await rm(join(directory, "imports.tf"));
      return changes;
    },
    destroy: async (step) => void (await run("destroy", "-auto-approve", ...at(step))),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

interface Plan {
  readonly resource_changes?: readonly { readonly address: string; readonly change: { readonly actions: readonly string[] } }[];
}

/** The attributes of one resource that are texts. */
type Values = Readonly<Record<string, string>>;

interface State {
  readonly values?: { readonly root_module: { readonly resources: readonly { readonly address: string; readonly values: Values }[] } };
}

const PROVIDER = `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "us-east-1"
}
variable "step" {
  type = number
}
`;
