import { statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { DEFAULT_REGION } from "../domain/scope.ts";
import { CliError } from "./cli-error.ts";

export const DEFAULT_PORT = 4566;

/** The folder of this installation of the program; also from `dist/cli/`, which lies as deep as `src/cli/`. */
export const PROGRAM_FOLDER = fileURLToPath(new URL("../..", import.meta.url));

/** Installed as a package, the program lies where npm removes everything at will, and there is no `npm start`. */
function isPackage(programFolder: string): boolean {
  return programFolder.split(sep).includes("node_modules");
}

/** How a server is started from where this program is. */
export const START_COMMAND = isPackage(PROGRAM_FOLDER) ? "npx airfield start" : "npm start";

/** The same with flags. */
export function startCommand(flags: string, programFolder = PROGRAM_FOLDER): string {
  return isPackage(programFolder) ? `npx airfield start ${flags}` : `npm start -- ${flags}`;
}

/** A port from a flag or `AIRFIELD_PORT`; 4566 where neither is given. 0 lets the system choose. */
export function portSetting(flag: string | undefined): number {
  const text = flag ?? (process.env["AIRFIELD_PORT"] || String(DEFAULT_PORT));
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new CliError(`${JSON.stringify(text)} is not a port`, "Give --port or AIRFIELD_PORT a number from 0 to 65535.");
  }
  return port;
}

/**
 * Where state lives: a flag, `AIRFIELD_DATA`, or `.airfield/` beside the program, so that the command finds it from everywhere; of the user's
 * home where the program is installed as a package. @throws CliError for a file
 */
export function dataSetting(flag: string | undefined, programFolder = PROGRAM_FOLDER): string {
  const named = flag ?? process.env["AIRFIELD_DATA"];
  const folder = named ? resolve(named) : join(isPackage(programFolder) ? homedir() : programFolder, ".airfield");
  const file = fileOnTheWay(folder);
  if (file === undefined) return folder;
  throw new CliError(`${file} is a file, so that the data folder cannot be ${folder}`, "Name another folder with --data or AIRFIELD_DATA.");
}

/** The file that stands where a folder is meant, or above it. */
function fileOnTheWay(folder: string): string | undefined {
  const above = dirname(folder);
  const higher = above === folder ? undefined : fileOnTheWay(above);
  if (higher !== undefined) return higher;
  try {
    return statSync(folder).isDirectory() ? undefined : folder;
  } catch {
    // Not there, or not to be looked at: whoever uses it will say so.
    return undefined;
  }
}

/** The region that commands work in: a flag, then what the AWS tools read, then the default. */
export function regionSetting(flag?: string): string {
  return flag ?? (process.env["AWS_REGION"] || process.env["AWS_DEFAULT_REGION"] || DEFAULT_REGION);
}
