import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { howToInstall, packageOf, systemFamily } from "./advice.js";
import { findBrowser } from "./browser.js";
import { isRoot, run, SetupError, which } from "./process.js";

/** What the platform itself needs. The engine may run elsewhere (Docker Desktop), so `dockerd` is looked for only where it does not answer. */
export const PLATFORM_TOOLS = ["haproxy"];

/** What some of it needs, and the rest does without: datagrams of load balancers, their clients' addresses, and security groups that are enforced. */
export const KERNEL_TOOLS = ["nft", "conntrack"];

/** What the tests need besides: real clients, a browser among them, a load generator, and a static executable to build images from. */
export const TEST_TOOLS = ["busybox", "wrk", "skopeo", "aws", "curl", "docker", "chromium"];

export function missingTools(tools) {
  return tools.filter((tool) => {
    if (tool === "busybox") return !hasStaticBusybox();
    if (tool === "chromium") return findBrowser() === undefined;
    return which(tool) === undefined;
  });
}

/** Installs the tools where this program may (Debian or Ubuntu, as root); otherwise says how to, and fails. */
export async function installTools(tools, say) {
  if (tools.length === 0) return;
  if (systemFamily() !== "debian" || !isRoot()) throw new SetupError(`missing: ${tools.join(", ")}. To go on, ${howToInstall(tools)}.`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const quiet = { env, stdio: ["ignore", "ignore", "inherit"] };
  await run("apt-get", ["update", "-qq"], quiet);
  if (tools.includes("chromium") && !isPackaged("chromium")) {
    say(
      "this system has no package of Chromium (Ubuntu has a snap only): the test with a browser is left out until there is one, or Chrome",
    );
    return installTools(
      tools.filter((tool) => tool !== "chromium"),
      say,
    );
  }
  const packages = [...new Set(tools.flatMap((tool) => (tool === "aws" ? ["python3-venv"] : packageOf(tool))))];
  say(`installing ${packages.join(", ")} with apt-get …`);
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], quiet);
  // Newer releases keep the client apart from the engine.
  if (missingTools(tools).includes("docker"))
    await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "docker-cli"], quiet);
  if (tools.includes("aws")) await installAws(say);
  const still = missingTools(tools);
  if (still.length > 0)
    throw new SetupError(`${still.join(", ")} cannot be found although ${packages.join(", ")} is installed; look at your PATH.`);
}

/** Installs what is wanted and not needed, where this program may; where that fails, it is told, and all else goes on. */
export async function installWanted(tools, say) {
  if (tools.length === 0 || systemFamily() !== "debian" || !isRoot()) return;
  try {
    await installTools(tools, say);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`going on without ${tools.join(", ")}: ${error.message}`);
  }
}

function isPackaged(name) {
  return spawnSync("apt-cache", ["show", "--quiet", name], { stdio: "ignore" }).status === 0;
}

/** The AWS command line from PyPI, in an environment of its own: the distributions' packages are too old, or missing. */
async function installAws(say) {
  const home = "/opt/airfield-awscli";
  say(`installing the AWS command line into ${home} with pip …`);
  await run("python3", ["-m", "venv", home]);
  await run(join(home, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", "awscli>=1.29"]);
  rmSync("/usr/local/bin/aws", { force: true });
  symlinkSync(join(home, "bin", "aws"), "/usr/local/bin/aws");
}

/** Images are built of it from scratch, so one that wants shared libraries is of no use. */
function hasStaticBusybox() {
  const file = which("busybox");
  if (file === undefined) return false;
  const head = Buffer.alloc(4096);
  const handle = openSync(file, "r");
  try {
    readSync(handle, head, 0, head.length, 0);
  } finally {
    closeSync(handle);
  }
  // A dynamic executable names its loader near its beginning.
  return !head.includes("/ld-");
}
