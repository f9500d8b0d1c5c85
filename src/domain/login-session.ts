/** What is known of who logged in. Times are seconds since the Unix epoch. */
export interface LoginSession {
  /** It counts until then. */
  readonly until: number;
  /** From when on it is to be made anew, where there is a token for that. */
  readonly refresh?: { readonly from: number; readonly token: string };
  /** `sub` of the provider. */
  readonly identity: string;
  readonly accessToken: string;
  /** JWT with the claims, signed for targets. */
  readonly data: string;
}

/** Providers send clients back to this path of every listener. Source: Elastic Load Balancing, "Authenticate users using an Application Load Balancer". */
export const RETURN_PATH = "/oauth2/idpresponse";

/** Between the fields of a session. The proxy takes it apart by itself, so that no field may hold it. */
export const FIELD_END = "\u001f";
/** Their numbers, from 1. */
export const SESSION_FIELDS = { until: 2, refreshFrom: 3, identity: 4, accessToken: 5, data: 6 } as const;
/** How many cookies a session may have. */
export const SESSION_COOKIES = 4;
/** Bytes of a session before it is sealed: with the headers that it becomes, a request has to have room in one of the proxy's buffers. */
export const LARGEST_SESSION = 7000;

const VERSION = "1";

/** A session as one text; `undefined` where one of its fields cannot be in a header, or all of it is too large. */
export function writeSession({ until, refresh, identity, accessToken, data }: LoginSession): string | undefined {
  const fields = [VERSION, String(until), String(refresh?.from ?? ""), identity, accessToken, data, refresh?.token ?? ""];
  const text = fields.join(FIELD_END);
  return fields.every((field) => /^[\x20-\x7e]*$/.test(field)) && text.length <= LARGEST_SESSION ? text : undefined;
}

/** What `writeSession` wrote; `undefined` of anything else. */
export function readSession(text: string): LoginSession | undefined {
  const [version, until, from, identity, accessToken, data, token] = text.split(FIELD_END);
  if (version !== VERSION || !identity || accessToken === undefined || data === undefined || token === undefined) return undefined;
  const session = { until: Number(until), identity, accessToken, data };
  return from ? { ...session, refresh: { from: Number(from), token } } : session;
}
