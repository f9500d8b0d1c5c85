import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, watch, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { HOW_TO_JOIN_DOCKER_GROUP, howToInstall, howToStartEngine, systemFamily } from "./advice.js";
import { DEFAULT_SOCKET, engineSocket } from "./engine-socket.js";
import { isRoot, run, SetupError, which } from "./process.js";
import { installTools } from "./tools.js";

/** An engine that initialises its storage for the first time takes a few seconds. */
const STARTUP_LIMIT_MS = 60_000;

/** Makes sure that an engine answers: installs and starts one where this program may, and says what it does. */
export async function ensureEngine(say) {
  const socket = engineSocket();
  const refusal = await ping(socket);
  if (refusal === undefined) return;
  if (refusal === "EACCES")
    throw new SetupError(`no permission for the Docker engine at ${socket}. To go on, ${HOW_TO_JOIN_DOCKER_GROUP}.`);
  if (socket !== DEFAULT_SOCKET)
    throw new SetupError(`no Docker engine answers at ${socket} (${refusal}). To go on, ${howToStartEngine()}.`);
  if (which("dockerd") === undefined) {
    if (systemFamily() === "macos") throw new SetupError(`no Docker engine answers. To go on, ${howToInstall(["dockerd"])}.`);
    await installTools(["dockerd"], say);
    // Installing it may have started it.
    if ((await ping(socket)) === undefined) return;
  }
  await startEngine(socket, say);
}

async function startEngine(socket, say) {
  if (!isRoot()) throw new SetupError(`the Docker engine is installed but does not run. To go on, ${howToStartEngine()}.`);
  if (existsSync("/run/systemd/system")) {
    say("starting the Docker engine (systemctl start docker) …");
    await run("systemctl", ["start", "docker"]);
    if ((await ping(socket)) !== undefined)
      throw new SetupError(`the Docker engine was started but does not answer at ${socket}; see \`journalctl -u docker\`.`);
    return;
  }
  // A name that others could guess in a folder that is theirs too would let them choose what root writes to.
  const log = join(mkdtempSync(join(tmpdir(), "airfield-engine-")), "dockerd.log");
  const output = openSync(log, "wx", 0o600);
  const engine = spawn(which("dockerd"), [], { detached: true, stdio: ["ignore", output, output] });
  say(
    `the Docker engine is installed but not running, and this system has no service manager: started dockerd (process ${engine.pid}, log ${log}) …`,
  );
  const ended = new AbortController();
  engine.on("error", (error) => ended.abort(error.message));
  engine.on("exit", (code, signal) => ended.abort(signal ?? `exit code ${code}`));
  engine.unref();
  // Whoever wants to stop what was started here (CI) finds its process in this file.
  if (process.env.AIRFIELD_ENGINE_PID_FILE) writeFileSync(process.env.AIRFIELD_ENGINE_PID_FILE, String(engine.pid ?? ""));
  const deadline = Date.now() + STARTUP_LIMIT_MS;
  while ((await ping(socket)) !== undefined) {
    if (ended.signal.aborted) throw new SetupError(`dockerd ended at once (${ended.signal.reason}):\n${lastLines(log, 5)}`);
    if (Date.now() > deadline) throw new SetupError(`dockerd does not answer after ${STARTUP_LIMIT_MS / 1000} s; its log is ${log}`);
    await socketChange(socket, engine);
  }
}

/** Until something happens to the socket's folder, the engine ends, or a quarter of a second is over: a socket that exists may still refuse. */
function socketChange(socket, engine) {
  return new Promise((resolve) => {
    const watcher = watch(dirname(socket), done);
    const timer = setTimeout(done, 250);
    engine.once("exit", done);
    function done() {
      watcher.close();
      clearTimeout(timer);
      engine.off("exit", done);
      resolve();
    }
  });
}

/** `undefined` where the engine answers, else why it does not. */
export function ping(socketPath) {
  return new Promise((resolve) => {
    const request = get({ socketPath, path: "/_ping", timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? undefined : `status ${response.statusCode}`);
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 5 s")));
    request.on("error", (error) => resolve(error.code ?? error.message));
  });
}

function lastLines(file, count) {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-count).join("\n");
}
