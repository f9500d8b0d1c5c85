import { Command, Option } from "commander";
import { BackupError } from "../drivers/backup/contents.ts";
import { UntrustedPlaceError } from "../drivers/filesystem/own-folder.ts";
import { CliError } from "./cli-error.ts";
import { untilDone } from "./until-done.ts";

// Each subcommand is loaded when it runs, so that `start` does not pay for the others.

// The SDK tells everyone on Node 20 to move on; who uses the command is not who decides about that.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

const port = (): Option => new Option("--port <port>", "port of the endpoint (AIRFIELD_PORT; 4566)");
const data = (): Option => new Option("--data <folder>", "where state lives (AIRFIELD_DATA; .airfield/ beside the program)");
const dockerSocket = (): Option =>
  new Option("--docker-socket <path>", "socket of the Docker engine (AIRFIELD_DOCKER_SOCKET, DOCKER_HOST)");
const region = (description: string): Option => new Option("--region <region>", description);

const program = new Command("airfield")
  .description("A self-hosted, AWS-compatible container platform: ECR, ECS and Elastic Load Balancing on your own machine.")
  .showHelpAfterError("(`airfield --help` lists the commands)");

program
  .command("start")
  .description("serve the AWS APIs and the registry; SIGTERM stops, and leaves tasks running")
  .addOption(port())
  .addOption(data())
  .addOption(dockerSocket())
  .option("--host <address>", "listen on this address too, and 0.0.0.0 for all; needs TLS (AIRFIELD_HOST; loopback only)")
  .option("--tls", "serve over TLS, with a certificate of our own (AIRFIELD_TLS=1)")
  .addOption(new Option("--tls-name <name>", "one more host name for that certificate; may be given several times").argParser(collected))
  .option("--tls-cert <file>", "serve over TLS with this certificate, PEM with its chain (AIRFIELD_TLS_CERT)")
  .option("--tls-key <file>", "and its private key, PEM (AIRFIELD_TLS_KEY)")
  .addOption(
    new Option(
      "--host-path <[account=]folder>",
      "a folder that tasks may mount; may be given several times (AIRFIELD_HOST_PATHS)",
    ).argParser(collected),
  )
  .addOption(
    new Option(
      "--host-volume <[account=]name>",
      "a volume of the engine that tasks may use by name; likewise (AIRFIELD_HOST_VOLUMES)",
    ).argParser(collected),
  )
  .addOption(
    new Option("--privileged-account <id>", "its tasks may be root of this host; likewise (AIRFIELD_PRIVILEGED_ACCOUNTS)").argParser(
      collected,
    ),
  )
  .option(
    "--dns <address:port>",
    "answer names of zones and load balancers there, or `off` (AIRFIELD_DNS; 127.0.0.1:4553, and off beside another --port)",
  )
  .option("--stop-tasks", "stop all tasks and load balancers as well when the server stops")
  .option("--require-packet-filter", "do not start where security groups, network ACLs and routes cannot be enforced")
  .action(async (flags: object) => (await import("./start.ts")).start(flags));

program
  .command("env")
  .description('print the variables that AWS tools read: eval "$(airfield env)"')
  .addOption(port())
  .addOption(data())
  .addOption(region("default region to print (AWS_DEFAULT_REGION; us-east-1)"))
  .option("--account <id>", "keys of this account's root (123456789012)")
  .option("--json", "as one JSON object")
  .action(async (flags: object) => (await import("./env.ts")).env(flags));

program
  .command("console")
  .description("print, and open, a link that signs a browser in at the web console: once, within five minutes")
  .addOption(port())
  .addOption(data())
  .addOption(region("region to begin in (AWS_REGION, AWS_DEFAULT_REGION; us-east-1)"))
  .option("--account <id>", "sign in as this account's root (123456789012)")
  .option("--no-open", "print it alone")
  .action(async (flags: object) => (await import("./console.ts")).openConsole(flags));

const account = program.command("account").description("more accounts, beside 123456789012; a server that runs takes them up at once");

account
  .command("add <id>")
  .description("make an account, with keys for its root")
  .addOption(data())
  .action(async (id: string, flags: object) => (await import("./account.ts")).addAccountCommand(id, flags));

account
  .command("list")
  .description("list the accounts and the ids of their roots' keys")
  .addOption(data())
  .option("--json", "as one JSON array")
  .action(async (flags: object) => (await import("./account.ts")).listAccounts(flags));

const dns = program.command("dns").description("how this machine looks up names of Route 53's zones and of load balancers here");

dns
  .command("show", { isDefault: true })
  .description("tell how to point this machine at the name server")
  .addOption(data())
  .option("--domain <name>", "a domain that is looked up here; may be given several times", collected)
  .action(async (flags: object) => (await import("./dns/dns.ts")).showDns(flags));

dns
  .command("install")
  .description("do it, on Linux with systemd-resolved")
  .addOption(data())
  .option("--domain <name>", "a domain that is looked up here; may be given several times", collected)
  .action(async (flags: object) => (await import("./dns/dns.ts")).installDns(flags));

dns
  .command("remove")
  .description("take every trace of it back")
  .action(async () => (await import("./dns/dns.ts")).removeDns());

const vulndb = program.command("vulndb").description("what is known of vulnerabilities: scans of images need it");

vulndb
  .command("import <all.zip...>")
  .description("take the records of OSV's all.zip files, all or none; a server that runs takes them up at once")
  .addOption(data())
  .action(async (files: readonly string[], flags: object) => (await import("./vulndb.ts")).importCommand(files, flags));

vulndb
  .command("status")
  .description("say which ecosystems are known, and how old that is")
  .addOption(data())
  .option("--json", "as one JSON array")
  .action(async (flags: object) => (await import("./vulndb.ts")).statusCommand(flags));

program
  .command("sbom <image>")
  .description("print what is installed in an image of the registry, <repository>[:tag] or <repository>@<digest>, as CycloneDX 1.6")
  .addOption(port())
  .addOption(data())
  .addOption(region("region of the repository (AWS_REGION, AWS_DEFAULT_REGION; us-east-1)"))
  .action(async (image: string, flags: object) => (await import("./sbom.ts")).sbom(image, flags));

program
  .command("status")
  .description("show clusters, services, deployments, tasks and load balancers at a glance")
  .addOption(port())
  .addOption(data())
  .addOption(region("only this region (all that have something)"))
  .option("--account <id>", "what this account has (123456789012)")
  .option("--json", "as one JSON object")
  .option("--watch", "show it anew every second until interrupted")
  .action(async (flags: object) => (await import("./status/status.ts")).status(flags));

const explain = program.command("explain").description("say what is in the way, in the terms of AWS's Reachability Analyzer");

explain
  .command("task <id>")
  .description(
    "walk a task's way: routes, endpoints, groups, ACLs, images, load balancers, health; name the first thing in it, and what mends it",
  )
  .addOption(data())
  .option("--json", "as one JSON object")
  .action(async (id: string, flags: object) => (await import("./explain/explain.ts")).explainTask(id, flags));

explain
  .command("service <service>")
  .description("the same of a service, given as cluster/service or by its ARN: of one task for all that are alike")
  .addOption(data())
  .option("--json", "as one JSON object")
  .action(async (service: string, flags: object) => (await import("./explain/explain.ts")).explainService(service, flags));

explain
  .command("target <target-group-arn> [target]")
  .description(
    "walk the way of requests to the targets of a group, or to one (10.0.1.5, 10.0.1.5:8080): listener, rule, groups, ACLs, health",
  )
  .addOption(data())
  .option("--json", "as one JSON object")
  .action(async (group: string, target: string | undefined, flags: object) =>
    (await import("./explain/explain.ts")).explainTarget(group, target, flags),
  );

program
  .command("stop")
  .description("end the server that works on this data folder as SIGTERM does, and wait until it has ended; tasks run on")
  .addOption(data())
  .action(async (flags: object) => (await import("./stop.ts")).stop(flags));

program
  .command("wait-ready")
  .description("wait until the server that works on this data folder accepts requests; fails where it does not in time")
  .option("--timeout <seconds>", "how long (60)")
  .addOption(data())
  .action(async (flags: object) => (await import("./wait-ready.ts")).waitReady(flags));

program
  .command("doctor")
  .description("check what Airfield needs, and say how to get what is missing")
  .addOption(port())
  .addOption(data())
  .addOption(dockerSocket())
  .option("--json", "as one JSON array")
  .action(async (flags: object) => (await import("./doctor.ts")).doctor(flags));

program
  .command("demo")
  .description("build, push, run and roll a sample service, under load, then clean up")
  .addOption(port())
  .addOption(data())
  .addOption(dockerSocket())
  .option("--keep", "leave everything running for you to look at")
  .action(async (flags: object) => (await import("./demo/demo.ts")).demo(flags));

program
  .command("clean")
  .description("remove the containers, networks, volumes and the proxy that an Airfield which does not run has left")
  .addOption(data())
  .addOption(dockerSocket())
  .action(async (flags: object) => (await import("./clean.ts")).clean(flags));

program
  .command("backup <file|folder>")
  .description(
    "put all that the data folder holds into one file, while a server runs or not: keys, state, images, logs; not the files of tasks",
  )
  .addOption(data())
  .action(async (target: string, flags: object) => (await import("./backup.ts")).backup(target, flags));

program
  .command("restore <file>")
  .description("make a data folder of a backup; the folder must be empty or not there")
  .addOption(data())
  .action(async (file: string, flags: object) => (await import("./restore.ts")).restoreCommand(file, flags));

const hosts = program
  .command("hosts")
  .description("let ECR's own host names, <account>.dkr.ecr.<region>.amazonaws.com, lead here on this machine");
const hostsFile = (): Option => new Option("--hosts-file <file>", "the machine's hosts file (/etc/hosts)");
const dockerCerts = (): Option => new Option("--docker-certs <folder>", "where the engine looks for authorities (/etc/docker/certs.d)");

hosts
  .command("install")
  .description("map the names in the hosts file, and let the Docker engine trust their certificate; needs root")
  .option("--account <id>", "account of the names (123456789012)")
  .addOption(region("region of a name; may be given several times (AWS_REGION, AWS_DEFAULT_REGION; us-east-1)").argParser(collected))
  .option("--address <address>", "loopback address for them alone (127.45.66.1)")
  .addOption(hostsFile())
  .addOption(dockerCerts())
  .addOption(data())
  .addOption(dockerSocket())
  .action(async (flags: object) => (await import("./hosts/hosts.ts")).installHosts(flags));

hosts
  .command("remove")
  .description("take all of that back; needs root")
  .addOption(hostsFile())
  .addOption(dockerCerts())
  .addOption(data())
  .action(async (flags: object) => (await import("./hosts/hosts.ts")).removeHosts(flags));

hosts
  .command("status")
  .description("say which names are installed, and whether they work")
  .addOption(data())
  .option("--json", "as one JSON object")
  .action(async (flags: object) => (await import("./hosts/status.ts")).hostsStatus(flags));

const trust = program.command("trust").description("let this machine believe in the authority that signs the certificates of ACM, or not");
const only = (): Option => new Option("--only <places>", "system or browsers (both)");

trust
  .command("show")
  .description("say which authority that is, and who trusts it")
  .addOption(data())
  .option("--json", "as one JSON object")
  .action(async (flags: object) => (await import("./trust/trust.ts")).showTrust(flags));

trust
  .command("install")
  .description("add it to the system's store, which needs root, and to the databases of your Chromium and Firefox")
  .addOption(only())
  .addOption(data())
  .action(async (flags: object) => (await import("./trust/trust.ts")).installTrust(flags));

trust
  .command("uninstall")
  .description("take it back from there")
  .addOption(only())
  .addOption(data())
  .action(async (flags: object) => (await import("./trust/trust.ts")).uninstallTrust(flags));

try {
  await untilDone(program.parseAsync());
} catch (error) {
  const told = tellable(error);
  if (!told) throw error;
  console.error(`airfield: ${told.message}`);
  if (told.advice) console.error(`          ${told.advice}`);
  process.exitCode = 1;
}

/** An error that a user can do something about; a defect is none. */
function tellable(error: unknown): CliError | undefined {
  if (error instanceof CliError) return error;
  if (error instanceof UntrustedPlaceError || error instanceof BackupError)
    return new CliError(error.message, error.advice, { cause: error });
  // What an AWS API refused: the SDK's exceptions carry `$fault`.
  if (error instanceof Error && "$fault" in error) return new CliError(`the server refused: ${error.name}: ${error.message}`);
  return undefined;
}

function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
