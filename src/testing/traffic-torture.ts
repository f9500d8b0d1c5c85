import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { TLSSocket } from "node:tls";
import { setTimeout as pause } from "node:timers/promises";
import { ACMClient, ImportCertificateCommand } from "@aws-sdk/client-acm";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyRuleCommand,
  RegisterTargetsCommand,
  type Action,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { Disposals } from "../disposals.ts";
import { freePort, type AirfieldProcess } from "./airfield-process.ts";
import { madeCertificate, type MadeCertificate } from "./certificates.ts";

/** What Airfield has to be started with: targets are servers on loopback. */
export const TORTURE_ENVIRONMENT = { AIRFIELD_TARGET_ADDRESSES: "127.0.0.0/8" };

export interface TrafficTortureReport {
  readonly answered: number;
  /** Requests that failed, but for those that a killed target had taken. */
  readonly failures: readonly string[];
  /** Requests that failed on a target that was killed while it had them. */
  readonly lostWithTargets: number;
  /** How many different answers the rule gave, and the targets that answered. */
  readonly answers: ReadonlySet<string>;
  /** Fingerprints of those that were shown. */
  readonly certificates: ReadonlySet<string>;
}

/** How many targets there are between two changes. */
const TARGETS = 3;
/** Milliseconds that a target takes for a request, at most: so long is one in flight. */
const SLOWEST_ANSWER = 15;

/**
 * So many times each, under load: a target comes, one is drained, one is killed, a rule is changed, and a listener's certificate. Every request is to be
 * answered with 200, but for those that a killed target has in hand.
 */
export async function trafficTorture(
  airfield: AirfieldProcess,
  rounds: number,
  lived: (round: number) => void = () => undefined,
): Promise<TrafficTortureReport> {
  await using opened = new Disposals();
  const elb = airfield.client(ElasticLoadBalancingV2Client);
  const authority = await madeCertificate({ commonName: "authority", authority: true });
  const certificates = [await importedCertificate(airfield, authority), await importedCertificate(airfield, authority)] as const;
  const { group, rule, port, secure } = await stack(airfield, elb, certificates[0]);
  /** Requests that some target has taken and not answered. */
  const underway = new Map<string, Target>();
  const targets: Target[] = [];
  let loaded = false;
  const come = async (): Promise<void> => {
    const target = opened.use(await startTarget(underway));
    await elb.send(new RegisterTargetsCommand({ TargetGroupArn: group, Targets: [{ ...target.registered, AvailabilityZone: "all" }] }));
    await reached(elb, group, target, "healthy");
    if (loaded) await target.asked;
    targets.push(target);
  };
  const leave = async (target: Target): Promise<void> => {
    await elb.send(new DeregisterTargetsCommand({ TargetGroupArn: group, Targets: [target.registered] }));
    await reached(elb, group, target, "unused");
  };
  for (let at = 0; at < TARGETS; at += 1) await come();

  const lost = new Set<string>();
  const load = startLoad([{ port }, { port: secure.port, trusted: authority.pem }]);
  loaded = true;
  for (let round = 1; round <= rounds; round += 1) {
    await come();
    const drained = targets.shift();
    if (drained) await leave(drained);
    drained?.kill();
    await come();
    const killed = targets.shift();
    for (const [id, target] of underway) if (target === killed) lost.add(id);
    killed?.kill();
    if (killed) await leave(killed);
    await elb.send(
      new ModifyRuleCommand({ RuleArn: rule, Actions: [round % 2 === 0 ? says("rule") : { Type: "forward", TargetGroupArn: group }] }),
    );
    const [certificate] = round % 2 === 0 ? certificates : certificates.toReversed();
    await elb.send(new ModifyListenerCommand({ ListenerArn: secure.arn, Certificates: [{ CertificateArn: certificate }] }));
    lived(round);
  }
  const { answered, failed, answers, certificates: shown } = await load.stop();
  const unexcused = failed.filter(({ id }) => !lost.has(id));
  return {
    answered,
    answers,
    failures: unexcused.map(({ id, why }) => `${id}: ${why}`),
    lostWithTargets: failed.length - unexcused.length,
    certificates: shown,
  };
}

function says(body: string): Action {
  return { Type: "fixed-response", FixedResponseConfig: { StatusCode: "200", ContentType: "text/plain", MessageBody: body } };
}

/** The ARN of a certificate for where the load balancer listens, in ACM. */
async function importedCertificate(airfield: AirfieldProcess, issuer: MadeCertificate): Promise<string> {
  const { pem, keyPem } = await madeCertificate({ commonName: NAME, names: [NAME], key: 2048, issuer });
  const imported = { Certificate: Buffer.from(pem), PrivateKey: Buffer.from(keyPem), CertificateChain: Buffer.from(issuer.pem) };
  const { CertificateArn = "" } = await airfield.client(ACMClient).send(new ImportCertificateCommand(imported));
  return CertificateArn;
}

const NAME = "localhost";

async function stack(airfield: AirfieldProcess, elb: ElasticLoadBalancingV2Client, certificate: string) {
  const { Subnets = [] } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());
  const made = await elb.send(
    new CreateLoadBalancerCommand({ Name: "torture", Subnets: Subnets.flatMap(({ SubnetId }) => SubnetId ?? []) }),
  );
  const checks = { HealthCheckPath: "/health", HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2 };
  const { TargetGroups } = await elb.send(
    new CreateTargetGroupCommand({ Name: "torture", Protocol: "HTTP", Port: 80, VpcId: Subnets[0]?.VpcId, TargetType: "ip", ...checks }),
  );
  const group = TargetGroups?.[0]?.TargetGroupArn ?? "";
  const port = await freePort();
  const DefaultActions: Action[] = [{ Type: "forward", TargetGroupArn: group }];
  const LoadBalancerArn = made.LoadBalancers?.[0]?.LoadBalancerArn;
  const { Listeners } = await elb.send(new CreateListenerCommand({ LoadBalancerArn, Protocol: "HTTP", Port: port, DefaultActions }));
  const securePort = await freePort();
  const { Listeners: [secure] = [] } = await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn,
      Protocol: "HTTPS",
      Port: securePort,
      Certificates: [{ CertificateArn: certificate }],
      DefaultActions,
    }),
  );
  const { Rules } = await elb.send(
    new CreateRuleCommand({
      ListenerArn: Listeners?.[0]?.ListenerArn,
      Priority: 1,
      Conditions: [{ Field: "path-pattern", PathPatternConfig: { Values: ["/rule*"] } }],
      Actions: [says("rule")],
    }),
  );
  return { group, port, rule: Rules?.[0]?.RuleArn ?? "", secure: { port: securePort, arn: secure?.ListenerArn } };
}

interface Target extends AsyncDisposable {
  readonly registered: { readonly Id: string; readonly Port: number };
  /** Resolves with its first request of the load. */
  readonly asked: Promise<void>;
  /** Ends it as `kill -9` does: what it has in hand is cut, and nobody listens any more. */
  kill(): void;
}

async function startTarget(underway: Map<string, Target>): Promise<Target> {
  // A port may be had a second time.
  const name = randomUUID();
  let tell: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (tell = resolve));
  const server = createServer((taken, answer) => {
    const id = taken.headers["x-request"];
    if (typeof id !== "string") return void answer.end();
    tell();
    underway.set(id, target);
    setTimeout(() => {
      underway.delete(id);
      answer.end(name);
    }, Math.random() * SLOWEST_ANSWER);
  });
  server.keepAliveTimeout = 65_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const kill = (): void => {
    server.close();
    server.closeAllConnections();
  };
  const target: Target = {
    registered: { Id: "127.0.0.1", Port: (server.address() as AddressInfo).port },
    asked,
    kill,
    [Symbol.asyncDispose]: async () => kill(),
  };
  return target;
}

/** A client of the API has no event to wait for. */
async function reached(elb: ElasticLoadBalancingV2Client, group: string, { registered }: Target, state: string): Promise<void> {
  for (;;) {
    const { TargetHealthDescriptions: [found] = [] } = await elb.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: group, Targets: [registered] }),
    );
    if (found?.TargetHealth?.State === state) return;
    await pause(20);
  }
}

interface Failure {
  readonly id: string;
  readonly why: string;
}

/** Where requests go; over TLS where an authority is trusted. */
interface Entrance {
  readonly port: number;
  readonly trusted?: string;
}

/** Requests without a pause to each entrance, half of them to the rule where there is one, over connections that stay and over new ones. */
function startLoad(entrances: readonly Entrance[]) {
  const failed: Failure[] = [];
  const answers = new Set<string>();
  const certificates = new Set<string>();
  let answered = 0;
  let running = true;
  let next = 0;
  const agents: Agent[] = [];
  const client = async (entrance: Entrance, agent: Agent, path: string): Promise<void> => {
    while (running) {
      next += 1;
      const id = String(next);
      try {
        const { status, body, certificate } = await ask(entrance, path, id, agent);
        if (certificate !== undefined) certificates.add(certificate);
        if (status === 200) answers.add(body);
        else failed.push({ id, why: `${status} ${body}` });
        answered += 1;
      } catch (cause) {
        failed.push({ id, why: String(cause) });
      }
    }
  };
  const clients = entrances.flatMap((entrance) => {
    const [kept, fresh] = [agentFor(entrance, true), agentFor(entrance, false)];
    agents.push(kept, fresh);
    return [kept, kept, kept, fresh].flatMap((agent) => [client(entrance, agent, "/"), client(entrance, agent, "/rule")]);
  });
  return {
    async stop() {
      running = false;
      await Promise.all(clients);
      for (const agent of agents) agent.destroy();
      return { answered, failed, answers, certificates };
    },
  };
}

function agentFor({ trusted }: Entrance, keepAlive: boolean): Agent {
  // No session is taken up again: each new connection sees the certificate of then.
  return trusted === undefined ? new Agent({ keepAlive }) : new SecureAgent({ keepAlive, ca: trusted, maxCachedSessions: 0 });
}

function ask(
  { port, trusted }: Entrance,
  path: string,
  id: string,
  agent: Agent,
): Promise<{ readonly status: number; readonly body: string; readonly certificate?: string }> {
  return new Promise((resolve, reject) => {
    const send = trusted === undefined ? request : secureRequest;
    const sent = send({ host: NAME, family: 4, port, path, agent, headers: { "X-Request": id } }, (response) => {
      const { socket } = response;
      const shown = socket instanceof TLSSocket ? { certificate: socket.getPeerCertificate().fingerprint256 } : {};
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body, ...shown }), reject);
    });
    sent.on("error", reject);
    sent.end();
  });
}
