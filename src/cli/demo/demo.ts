import { randomBytes } from "node:crypto";
import { colors } from "../colors.ts";
import { engineSocket } from "../../../bin/setup/engine-socket.js";
import { dockerEngine, EngineUnavailableError, type DockerEngine } from "../../drivers/docker/engine.ts";
import { rootAccess } from "../access.ts";
import { CliError } from "../cli-error.ts";
import { portSetting, START_COMMAND, startCommand } from "../settings.ts";
import { CleanUp } from "./clean-up.ts";
import { createExecutionRole } from "./execution-role.ts";
import { ask, startLoad, type LoadCount } from "./load.ts";
import { pushImage } from "./push-image.ts";
import { buildSampleImage, removeSampleImage } from "./sample-image.ts";
import * as sample from "./sample-service.ts";
import { demoServer, type DemoServer, type ServerFlags } from "./server.ts";
import { watchRollout } from "./watch-rollout.ts";

/** `airfield demo`: from push to a rolling deploy under load, over the public APIs. Exits with 1 where a request failed. */
export async function demo(flags: ServerFlags): Promise<void> {
  const startedAt = performance.now();
  const say = (line: string): void =>
    console.log(`${colors.dim(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)}s`)}  ${line}`);
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort(new CliError("interrupted")));
  process.once("SIGTERM", () => interrupted.abort(new CliError("interrupted")));

  const engine = dockerEngine({ socketPath: engineSocket(flags.dockerSocket) });
  const cleanUp = new CleanUp();
  let server: DemoServer | undefined;
  let kept = false;
  try {
    server = await demoServer(flags);
    say(server.found ? `using the Airfield that runs at ${server.url}` : `started Airfield at ${server.url}`);
    const result = await show({ server, engine, cleanUp, say, signal: interrupted.signal });
    if (result.failed > 0) process.exitCode = 1;
    kept = flags.keep ?? false;
  } catch (error) {
    if (error instanceof EngineUnavailableError) throw new CliError(error.message, "`airfield doctor` says what to do.", { cause: error });
    throw error;
  } finally {
    if (!kept) {
      say("cleaning up …");
      const left = await cleanUp.run();
      await server?.stop();
      for (const what of left) say(colors.yellow(`could not be removed: ${what}`));
      if (left.length === 0) say("nothing is left behind");
    }
    engine.close();
  }
  console.log(`\n${kept ? whatRuns(server) : next(flags)}`);
}

interface Stage {
  readonly server: DemoServer;
  readonly engine: DockerEngine;
  readonly cleanUp: CleanUp;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

async function show({ server, engine, cleanUp, say, signal }: Stage): Promise<LoadCount> {
  const access = { ...(await rootAccess({ data: server.dataDirectory })), endpoint: server.url };
  const clients = sample.awsClients(access);
  const name = `demo-${randomBytes(2).toString("hex")}`;
  const show = (lines: readonly string[]): void => lines.forEach((line, at) => say(`${at === 0 ? "  ┌" : "  │"} ${line}`));

  const repository = await sample.createRepository(clients, name, cleanUp);
  say(`created the repository ${colors.cyan(repository)}`);
  const role = await createExecutionRole(clients.iam, name, cleanUp);
  say(`created the role ${colors.cyan(role)}, by which ECS pulls the image and writes the logs`);
  const ship = async (version: string): Promise<string> => {
    signal.throwIfAborted();
    const image = { repository, name, version };
    await buildSampleImage(engine, image);
    cleanUp.atLast(`image ${repository}:${version}`, () => removeSampleImage(engine, image));
    say(`built a sample application, version ${version}`);
    const { digest, pushed, reused } = await pushImage(engine, clients.ecr, repository, version);
    say(`pushed it: ${pushed} layers sent, ${reused} already there ${colors.dim(digest ?? "")}`);
    signal.throwIfAborted();
    return sample.registerTaskDefinition(clients, name, `${repository}:${version}`, role, access, cleanUp);
  };

  await sample.createLogGroup(clients, name, cleanUp);
  const first = await ship("v1");
  const entrance = await sample.createEntrance(clients, name, cleanUp);
  signal.throwIfAborted();
  const service = await sample.createService(clients, name, first, entrance, cleanUp);
  say(`created a service of two tasks behind the load balancer ${colors.cyan(entrance.dnsName)}`);
  const describe = (): ReturnType<typeof sample.describeService> => sample.describeService(clients, service);
  await watchRollout({ describe, signal, onChange: show });
  const { url, target } = await sample.whereItAnswers(clients, entrance);
  say(`it answers: ${colors.bold(`curl ${url}`)} says version ${colors.green(await ask(target, false))}`);

  const second = await ship("v2");
  const load = startLoad(target);
  try {
    say("under load, over kept and over new connections, deploying v2 …");
    const deployedAt = performance.now();
    await sample.updateService(clients, service, second);
    await watchRollout({ describe, signal, onChange: (lines) => show([...lines, colors.dim(told(load.count()))]) });
    say(
      `v2 is deployed, after ${((performance.now() - deployedAt) / 1000).toFixed(1)} s; now ${url} says version ${colors.green(await ask(target, false))}`,
    );
  } catch (error) {
    await load.stop();
    throw error;
  }
  const total = await load.stop();
  say(
    colors.bold(
      `${total.sent} requests sent during the deployment, ${total.failed === 0 ? colors.green("0 failed") : colors.red(`${total.failed} failed`)}`,
    ),
  );
  for (const [reason, times] of total.failures) say(colors.red(`  ${times} × ${reason}`));
  return total;
}

function told({ sent, failed, byVersion }: LoadCount): string {
  const versions = [...byVersion].map(([version, answers]) => `${version} answered ${answers}`).join(", ");
  return `${sent} requests sent, ${failed} failed (${versions})`;
}

/** What to do after the demo, at the port that this one was given. */
export function next(flags: Pick<ServerFlags, "port">): string {
  const port = portSetting(flags.port);
  const command = flags.port === undefined ? START_COMMAND : startCommand(`--port ${flags.port}`);
  return `Next: \`${command}\` serves on ${port === 0 ? "a port that is free" : `http://127.0.0.1:${port}`}; then, in another terminal,
  eval "$(npx airfield env)"     # lets aws, the SDKs and Terraform talk to it
  aws ecs list-clusters
and \`npm run demo -- --keep\` leaves this service running for you to look at.`;
}

function whatRuns(server: DemoServer | undefined): string {
  return `Everything is left running, at ${server?.url}. Look at it:
  npx airfield status
  eval "$(npx airfield env)" && aws ecs list-clusters
${server?.found ? "" : "Stop the server with `kill` and the process that `npx airfield doctor` names; its tasks go on until they are stopped.\n"}`.trimEnd();
}
