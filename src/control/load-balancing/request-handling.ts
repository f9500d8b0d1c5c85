import { USUAL_HANDLING, type AnswerHandling, type RequestHandling, type TlsHeaders } from "../../domain/request-handling.ts";

type Attributes = Readonly<Record<string, string>>;

/** What a load balancer's attributes say of requests; `undefined` for the usual. */
export function handlingOf(attributes: Attributes): RequestHandling | undefined {
  const is = (name: string): boolean => attributes[`routing.http.${name}.enabled`] === "true";
  const mode = attributes["routing.http.xff_header_processing.mode"];
  const handling: RequestHandling = {
    forwardedFor: mode === "preserve" || mode === "remove" ? mode : "append",
    clientPort: is("xff_client_port"),
    keepsHost: is("preserve_host_header"),
    dropsInvalidHeaders: is("drop_invalid_header_fields"),
    isStrict: attributes["routing.http.desync_mitigation_mode"] === "strictest",
    connectionAge: Number(attributes["client_keep_alive.seconds"] ?? USUAL_HANDLING.connectionAge),
  };
  return JSON.stringify(handling) === JSON.stringify(USUAL_HANDLING) ? undefined : handling;
}

/** @param balancer whose attribute switches them on @param listener whose attributes may give them other names */
export function tlsHeadersOf(balancer: Attributes, listener: Attributes): TlsHeaders | undefined {
  if (balancer["routing.http.x_amzn_tls_version_and_cipher_suite.enabled"] !== "true") return undefined;
  const named = (name: string, usual: string): string => listener[`routing.http.request.${name}.header_name`] || usual;
  return {
    version: named("x_amzn_tls_version", "X-Amzn-Tls-Version"),
    cipher: named("x_amzn_tls_cipher_suite", "X-Amzn-Tls-Cipher-Suite"),
  };
}

/** The headers of answers that have an attribute, by its name. */
const ANSWER_HEADERS: Readonly<Record<string, string>> = {
  strict_transport_security: "Strict-Transport-Security",
  access_control_allow_origin: "Access-Control-Allow-Origin",
  access_control_allow_methods: "Access-Control-Allow-Methods",
  access_control_allow_headers: "Access-Control-Allow-Headers",
  access_control_allow_credentials: "Access-Control-Allow-Credentials",
  access_control_expose_headers: "Access-Control-Expose-Headers",
  access_control_max_age: "Access-Control-Max-Age",
  content_security_policy: "Content-Security-Policy",
  x_content_type_options: "X-Content-Type-Options",
  x_frame_options: "X-Frame-Options",
};

/** What a listener's attributes say of answers; `undefined` for nothing. */
export function answersOf(attributes: Attributes = {}): AnswerHandling | undefined {
  const headers = Object.entries(ANSWER_HEADERS).flatMap(([name, header]) => {
    const value = attributes[`routing.http.response.${name}.header_value`] ?? "";
    return value === "" ? [] : [[header, value] as const];
  });
  const isNameless = attributes["routing.http.response.server.enabled"] === "false";
  return headers.length === 0 && !isNameless ? undefined : { headers: Object.fromEntries(headers), isNameless };
}
