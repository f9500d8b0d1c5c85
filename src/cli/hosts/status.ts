import { lookup } from "node:dns/promises";
import { request } from "node:https";
import { colors } from "../colors.ts";
import { authorityCertificate } from "../../drivers/host-names/certificates.ts";
import { hostNamesFolder, readEndpointState, readHostNames, type HostNames } from "../../drivers/host-names/record.ts";
import { isTrusted } from "../../drivers/host-names/trust.ts";
import { runningServer } from "../running-server.ts";
import { homeOf, problemText, type PlaceFlags } from "./hosts.ts";

interface HostFinding {
  readonly host: string;
  /** The name leads to our address on this machine. */
  readonly resolves: boolean;
  /** The engine finds the authority's certificate. */
  readonly trusted: boolean;
  /** The registry answers under this name, with a certificate that the authority vouches for. */
  readonly answers: boolean;
  /** What is wrong, each with what was seen. */
  readonly problems: readonly string[];
}

/** `airfield hosts status`: looks at each name from where a client stands. Exits with 1 where one that is installed does not work. */
export async function hostsStatus(flags: PlaceFlags & { readonly json?: boolean }): Promise<void> {
  const home = await homeOf(flags);
  const folder = hostNamesFolder(home.dataDirectory);
  const names = await readHostNames(folder);
  const certificate = names && (await authorityCertificate(folder));
  const findings = names ? await Promise.all(names.hosts.map((host) => look(names, host, home.id, certificate ?? ""))) : [];
  if (findings.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
  if (flags.json) {
    console.log(JSON.stringify({ installed: names !== undefined, address: names?.address, hosts: findings }, undefined, 2));
    return;
  }
  if (!names) {
    console.log("host names of ECR are not installed: `airfield hosts install` does it");
    return;
  }
  console.log(`installed, at ${names.address}:443`);
  for (const { host, problems } of findings) {
    console.log(`${problems.length === 0 ? colors.green("✓") : colors.red("✗")} ${host}`);
    for (const problem of problems) console.log(`    ${problem}`);
  }
  const state = await readEndpointState(folder);
  if (!runningServer(home.dataDirectory)) console.log("The server does not run.");
  else if (state?.problem) console.log(problemText(state.problem, names.address));
}

async function look({ address, dockerCerts, hostsFile }: HostNames, host: string, id: string, certificate: string): Promise<HostFinding> {
  const [addresses, trusted, answer] = await Promise.all([
    lookup(host, { all: true, family: 4 }).then(
      (found) => found.map((one) => one.address),
      (cause: NodeJS.ErrnoException) => [cause.code ?? cause.message],
    ),
    isTrusted(dockerCerts, host, id, certificate),
    ask(address, host, certificate),
  ]);
  const resolves = addresses[0] === address;
  const problems = [
    ...(resolves ? [] : [`leads to ${addresses.join(", ")} here: is it in ${hostsFile}?`]),
    ...(trusted ? [] : [`${dockerCerts} has no certificate of ours for it`]),
    ...(answer === "401" ? [] : [`does not answer: ${answer}`]),
  ];
  return { host, resolves, trusted, answers: answer === "401", problems };
}

/** The status with which the registry answers who does not log in, 401 as a rule; or why it does not answer. */
function ask(address: string, host: string, ca: string): Promise<string> {
  return new Promise((resolve) => {
    const asked = request(
      { host: address, port: 443, servername: host, headers: { host }, path: "/v2/", ca, agent: false, timeout: 3000 },
      (response) => {
        response.resume();
        resolve(String(response.statusCode));
      },
    );
    asked.on("timeout", () => asked.destroy(new Error("no answer within three seconds")));
    asked.on("error", (error) => resolve(error.message));
    asked.end();
  });
}
