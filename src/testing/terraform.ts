import { execFile } from "node:child_process";
import { access, copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
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
  /** What the configuration puts out under a name. */
  output(name: string): Promise<string>;
  /** The addresses of what it has made and not destroyed. */
  made(): Promise<readonly string[]>;
}

/** A configuration that lies in a folder, with a provider of its own. */
export interface ConfigurationFolder {
  readonly folder: string;
  /** The values of its variables at a step. */
  readonly variables: (step: number) => Readonly<Record<string, string | number>>;
}

/** A configuration, which has the variable `step` where it is a text, in a folder of its own. What it made is destroyed with the test. */
export async function terraform(
  airfield: AirfieldProcess,
  mirror: string,
  configuration: string | ConfigurationFolder,
): Promise<Terraform> {
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
  if (typeof configuration === "string") await writeFile(join(directory, "main.tf"), PROVIDER + configuration);
  else
    for (const file of (await readdir(configuration.folder)).filter((name) => name.endsWith(".tf")))
      await copyFile(join(configuration.folder, file), join(directory, file));
  await run("init", "-input=false");
  const at = (step: number): readonly string[] => {
    const variables = typeof configuration === "string" ? { step } : configuration.variables(step);
    return ["-input=false", "-no-color", ...Object.entries(variables).map(([name, value]) => `-var=${name}=${value}`)];
  };
  const plan = async (step: number): Promise<readonly string[]> => {
    // Its own lines tell what `show` would start the provider again for.
    const lines = (await run("plan", "-json", "-out=plan", ...at(step))).trim().split("\n");
    const changes = lines.flatMap((line) => {
      const { type, change } = JSON.parse(line) as PlanLine;
      return type === "planned_change" && change && !UNCHANGED.has(change.action) ? [`${change.resource.addr} ${change.action}`] : [];
    });
    return changes.toSorted();
  };
  return {
    apply: async (step) => void (await run("apply", "-auto-approve", ...at(step))),
    plan,
    async reimport(addresses, step, ids = {}) {
      const { resources } = JSON.parse(await readFile(join(directory, "terraform.tfstate"), "utf8")) as State;
      const idOf = (address: string): string => {
        const found = resources.flatMap(addressed).find((one) => one.address === address)?.attributes ?? {};
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
    output: async (name) => (await run("output", "-raw", name)).trim(),
    made: async () => (await run("state", "list")).split("\n").filter((line) => line !== ""),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** What is planned of a resource of which nothing changes. */
const UNCHANGED: ReadonlySet<string> = new Set(["noop", "import"]);

/** A line of a plan, as far as it tells of changes. Source: Terraform's machine-readable UI. */
interface PlanLine {
  readonly type: string;
  readonly change?: { readonly action: string; readonly resource: { readonly addr: string } };
}

/** The attributes of one resource that are texts. */
type Values = Readonly<Record<string, string>>;

/** A file of its state, version 4. */
interface State {
  readonly resources: readonly StateResource[];
}

interface StateResource {
  readonly type: string;
  readonly name: string;
  readonly instances: readonly { readonly index_key?: string | number; readonly attributes: Values }[];
}

function addressed({ type, name, instances }: StateResource): readonly { readonly address: string; readonly attributes: Values }[] {
  return instances.map(({ index_key: key, attributes }) => ({
    address: key === undefined ? `${type}.${name}` : `${type}.${name}[${JSON.stringify(key)}]`,
    attributes,
  }));
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
