import { quote } from "./quote.ts";

/** What an Application Load Balancer names itself in the answers that it makes itself. */
export const serverName = "awselb/2.0";

/** Reason phrases as an Application Load Balancer writes them. */
const reasons = {
  400: "Bad Request",
  405: "Not Allowed",
  408: "Request Time-out",
  413: "Request Entity Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Temporarily Unavailable",
  504: "Gateway Time-out",
} as const;

/** The body of an error page or redirect: CRLF line ends, so that a 503 is 162 bytes and a 502 is 122, as on AWS. */
export function page(title: string): string {
  return ["<html>", `<head><title>${title}</title></head>`, "<body>", `<center><h1>${title}</h1></center>`, "</body>", "</html>", ""].join(
    "\r\n",
  );
}

/** Whole HTTP responses, by the name of the file that HAProxy's `errorfile` reads. */
export function errorFiles(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(reasons).map(([status, reason]) => {
      const body = page(`${status} ${reason}`);
      const head = [
        `HTTP/1.1 ${status} ${reason}`,
        `Server: ${serverName}`,
        "Content-Type: text/html",
        `Content-Length: ${body.length}`,
        "",
        "",
      ];
      return [`errors/${status}.http`, head.join("\r\n") + body];
    }),
  );
}

/** The `errorfile` lines for a `defaults` section. HAProxy reads the files where it runs. */
export function errorFileLines(): readonly string[] {
  return Object.keys(reasons).map((status) => `errorfile ${status} ${quote(`errors/${status}.http`)}`);
}
