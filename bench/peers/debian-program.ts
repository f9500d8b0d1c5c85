import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../src/testing/aws-cli.ts";

/**
 * The machine's own program of that name, or the Debian package's, unpacked into the folder: installing it would start a service that nobody asked for.
 * @param path of the program in the package, such as `usr/sbin/nginx`
 */
export async function debianProgram(name: string, path: string, folder: string): Promise<string> {
  const { code, stdout } = await runCommand("sh", ["-c", `command -v ${name}`], process.env);
  if (code === 0) return stdout.trim();
  const download = await runCommand("sh", ["-c", `cd "$0" && apt-get download ${name}`, folder], process.env);
  const archive = (await readdir(folder)).find((file) => file.endsWith(".deb"));
  if (download.code !== 0 || !archive)
    throw new Error(`${name} is neither installed nor to be had (on Debian, run \`apt-get update\`): ${download.stderr}`);
  const unpacked = await runCommand("dpkg-deb", ["-x", join(folder, archive), folder], process.env);
  if (unpacked.code !== 0) throw new Error(`${archive} cannot be unpacked: ${unpacked.stderr}`);
  return join(folder, path);
}
