import type { ProxyListener, ProxyRoute } from "../../ports/traffic-proxy.ts";
import { section } from "./configuration-text.ts";
import { page, serverName } from "./error-pages.ts";
import { isEmptyWord, quote, quoteFormat } from "./quote.ts";
import { answerName } from "./route-target.ts";

/** The backend that answers a fixed response or a redirect. */
export function renderAnswer(listener: ProxyListener, { action }: ProxyRoute): readonly string[] {
  switch (action.kind) {
    case "forward":
      return [];
    case "fixed-response": {
      const type = quote(action.contentType ?? "text/plain");
      const body = action.body === undefined || isEmptyWord(action.body) ? "" : ` content-type ${type} string ${quote(action.body)}`;
      return [section([`backend ${answerName(listener, action)}`, `http-request return status ${action.status}${body} ${OWN_HEADERS}`])];
    }
    case "silence":
      return [section([`backend ${answerName(listener, action)}`, "http-request silent-drop"])];
    case "redirect": {
      const title = action.status === 301 ? "301 Moved Permanently" : "302 Found";
      const answer = `http-request return status ${action.status} content-type text/html string ${quote(page(title))}`;
      return [
        section([
          `backend ${answerName(listener, action)}`,
          ...(action.location.endsWith(ALL_OF_QUERY) ? [QUERY_IS_KNOWN] : []),
          `${answer} hdr Location ${location(action.location, listener)} ${OWN_HEADERS}`,
        ]),
      ];
    }
  }
}

/** Of what is answered here. */
const OWN_HEADERS = `hdr Server ${serverName} hdr Date %[date,http_date]`;

/** A location that ends so has a question mark only where the request has a query. */
const ALL_OF_QUERY = "?#{query}";
const QUERY_IS_KNOWN = "http-request set-var-fmt(txn.query) ?%[query] if { query -m len gt 0 }";

/** The variables of a redirect action, `#{host}` and so on, as Elastic Load Balancing names them. `#{path}` comes without its slash. */
function location(template: string, { port, tls }: ProxyListener): string {
  const variables: Readonly<Record<string, string>> = {
    protocol: tls ? "https" : "http",
    host: "%[req.hdr(host),host_only]",
    port: String(port),
    path: "%[path,regsub(^/,)]",
    query: "%[query]",
  };
  const [start, end] = template.endsWith(ALL_OF_QUERY) ? [template.slice(0, -ALL_OF_QUERY.length), "%[var(txn.query)]"] : [template, ""];
  // Split at variables: the odd parts are their names.
  const parts = start.split(/#\{(protocol|host|port|path|query)\}/);
  return `"${parts.map((part, at) => (at % 2 === 1 ? variables[part] : part === "" ? "" : quoteFormat(part))).join("")}${end}"`;
}
