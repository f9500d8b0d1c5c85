import { once } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import type { AuthenticateOidcActionConfig } from "@aws-sdk/client-elastic-load-balancing-v2";
import Provider from "oidc-provider";
import type { MadeCertificate } from "../../src/testing/certificates.ts";

export interface LoginProvider extends AsyncDisposable {
  /** Its `iss`. */
  readonly url: string;
  readonly clientSecret: string;
  /** As an action of a listener names it, without the secret. */
  readonly config: AuthenticateOidcActionConfig;
  /** How often codes and refresh tokens were given to it. */
  readonly grants: string[];
}

/** A real OpenID Connect provider over TLS, whose users say yes to everything. @param accessSeconds how long access tokens count */
export async function loginProvider(
  certificate: MadeCertificate,
  redirects: readonly string[],
  { accessSeconds = 3600, user = "user|1" } = {},
): Promise<LoginProvider> {
  let handle: (incoming: IncomingMessage, response: ServerResponse) => void = () => undefined;
  const server = createServer({ cert: certificate.pem, key: certificate.keyPem }, (incoming, response) => handle(incoming, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const [clientId, clientSecret] = ["shop", "a secret: with + and %"];
  const provider = new Provider(url, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [...redirects],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
      },
    ],
    cookies: { keys: ["test"] },
    pkce: { required: () => false },
    claims: { openid: ["sub"], email: ["email"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: "user@shop.test" }) }),
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    issueRefreshToken: () => true,
    ttl: { AccessToken: accessSeconds, IdToken: 3600, Session: 3600, Interaction: 600, Grant: 3600, RefreshToken: 3600 },
  });
  const grants: string[] = [];
  provider.on("grant.success", (context) => grants.push(String(context.oidc.params?.["grant_type"])));
  const answer = provider.callback();
  handle = (incoming, response) => {
    if (incoming.url?.startsWith("/interaction/")) void consent(incoming, response);
    else void answer(incoming, response);
  };

  async function consent(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { params } = await provider.interactionDetails(incoming, response);
    const grant = new provider.Grant({ accountId: user, clientId });
    grant.addOIDCScope(String(params["scope"]));
    const grantId = await grant.save();
    await provider.interactionFinished(incoming, response, { login: { accountId: user }, consent: { grantId } });
  }

  const config = {
    Issuer: url,
    AuthorizationEndpoint: `${url}/auth`,
    TokenEndpoint: `${url}/token`,
    UserInfoEndpoint: `${url}/me`,
    ClientId: clientId,
  };
  return {
    url,
    clientSecret,
    config,
    grants,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export interface Page {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** As much of a browser as a login takes: it keeps cookies by host, and follows where it is sent. Every name leads to this machine. */
export class LoginBrowser {
  readonly cookies = new Map<string, Map<string, string>>();
  readonly #ca: string;

  constructor(ca: string) {
    this.#ca = ca;
  }

  async open(
    url: string,
    { method = "GET", follow = true, more = {} }: { method?: string; follow?: boolean; more?: Record<string, string> } = {},
  ): Promise<Page> {
    const answered = await this.#ask(new URL(url), method, more);
    const { location } = answered.headers;
    if (!follow || location === undefined) return answered;
    return this.open(new URL(location, url).href, { method: answered.status === 307 ? method : "GET", more });
  }

  #ask(url: URL, method: string, more: Record<string, string>): Promise<Page> {
    const jar = this.cookies.get(url.host) ?? new Map<string, string>();
    this.cookies.set(url.host, jar);
    const cookie = [...jar].map((pair) => pair.join("=")).join("; ");
    return new Promise((resolve, reject) => {
      const headers = { host: url.host, ...(cookie === "" ? {} : { cookie }), ...more };
      const options = { host: "127.0.0.1", port: url.port, path: url.pathname + url.search, servername: url.hostname, method, headers };
      request({ ...options, ca: this.#ca, agent: false }, (response) => {
        for (const set of response.headers["set-cookie"] ?? []) keep(jar, set);
        let body = "";
        response.on("data", (chunk: Buffer) => (body += String(chunk)));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      })
        .once("error", reject)
        .end();
    });
  }
}

function keep(jar: Map<string, string>, set: string): void {
  const [pair = "", ...attributes] = set.split(";");
  const [name = "", ...value] = pair.split("=");
  const isGone = attributes.some((one) => /^ *max-age=0$/i.test(one) || /^ *expires=Thu, 01 Jan 1970/i.test(one));
  if (isGone) jar.delete(name);
  else jar.set(name, value.join("="));
}
