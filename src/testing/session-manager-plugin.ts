import { execFile } from "node:child_process";
import { access, mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { toolPath } from "../drivers/trust/run-tool.ts";

const MODULE = "github.com/aws/session-manager-plugin";
const VERSION = "v0.0.0-20260401221635-b79d06c1d3a2";
/** The module has no list of what it needs; this is the last version of the package that it compiles with. */
const UUID = "github.com/twinj/uuid v0.0.0-20151029044442-89173bcdda19";
const KEPT = join(homedir(), ".cache", "airfield-test", `session-manager-plugin-${VERSION}`);

/** The folder of Amazon's own client of Session Manager, for a PATH: that of the machine, or one that Go makes, kept for the next time; `undefined` where there is neither. */
export async function sessionManagerPlugin(): Promise<string | undefined> {
  const installed = await toolPath("session-manager-plugin");
  if (installed !== undefined) return join(installed, "..");
  const made = join(KEPT, "session-manager-plugin");
  const isMade = await access(made).then(
    () => true,
    () => false,
  );
  if (isMade) return KEPT;
  const go = await toolPath("go");
  if (go === undefined) return undefined;
  await mkdir(KEPT, { recursive: true });
  await writeFile(join(KEPT, "go.mod"), `module plugin\n\ngo 1.24\n\nrequire ${MODULE} ${VERSION}\nrequire ${UUID}\n`);
  return promisify(execFile)(go, ["build", "-mod=mod", "-o", made, `${MODULE}/src/sessionmanagerplugin-main`], { cwd: KEPT }).then(
    () => KEPT,
    () => undefined,
  );
}
