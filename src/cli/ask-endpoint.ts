import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";

interface Question {
  readonly method?: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  /** The file of the authority that vouches for the endpoint. `fetch` cannot be told of one. */
  readonly authorityFile?: string | undefined;
}

/** Asks the endpoint something that no SDK asks. */
export function askEndpoint(
  url: URL,
  { method = "GET", headers, authorityFile }: Question,
): Promise<{ readonly status: number; readonly body: string }> {
  const { request } = url.protocol === "https:" ? https : http;
  const trusted = authorityFile === undefined ? {} : { ca: readFileSync(authorityFile) };
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers, ...trusted }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.on("error", reject);
    });
    call.on("error", reject);
    call.end();
  });
}
