import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { debianProgram } from "./debian-program.ts";

/** Where a proxy written by hand listens, and what it forwards to. */
export interface ProxyTask {
  readonly port: number;
  readonly backendPort: number;
  /** So many rules by path, `/r0/` to `/rN/`, or by host, `r0.test` to `rN.test`, each of which leads to the same server as the rest. */
  readonly rules: number;
  /** By path where absent. */
  readonly by?: "path" | "host";
  /** A certificate with its key: TLS is spoken where there is one. */
  readonly pem?: string;
}

const ADDRESS = "127.0.0.1";

/** A server that is never the bottleneck, at each address of loopback. */
export function fixedAnswer(port: number): Promise<AsyncDisposable> {
  return haproxy(
    `${DEFAULTS}
frontend answer
    bind 0.0.0.0:${port}
    tcp-request connection reject unless { src 127.0.0.0/8 }
    http-request return status 200 content-type text/plain string "hello"
`,
    port,
  );
}

/** HAProxy with what somebody would write by hand: one backend a rule, the client's address passed on. */
export function bareHaproxy(task: ProxyTask): Promise<AsyncDisposable> {
  return handWritten(task, { defaults: "", frontend: "" });
}

/** The same by somebody who wants the job done that a load balancer does: its headers, an id for each request, and none lost to a server that hangs up. */
export function likewiseHaproxy(task: ProxyTask): Promise<AsyncDisposable> {
  return handWritten(task, {
    defaults: `    retry-on conn-failure empty-response
    http-reuse always
`,
    frontend: `    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Port %[dst_port]
    http-request set-header X-Request-Id %[uuid] unless { req.fhdr(X-Request-Id) -m found }
    http-request disable-l7-retry unless { method GET HEAD OPTIONS PUT DELETE TRACE }
`,
  });
}

function handWritten(
  { port, backendPort, rules, by, pem }: ProxyTask,
  besides: { readonly defaults: string; readonly frontend: string },
): Promise<AsyncDisposable> {
  const numbers = Array.from({ length: rules }, (_, at) => at);
  return haproxy(
    `${DEFAULTS}${besides.defaults}
frontend web
    bind ${ADDRESS}:${port}${pem === undefined ? "" : ` ssl crt ${CERTIFICATE} alpn h2,http/1.1`}
    option forwardfor
${besides.frontend}${numbers.map((at) => `    use_backend r${at} if { ${by === "host" ? `hdr(host) -i r${at}.test` : `path_beg /r${at}/`} }`).join("\n")}
    default_backend app
${["app", ...numbers.map((at) => `r${at}`)].map((name) => `backend ${name}\n    server one ${ADDRESS}:${backendPort} check inter 30s`).join("\n")}
`,
    port,
    pem,
  );
}

/** Within the folder in which a peer runs. */
const CERTIFICATE = "certificate.pem";

/** nginx as a reverse proxy that keeps connections to its server, and tells it as much. It has as many workers as HAProxy has threads: one a processor. */
export async function nginx({ port, backendPort, rules, by, pem }: ProxyTask): Promise<AsyncDisposable> {
  const forward = `proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Port $server_port;`;
  return serving(port, async (folder) => {
    const file = join(folder, "nginx.conf");
    if (pem !== undefined) await writeFile(join(folder, CERTIFICATE), pem);
    const bound = (besides: string): string => `listen ${ADDRESS}:${port}${pem === undefined ? "" : " ssl"}${besides};`;
    const secure = pem === undefined ? "" : `ssl_certificate ${CERTIFICATE}; ssl_certificate_key ${CERTIFICATE};`;
    const numbers = Array.from({ length: rules }, (_, at) => at);
    const locations = by === "host" ? [] : numbers.map((at) => `location /r${at}/ { ${forward} }`);
    const hosts = by === "host" ? numbers.map((at) => `server { ${bound("")} server_name r${at}.test; location / { ${forward} } }`) : [];
    await writeFile(
      file,
      `daemon off; worker_processes ${availableParallelism()}; pid ${folder}/pid; error_log ${folder}/error.log crit;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  upstream app { server ${ADDRESS}:${backendPort}; keepalive 128; keepalive_requests 1000000000; }
  ${secure}
  server { ${bound(" backlog=4096")} ${locations.join("\n")} location / { ${forward} } }
  ${hosts.join("\n")}
}
`,
    );
    return [await debianProgram("nginx", "usr/sbin/nginx", folder), "-c", file, "-p", folder, "-e", join(folder, "error.log")];
  });
}

const DEFAULTS = `defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
`;

function haproxy(configuration: string, port: number, pem?: string): Promise<AsyncDisposable> {
  return serving(port, async (folder) => {
    const file = join(folder, "haproxy.cfg");
    await writeFile(file, configuration);
    if (pem !== undefined) await writeFile(join(folder, CERTIFICATE), pem);
    return ["haproxy", "-db", "-C", folder, "-f", file];
  });
}

/** Runs what `command` gives until disposed, from when the port accepts connections. */
async function serving(port: number, command: (folder: string) => Promise<readonly string[]>): Promise<AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "airfield-bench-proxy-"));
  const [program = "", ...parameters] = await command(folder);
  // In a session of its own, as the one of the product: Linux shares processor time among sessions.
  const child = spawn(program, parameters, { stdio: "ignore", detached: true });
  const gone = once(child, "exit");
  await Promise.race([accepts(port), gone.then(([code]) => Promise.reject(new Error(`${program} ended with ${String(code)}`)))]);
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function accepts(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, ADDRESS);
    try {
      await once(socket, "connect");
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      socket.destroy();
    }
  }
}
