import { freePort, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { atLeast, median, type Figure } from "../figure.ts";
import { loadBalancer } from "../load-balancer.ts";
import { bareHaproxy, fixedAnswer } from "../peers/proxies.ts";
import { wrk } from "../wrk.ts";

const SECONDS = 3;
const ROUNDS = 9;
const CONNECTIONS = 32;

/** Requests per second through a load balancer against a bare HAProxy with a configuration written by hand, to the same server, in turns. */
export async function proxyRate(airfield: AirfieldProcess, tell: (figure: Figure) => void): Promise<void> {
  const backendPort = await freePort();
  await using _backend = await fixedAnswer(backendPort);
  const peerPort = await freePort();
  await using _peer = await bareHaproxy({ port: peerPort, backendPort, rules: 0 });
  const { port } = await loadBalancer(airfield, { backendPort, rules: 0 });
  const rates = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.ours.push(await rate(port));
    rates.peer.push(await rate(peerPort));
  }
  tell(
    atLeast(0.95, { name: "requests per second, against bare HAProxy", unit: "1/s", ours: median(rates.ours), peer: median(rates.peer) }),
  );
}

async function rate(port: number): Promise<number> {
  const { requestsPerSecond, failures } = await wrk({ url: `http://127.0.0.1:${port}/`, connections: CONNECTIONS, seconds: SECONDS });
  if (failures > 0) throw new Error(`${failures} requests to port ${port} failed`);
  return requestsPerSecond;
}
